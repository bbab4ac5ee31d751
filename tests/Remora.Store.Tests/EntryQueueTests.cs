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
        var queue = new EntryQueue<Entry>(2);
        queue.Add(One(1));
        queue.Add(One(2));
        Assert.Equal(3, queue.Add(new CandleEntry(Some.Btc, Some.Btc.Timeframe, Some.Candles(1, 5))));
        Assert.Equal((2, 3L, 5L), (queue.Count, queue.HandedOver, queue.DroppedRows));

        Assert.True(queue.TryTake(out var first));
        Assert.Equal(One(1), first);
        queue.Add(One(3));
        Assert.Equal((2, 5L), (queue.Count, queue.DroppedRows));
        Assert.True(queue.TryTake(out _) && queue.TryTake(out first));
        Assert.Equal(One(3), first);
        Assert.False(queue.TryTake(out _));
    }

    /// <summary>
    /// The recorder's queue lives as long as the service, so it must not hold what was taken.
    /// </summary>
    [Fact]
    public void Entries_that_were_taken_can_be_collected()
    {
        var queue = new EntryQueue<Entry>(1_000);
        var entries = AddAndTake(queue);
        GC.Collect();
        Assert.All(entries, entry => Assert.False(entry.IsAlive));
        GC.KeepAlive(queue);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static List<WeakReference> AddAndTake(EntryQueue<Entry> queue)
    {
        var entries = Enumerable.Range(0, 200).Select(One).ToList<Entry>();
        foreach (var entry in entries)
            queue.Add(entry);
        while (queue.TryTake(out _)) { }
        return [.. entries.Select(entry => new WeakReference(entry))];
    }

    private static ObservationEntry One(int i) => new(Some.Observation(Signal.FearGreed, i, Some.Time));
}
