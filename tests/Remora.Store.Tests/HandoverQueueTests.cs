using System.Reflection;
using System.Runtime.CompilerServices;
using Remora.Store.Recording;

namespace Remora.Store.Tests;

public sealed class HandoverQueueTests
{
    [Fact]
    public void What_one_thread_adds_another_takes_once_and_in_order()
    {
        const int items = 1_000_000;
        var queue = new HandoverQueue(1_000);
        var writer = new Thread(() =>
        {
            for (var i = 0; i < items; i++)
                while (!queue.TryAdd(i, out _)) Thread.Yield();
        });
        writer.Start();
        for (var i = 0; i < items; i++)
        {
            object item;
            while (!queue.TryTake(out item)) Thread.Yield();
            Assert.Equal(i, item);
        }
        writer.Join();
        Assert.False(queue.TryTake(out _));
        Assert.Equal(0, queue.Count);
    }

    /// <summary>
    /// Compares with a plain queue in steps of different lengths, so that each edge of a block is
    /// reached empty and full.
    /// </summary>
    [Theory, InlineData(1), InlineData(63), InlineData(64), InlineData(65), InlineData(200)]
    public void It_holds_as_many_as_it_may_and_then_says_so(int capacity)
    {
        var queue = new HandoverQueue(capacity);
        var expected = new Queue<object>();
        var random = new Random(capacity);
        var added = 0L;
        for (var step = 0; step < 1_000; step++)
        {
            for (var adds = random.Next(capacity * 2); adds > 0; adds--)
            {
                var isAdded = queue.TryAdd(added, out var count);
                Assert.Equal(expected.Count < capacity, isAdded);
                if (isAdded) expected.Enqueue(added++);
                Assert.Equal(added, count);
            }
            for (var takes = random.Next(capacity * 2); takes > 0; takes--)
            {
                Assert.Equal(expected.TryDequeue(out var next), queue.TryTake(out var item));
                Assert.Equal(next, item);
            }
            Assert.Equal(expected.Count, queue.Count);
        }
    }

    /// <summary>
    /// A block in the old generation is not collected soon, and would keep alive what it
    /// references.
    /// </summary>
    [Fact]
    public void What_was_taken_is_kept_alive_by_nothing_that_has_grown_old()
    {
        // A collection in another test can promote taken items to an older generation, but not five
        // times in a row.
        Assert.Contains(Enumerable.Range(0, 5), _ => IsNothingKept());
    }

    private static bool IsNothingKept()
    {
        var queue = new HandoverQueue(1_000);
        for (var i = 0; i < 100; i++) queue.TryAdd(i, out _);
        GC.Collect(); // the blocks are in the old generation now
        GC.Collect();
        var later = AddAndTake(queue);
        GC.Collect(0);
        return later.TrueForAll(item => !item.IsAlive);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static List<WeakReference> AddAndTake(HandoverQueue queue)
    {
        var items = new List<WeakReference>();
        for (var i = 0; i < 200; i++)
        {
            var item = new object();
            items.Add(new(item));
            queue.TryAdd(item, out _);
            if (i == 50) items.Add(new(BlockOf(queue)));
        }
        while (queue.TryTake(out _)) { }
        return items;
    }

    // Returns a block that is not referenced by an old one, and is not the current block after all
    // items are taken.
    private static object? BlockOf(HandoverQueue queue)
    {
        var ends = typeof(HandoverQueue).GetField("_ends", BindingFlags.NonPublic | BindingFlags.Instance)!.GetValue(queue)!;
        return ends.GetType().GetField("Writing")!.GetValue(ends);
    }
}
