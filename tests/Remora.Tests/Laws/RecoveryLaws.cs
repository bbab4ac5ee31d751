using FsCheck.Fluent;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Tests.Laws;

/// <summary>
/// A start from a history gives the same result as processing every event of that time.
/// </summary>
public sealed class RecoveryLaws
{
    private const int Count = 288 * 14;

    [Fact]
    public void A_history_of_base_candles_equals_their_replay() =>
        Prop.ForAll(
                Any.Seed,
                seed =>
                {
                    var (candles, next) = Split(Some.WithHoles(Some.Candles(seed, Count), seed), seed);
                    Assert.Equal(
                        After(new([], [], candles), next),
                        After(null, [.. candles, .. next])[candles.Length..]
                    );
                }
            )
            .MustHold(4);

    [Fact]
    public void Longer_candles_of_the_same_span_make_no_difference() =>
        Prop.ForAll(
                Any.Seed,
                seed =>
                {
                    var all = Some.Candles(seed, Count);
                    var (candles, next) = Split(all, seed);
                    var history = new MarketHistory(
                        Aggregate(candles, Timeframe.OneDay),
                        Aggregate(candles, Timeframe.OneHour),
                        candles
                    );
                    Assert.Equal(After(new([], [], candles), next), After(history, next));
                }
            )
            .MustHold(4);

    /// <summary>
    /// An exchange whose long history is only hourly and daily gives the same trend as base candles
    /// would.
    /// </summary>
    [Theory, InlineData(0), InlineData(7), InlineData(100)]
    public void Hours_and_days_seed_the_trend_as_base_candles_would(int late) =>
        Prop.ForAll(
                Any.Seed,
                seed =>
                {
                    var all = Some.Candles(seed, 288 * 220);
                    var from = (288 * 215) + late; // the base candles start inside a day or an hour
                    var history = new MarketHistory(
                        Aggregate(all, Timeframe.OneDay),
                        Aggregate(all, Timeframe.OneHour),
                        all[from..]
                    );
                    MarketModel seeded = new(Timeframe.FiveMinutes),
                        lived = new(Timeframe.FiveMinutes);
                    seeded.Seed(history);
                    foreach (var candle in all[..from])
                        lived.Apply(candle);
                    foreach (var candle in all[from..])
                    {
                        seeded.Apply(candle);
                        lived.Apply(candle);
                        // The history is ahead until its last day has closed.
                        if (candle.OpenTime < CandleAggregator.FirstWhole(all[from].OpenTime, Timeframe.OneDay))
                            continue;
                        Assert.Equal(
                            (lived.Readings.Trend, lived.Readings.DailyTrend),
                            (seeded.Readings.Trend, seeded.Readings.DailyTrend)
                        );
                    }
                    Assert.True(seeded.Readings.Trend.IsWarm && seeded.Readings.DailyTrend.IsWarm);
                }
            )
            .MustHold(2);

    [Fact]
    public void A_history_replaces_what_was_known()
    {
        var candles = Some.Candles(3, 1_000);
        var engine = Replay.Engine();
        foreach (var candle in Some.Candles(4, 2_000))
            engine.Apply(MarketEvent.Closed(Some.Btc, candle));
        var recovered = engine.Apply(MarketEvent.Recovered(Some.Btc, new([], [], candles)))!;
        Assert.Equal(After(null, candles)[^1], Replay.Json(recovered));
        Assert.Null(engine.Apply(MarketEvent.Recovered(Some.Btc, new([], [], []))));
    }

    private static (Candle[] Before, Candle[] After) Split(Candle[] candles, int seed)
    {
        var at = (candles.Length / 2) + (seed % 500);
        return (candles[..at], candles[at..]);
    }

    private static List<byte[]> After(MarketHistory? history, Candle[] candles)
    {
        var engine = Replay.Engine();
        if (history is not null)
            engine.Apply(MarketEvent.Recovered(Some.Btc, history));
        var answers = Array.ConvertAll(candles, c => engine.Apply(MarketEvent.Closed(Some.Btc, c))!);
        // Every 13th, counted from the last.
        return [.. answers.Select((a, i) => (answers.Length - 1 - i) % 13 == 0 ? Replay.Json(a) : [])];
    }

    private static List<Candle> Aggregate(Candle[] candles, Timeframe to)
    {
        var aggregator = new CandleAggregator(Timeframe.FiveMinutes, to);
        var longer = new List<Candle>();
        foreach (var candle in candles)
            if (aggregator.Add(candle, out var closed))
                longer.Add(closed);
        return longer;
    }
}
