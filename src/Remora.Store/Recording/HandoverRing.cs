using System.Runtime.InteropServices;

namespace Remora.Store.Recording;

/// <summary>
/// Hands items from one writer to one reader, without a lock and without waiting: when it is full, the writer is told and goes on. The writer fills
/// a slot in place, since making an item and copying it in costs several times as much. The two ends lie on lines of their own, each with
/// what it last saw of the other, so that the two do not take each other's cache away.
/// </summary>
internal sealed class HandoverRing<T>
{
    private readonly T[] _slots;
    private readonly int _mask;
    private RingEnds _ends;

    /// <param name="capacity">How many items it holds, rounded up to a power of two.</param>
    public HandoverRing(int capacity)
    {
        _slots = new T[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)capacity)];
        _mask = _slots.Length - 1;
    }

    public int Capacity => _slots.Length;

    public int Count => (int)(Volatile.Read(ref _ends.Tail) - Volatile.Read(ref _ends.Head));

    /// <summary>The writer's side: whether there is a slot to fill.</summary>
    public bool HasRoom()
    {
        if (_ends.Tail - _ends.SeenHead <= _mask) return true;
        _ends.SeenHead = Volatile.Read(ref _ends.Head);
        return _ends.Tail - _ends.SeenHead <= _mask;
    }

    /// <summary>The writer's side: the slot to fill, empty, once there is room.</summary>
    public ref T Next() => ref _slots[(int)_ends.Tail & _mask];

    /// <summary>The writer's side: the slot is filled. How many that have been.</summary>
    public long Publish()
    {
        var tail = _ends.Tail + 1;
        Volatile.Write(ref _ends.Tail, tail);
        return tail;
    }

    /// <summary>The reader's side. False when it is empty.</summary>
    public bool TryTake(out T item)
    {
        var head = _ends.Head;
        if (head == _ends.SeenTail && head == (_ends.SeenTail = Volatile.Read(ref _ends.Tail)))
        {
            item = default!;
            return false;
        }
        ref var slot = ref _slots[(int)head & _mask];
        item = slot;
        slot = default!; // or it would be kept alive until the ring comes round
        Volatile.Write(ref _ends.Head, head + 1);
        return true;
    }
}

/// <summary>How many items a ring has given out and taken in: the reader's end and the writer's, far enough apart.</summary>
[StructLayout(LayoutKind.Explicit, Size = 192)]
internal struct RingEnds
{
    [FieldOffset(64)]
    public long Head;

    [FieldOffset(72)]
    public long SeenTail;

    [FieldOffset(128)]
    public long Tail;

    [FieldOffset(136)]
    public long SeenHead;
}
