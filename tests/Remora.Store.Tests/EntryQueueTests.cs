using System.Runtime.CompilerServices;
using Remora.Markets;
using Remora.Store.Recording;
using Remora.Testing;

namespace Remora.Store.Tests;

public sealed class EntryQueueTests
{
    [Fact]
    public void A_full_queue_drops_entries_and_counts_their_rows()
    {
        var queue = new EntryQueue(2);
        queue.Add(Request(1));
        queue.Add(Request(2));
        Assert.Equal(3, queue.Add(new CandleEntry(Some.Btc, Some.Btc.Timeframe, Some.Candles(1, 5))));
        Assert.Equal((2, 3L, 5L), (queue.Count, queue.HandedOver, queue.DroppedRows));

        Assert.True(queue.TryTake(out var first));
        Assert.Equal(Request(1), first);
        queue.Add(Request(3));
        Assert.Equal((2, 5L), (queue.Count, queue.DroppedRows));
        Assert.True(queue.TryTake(out _) && queue.TryTake(out first));
        Assert.Equal(Request(3), first);
        Assert.False(queue.TryTake(out _));
    }

    /// <summary>
    /// The recorder's queue lives as long as the service, so it must not hold what was taken.
    /// </summary>
    [Fact]
    public void Entries_that_were_taken_can_be_collected()
    {
        var queue = new EntryQueue(1_000);
        var entries = AddAndTake(queue);
        GC.Collect();
        Assert.All(entries, entry => Assert.False(entry.IsAlive));
        GC.KeepAlive(queue);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static List<WeakReference> AddAndTake(EntryQueue queue)
    {
        var entries = Enumerable.Range(0, 200).Select(Request).ToList();
        foreach (var entry in entries)
            queue.Add(entry);
        while (queue.TryTake(out _)) { }
        return [.. entries.Select(entry => new WeakReference(entry))];
    }

    private static RequestEntry Request(int i) => new(Recorded.Request(i));
}
