using System.Runtime.InteropServices;

namespace Remora.Store.Recording;

/// <summary>
/// Hands items from one writer to one reader, without a lock and without waiting: where as many wait as it holds, the writer is told and goes on.
/// Items lie in small blocks, which the writer makes as it goes and which die behind the reader: what the writer has just made is in its own cache, and young, where
/// the slots of a ring would have to come back from the reader's, and the garbage collector be told of each item.
/// </summary>
internal sealed class HandoverQueue
{
    private readonly int _capacity;
    private Ends _ends;

    /// <param name="capacity">How many items it holds.</param>
    public HandoverQueue(int capacity)
    {
        _capacity = capacity;
        _ends.Writing = _ends.Reading = new();
    }

    /// <summary>How many wait; asked by any thread.</summary>
    public int Count
    {
        get
        {
            var taken = Volatile.Read(ref _ends.Taken); // before the other, or it might have run ahead of it
            return (int)(Volatile.Read(ref _ends.Added) - taken);
        }
    }

    /// <summary>The writer's side. False when it is full.</summary>
    /// <param name="item">The item.</param>
    /// <param name="added">How many items it has taken in so far.</param>
    public bool TryAdd(object item, out long added)
    {
        added = _ends.Added;
        if (added - _ends.SeenTaken >= _capacity && added - (_ends.SeenTaken = Volatile.Read(ref _ends.Taken)) >= _capacity) return false;
        var at = (int)added & (Block.Length - 1);
        if (at == 0 && added > 0) _ends.Writing = _ends.Writing.Next = new();
        _ends.Writing.Slots[at].Item = item;
        Volatile.Write(ref _ends.Added, ++added);
        return true;
    }

    /// <summary>The reader's side. False when it is empty.</summary>
    public bool TryTake(out object item)
    {
        var taken = _ends.Taken;
        if (taken == _ends.SeenAdded && taken == (_ends.SeenAdded = Volatile.Read(ref _ends.Added)))
        {
            item = null!;
            return false;
        }
        var at = (int)taken & (Block.Length - 1);
        if (at == 0 && taken > 0) _ends.Reading = _ends.Reading.TakeNext();
        item = _ends.Reading.Slots[at].TakeItem();
        Volatile.Write(ref _ends.Taken, taken + 1);
        return true;
    }

    // What the reader has done with points at nothing any more: a block that had grown old would keep all that came after it alive.
    private sealed class Block
    {
        public const int Length = 64; // a power of two
        public readonly Slot[] Slots = new Slot[Length];
        public Block? Next;

        public Block TakeNext()
        {
            var next = Next!;
            Next = null;
            return next;
        }
    }

    // (An array of references themselves would ask for their type with each.)
    private struct Slot
    {
        public object Item;

        public object TakeItem()
        {
            var item = Item;
            Item = null!;
            return item;
        }
    }

    // The reader's end and the writer's, each with what it last saw of the other, so far apart that they do not take each other's cache lines away, which come in pairs.
    [StructLayout(LayoutKind.Explicit, Size = 472)]
    private struct Ends
    {
        [FieldOffset(128)]
        public Block Reading;

        [FieldOffset(136)]
        public long Taken;

        [FieldOffset(144)]
        public long SeenAdded;

        [FieldOffset(320)]
        public Block Writing;

        [FieldOffset(328)]
        public long Added;

        [FieldOffset(336)]
        public long SeenTaken;
    }
}
