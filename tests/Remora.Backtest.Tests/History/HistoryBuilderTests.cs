using Remora.Backtest.History;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Backtest.Tests.History;

public sealed class HistoryBuilderTests
{
    private static Tape Tape(int seed, params Observation[] observations) =>
        new(
            new("test", Pair.Parse("BTC/USDT"), Timeframe.FiveMinutes),
            Generated.Candles(2500, seed).Candles,
            observations
        );

    [Fact]
    public void History_equals_the_live_engine()
    {
        var tape = Tape(1);
        var history = HistoryBuilder.Build(tape, new());
        var engine = new RemoraEngine([RiskPolicy.Default], []);
        for (var i = 0; i < tape.Candles.Count; i++)
        {
            var live = engine.Apply(MarketEvent.Closed(tape.Market, tape.Candles[i]))!;
            Assert.Equal(
                (!live.SafeToTrade, live.RiskScore, live.PositionScale, live.Regime),
                (
                    history.Policies[0].Blocked[i],
                    history.Policies[0].Score[i],
                    history.Policies[0].PositionScale[i],
                    history.Policies[0].Regime[i]
                )
            );
        }
    }

    [Fact]
    public void Parallel_markets_equal_separate_runs()
    {
        Tape[] tapes = [Tape(1), Tape(2), Tape(3)];
        var together = HistoryBuilder.Build(tapes, new());
        foreach (var (tape, history) in tapes.Zip(together))
            Assert.Equal(HistoryBuilder.Build(tape, new()).Policies[0].Score, history.Policies[0].Score);
    }

    [Fact]
    public void A_value_counts_from_the_close_at_which_it_became_knowable()
    {
        var known = Generated.Start + TimeSpan.FromDays(2) + TimeSpan.FromMinutes(5);
        var fear = new Observation(Signal.FearGreed, null, 10, known, known, TimeSpan.FromHours(1), "test");
        var history = HistoryBuilder.Build(Tape(1, fear), new());
        var first = (2 * 288) + 0; // the candle that closes five minutes after midnight
        Assert.True(double.IsNaN(history.FearGreed[first - 1]));
        Assert.Equal(10, history.FearGreed[first]);
        Assert.True(history.Policies[0].Blocked[first]);
        Assert.True(double.IsNaN(history.FearGreed[first + 12])); // expires after its time to live
    }

    [Fact]
    public void Progress_ends_at_one_and_cancelling_stops_it()
    {
        var last = 0.0;
        HistoryBuilder.Build([Tape(1)], new(), new Progress(p => last = p));
        Assert.Equal(1, last);
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() =>
            HistoryBuilder.Build([Tape(1)], new(), null, cancelled.Token)
        );
    }

    private sealed class Progress(Action<double> report) : IProgress<double>
    {
        public void Report(double value) => report(value);
    }
}
