using Remora.Feeds.Exchanges;

namespace Remora.Feeds.Tests.Exchanges;

public sealed class ExchangeGateTests
{
    [Fact]
    public async Task The_urgent_go_first_and_the_cancelled_not_at_all()
    {
        var gate = new ExchangeGate(1, TimeProvider.System);
        var order = new List<string>();
        var held = new TaskCompletionSource<int>();
        using var cancelled = new CancellationTokenSource();
        Task<int> Pass(string name, Urgency urgency, CancellationToken cancellation = default) =>
            gate.PassAsync(
                urgency,
                () =>
                {
                    order.Add(name);
                    return Task.FromResult(0);
                },
                cancellation
            );

        var first = gate.PassAsync(Urgency.Backfill, () => held.Task, CancellationToken.None);
        Task<int>[] waiting =
        [
            Pass("old page", Urgency.Backfill),
            Pass("warm-up", Urgency.FirstAnswer),
            Pass("candle", Urgency.Fresh),
            Pass("second candle", Urgency.Fresh),
        ];
        var gone = Pass("gone", Urgency.Fresh, cancelled.Token);
        await cancelled.CancelAsync();
        held.SetResult(0);
        await first;
        await Task.WhenAll(waiting);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        Assert.Equal(["candle", "second candle", "warm-up", "old page"], order);
    }

    [Fact]
    public async Task No_more_than_its_width_are_inside_and_a_failure_gives_the_place_back()
    {
        var gate = new ExchangeGate(3, TimeProvider.System);
        var inside = 0;
        var most = 0;
        await Task.WhenAll(
            Enumerable
                .Range(0, 50)
                .Select(async i =>
                {
                    try
                    {
                        await gate.PassAsync(
                            Urgency.Fresh,
                            async () =>
                            {
                                most = Math.Max(most, Interlocked.Increment(ref inside));
                                await Task.Yield();
                                Interlocked.Decrement(ref inside);
                                return i % 2 == 0
                                    ? 0
                                    : throw new ExchangeException(ExchangeErrorKind.Network, "broken");
                            },
                            CancellationToken.None
                        );
                    }
                    catch (ExchangeException)
                    {
                        // Half of the calls fail.
                    }
                })
        );
        Assert.InRange(most, 1, 3);
    }
}
