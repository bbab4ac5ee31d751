using System.Runtime.InteropServices;

namespace Remora.Store.Recording;

/// <summary>
/// A bounded queue from one writer to one reader without locks or waits. When it is full, adding
/// returns false. Items are stored in small blocks, which the writer allocates and the reader
/// drops. New blocks are in the writer's cache and in the young generation. The slots of a ring
/// would have to move back from the reader's cache, and every write of a reference into an old
/// array costs the garbage collector.
/// </summary>
internal sealed class HandoverQueue
{
    private readonly int _capacity;
    private Ends _ends;

    /// <param name="capacity">The maximum number of items.</param>
    public HandoverQueue(int capacity)
    {
        _capacity = capacity;
        _ends.Writing = _ends.Reading = new();
    }

    /// <summary>The number of waiting items. Can be read by any thread.</summary>
    public int Count
    {
        get
        {
            var taken = Volatile.Read(ref _ends.Taken); // read first, so that it cannot exceed the number added
            return (int)(Volatile.Read(ref _ends.Added) - taken);
        }
    }

    /// <summary>Adds an item; for the writer only. Returns false when the queue is full.</summary>
    /// <param name="item">The item.</param>
    /// <param name="added">The number of items added so far.</param>
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

    /// <summary>
    /// Takes an item; for the reader only. Returns false when the queue is empty.
    /// </summary>
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

    // A consumed block references nothing: a block in an old generation would keep all later blocks
    // alive.
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

    // A struct around the reference avoids the type check of every store into an array of
    // references.
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

    // The indexes of reader and writer, each with the last seen value of the other, far enough
    // apart that they do not share cache lines, which are fetched in pairs.
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
