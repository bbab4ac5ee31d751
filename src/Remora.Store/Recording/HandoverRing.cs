using System.Runtime.InteropServices;

namespace Remora.Store.Recording;

/// <summary>
/// Hands items from one writer to one reader, without a lock and without waiting: when it is full, the writer is told and goes on. The ends
/// lie on lines of their own, so that the two do not take each other's cache away.
/// </summary>
internal sealed class HandoverRing<T>
{
    private readonly T[] _slots;
    private readonly int _mask;
    private RingEnds _ends;
    private long _knownHead; // the writer's own copy, brought up to date only when the ring looks full

    /// <param name="capacity">How many items it holds, rounded up to a power of two.</param>
    public HandoverRing(int capacity)
    {
        _slots = new T[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)capacity)];
        _mask = _slots.Length - 1;
    }

    public int Capacity => _slots.Length;

    public int Count => (int)(Volatile.Read(ref _ends.Tail) - Volatile.Read(ref _ends.Head));

    /// <summary>The writer's side. False when it is full.</summary>
    public bool TryAdd(in T item)
    {
        var tail = _ends.Tail;
        if (tail - _knownHead > _mask)
        {
            _knownHead = Volatile.Read(ref _ends.Head);
            if (tail - _knownHead > _mask) return false;
        }
        _slots[tail & _mask] = item;
        Volatile.Write(ref _ends.Tail, tail + 1);
        return true;
    }

    /// <summary>The reader's side. False when it is empty.</summary>
    public bool TryTake(out T item)
    {
        var head = _ends.Head;
        if (head == Volatile.Read(ref _ends.Tail))
        {
            item = default!;
            return false;
        }
        item = _slots[head & _mask];
        _slots[head & _mask] = default!; // or it would be kept alive until the ring comes round
        Volatile.Write(ref _ends.Head, head + 1);
        return true;
    }
}

/// <summary>How many items a ring has given out and taken in, far enough apart.</summary>
[StructLayout(LayoutKind.Explicit, Size = 192)]
internal struct RingEnds
{
    [FieldOffset(64)]
    public long Head;

    [FieldOffset(128)]
    public long Tail;
}
