using Remora.Markets;
using Remora.Risk;
using Remora.Server.Answers;
using Remora.Server.Streams;
using Remora.Testing;

namespace Remora.Server.Tests;

public sealed class BoardSubscriptionTests
{
    private static readonly IReadOnlyList<MarketId> Markets =
    [
        .. Enumerable.Range(0, 70).Select(i => Some.MarketOf($"C{i}/USDT")),
    ];
    private readonly AssessmentBoard _board = new(
        Markets,
        [RiskPolicy.Default],
        new ManualClock(Some.Time.ToDateTimeOffset())
    );

    [Fact]
    public async Task Changes_that_were_not_asked_for_fall_together()
    {
        using var subscription = _board.Subscribe();
        for (var round = 0; round < 1000; round++)
            foreach (var market in new[] { 69, 3, 64 })
                Publish(market);
        Assert.Equivalent(
            new[] { Markets[3], Markets[64], Markets[69] },
            await subscription.NextAsync(CancellationToken.None),
            strict: true
        );

        var next = subscription.NextAsync(CancellationToken.None).AsTask();
        Assert.False(next.IsCompleted);
        Publish(0);
        Assert.Equal([Markets[0]], await next.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public void Who_publishes_allocates_nothing_for_subscribers_and_forgets_those_who_left()
    {
        var assessment = _board.Latest(Markets[0]);
        long Allocated()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 100; i++)
                _board.Publish(Markets[0], 0, assessment);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Allocated();
        var without = Allocated();
        var subscriptions = Enumerable.Range(0, 3).Select(_ => _board.Subscribe()).ToList();
        Allocated();
        Assert.Equal(without, Allocated());
        foreach (var subscription in subscriptions)
            subscription.Dispose();
        Assert.Equal(without, Allocated());
    }

    [Fact]
    public async Task What_a_reader_gets_is_in_the_order_of_its_sequence_and_only_the_latest_of_each()
    {
        var reader = new EventReader(named: null);
        var topics = Enumerable.Range(0, 3).Select(_ => new StreamTopic("test", null!, null!)).ToList();
        StreamFrame Frame(long sequence) => new(sequence, null!, System.Text.Encoding.ASCII.GetBytes($"{sequence};"));
        foreach (var (market, sequence) in new[] { (2, 1), (0, 2), (1, 3), (2, 4), (0, 5) })
            reader.Post(topics[market], Frame(sequence));
        reader.Complete();
        var pipe = new System.IO.Pipelines.Pipe();
        await reader.WriteAsync(pipe.Writer, CancellationToken.None);
        Assert.Equal("3;4;5;", System.Text.Encoding.ASCII.GetString((await pipe.Reader.ReadAsync()).Buffer.FirstSpan));
    }

    private void Publish(int market) => _board.Publish(Markets[market], 0, _board.Latest(Markets[market]));
}
