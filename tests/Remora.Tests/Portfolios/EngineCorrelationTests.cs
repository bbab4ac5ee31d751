using System.Buffers.Binary;
using FsCheck.Fluent;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Portfolios;
using Remora.Risk;
using Remora.Testing;
using Remora.Tests.Forecasts;

namespace Remora.Tests.Portfolios;

/// <summary>Correlations of an engine: live, replayed, restored and rebuilt.</summary>
public sealed class EngineCorrelationTests
{
    private const int Days = 17;
    private const int Day = 96; // candles of 15m

    private static readonly MarketId[] Markets =
    [
        Some.MarketOf("BTC/USDT", "15m"),
        Some.MarketOf("ETH/USDT", "15m"),
        Some.MarketOf("SOL/USDT", "30m"),
    ];

    private static readonly Candle[][] Tapes = [.. Markets.Select(TapeOf)];

    /// <summary>
    /// Candles of all markets in turn; one history after the other; and a start with saved states
    /// of several ages.
    /// </summary>
    [Fact]
    public void Live_replayed_and_restored_engines_have_equal_bits() =>
        Prop.ForAll(
                Any.Seed,
                seed =>
                {
                    var random = new Random(seed);
                    var live = NewEngine();
                    Play(live, Some.Midnight, Some.Midnight + TimeSpan.FromDays(Days));
                    var expected = live.Correlations.Save();
                    Assert.False(live.Correlations.Snapshot().Between(Markets[0], Markets[2]).IsAssumed);

                    var recovered = NewEngine();
                    foreach (var i in Order(random))
                        recovered.Apply(MarketEvent.Recovered(Markets[i], new([], [], Tapes[i])));
                    Assert.Equal(expected, recovered.Correlations.Save());

                    var stopped = NewEngine();
                    var cut = Some.Midnight + TimeSpan.FromHours(24 * 8 + random.Next(24 * (Days - 9)));
                    Play(stopped, Some.Midnight, cut);
                    var states = Markets.Select(market => stopped.SaveForecaster(market)!).ToArray();
                    if (random.Next(2) == 0) // the correlations were saved later than the forecasters
                        Play(stopped, cut, cut + TimeSpan.FromHours(random.Next(5)));
                    var restored = NewEngine();
                    if (random.Next(4) > 0) // or not at all: they are counted anew
                        restored.Correlations.Load(stopped.Correlations.Save());
                    foreach (var i in Order(random))
                        restored.Apply(
                            MarketEvent.Recovered(Markets[i], new([], [], Tapes[i]) { ForecastState = states[i] })
                        );
                    Assert.Equal(expected, restored.Correlations.Save());
                }
            )
            .MustHold(8);

    [Fact]
    public void A_dropped_market_is_forgotten()
    {
        var engine = NewEngine();
        Play(engine, Some.Midnight, Some.Midnight + TimeSpan.FromDays(9));
        Assert.Equal(Markets, engine.Correlations.Snapshot().Markets);
        engine.Apply(MarketEvent.Dropped(Markets[1]));
        Assert.Equal([Markets[0], Markets[2]], engine.Correlations.Snapshot().Markets);
        // Tracked again, with a history.
        engine.Apply(MarketEvent.Tracked(Markets[1]));
        engine.Apply(MarketEvent.Recovered(Markets[1], new([], [], Tapes[1][..(9 * Day)])));
        var other = NewEngine();
        Play(other, Some.Midnight, Some.Midnight + TimeSpan.FromDays(9));
        Assert.Equal(other.Correlations.Save(), engine.Correlations.Save());
    }

    [Fact]
    public void A_hole_and_a_candle_without_volume()
    {
        var candles = Some.Candles(4, 10 * 288);
        var whole = Fits.Forecaster().Also(candles);
        var newest = StandardizedHours.HourOf(whole.Hours.Newest!.Value);
        Assert.Equal(candles[^1].OpenTime + TimeSpan.FromMinutes(5), whole.Hours.Newest);
        // Without volume, a candle is still one of the hour, as in the reference program.
        var quiet = candles.ToArray();
        quiet[^3] = Some.Flat(quiet[^3].OpenTime, quiet[^4].Close) with { Volume = 0 };
        var hours = Fits.Forecaster().Also(quiet).Hours;
        Assert.True(hours.TryGet(newest, out var returns));
        Assert.Equal(0, returns[^3]);
        // The forecast is not made at its close, so the hour after it has none.
        quiet = candles.ToArray();
        quiet[^13] = quiet[^13] with { Volume = 0 };
        Assert.False(Fits.Forecaster().Also(quiet).Hours.TryGet(newest, out _));
        // A missing candle takes its hour and, at the end of one, the next.
        Assert.False(
            Fits.Forecaster().Also(candles.Where((_, i) => i != candles.Length - 3)).Hours.TryGet(newest, out _)
        );
        var cut = Fits.Forecaster().Also(candles.Where((_, i) => i != candles.Length - 13)).Hours;
        Assert.False(cut.TryGet(newest, out _));
        Assert.False(cut.TryGet(newest - 1, out _));
        Assert.True(cut.TryGet(newest - 2, out _));
        // A week of past comes first.
        Assert.Null(Fits.Forecaster().Also(candles[..(7 * 288)]).Hours.Newest);
        Assert.NotNull(Fits.Forecaster().Also(candles[..((7 * 288) + 12)]).Hours.Newest);
    }

    [Fact]
    public void Standardized_returns_are_returns_over_the_forecast_volatility()
    {
        foreach (var name in new[] { "1m", "3m", "5m", "15m", "30m", "1h" })
        {
            var timeframe = Timeframe.Parse(name);
            var forecaster = Fits.Forecaster(name);
            var day = timeframe.CountIn(TimeSpan.FromDays(1));
            var candles = Some.Candles(3, (8 * day) + timeframe.CountIn(TimeSpan.FromHours(1)), timeframe);
            var before = forecaster.Play(candles[..(8 * day)])!;
            forecaster.Play(candles[(8 * day)..]);
            Assert.True(
                forecaster.Hours.TryGet(StandardizedHours.HourOf(forecaster.Hours.Newest!.Value), out var found)
            );
            var each = name switch
            {
                "1m" or "3m" => 5,
                _ => 1,
            };
            var last = Enumerable
                .Range(0, found.Length + 1)
                .Select(i => candles[(8 * day) - 1 + (i * each)].Close)
                .ToArray();
            var sigma = before[Horizon.OneHour].Volatility / Math.Sqrt(found.Length);
            for (var i = 0; i < found.Length; i++)
                Assert.Equal(Math.Log(last[i + 1] / last[i]) / sigma, found[i], 1e-9);
        }
    }

    /// <summary>States of earlier versions have neither hours nor a chain of candles.</summary>
    [Fact]
    public void A_state_without_hours_is_read()
    {
        var candles = Some.Candles(2, 9 * 288);
        var forecaster = Fits.Forecaster().Also(candles[..(8 * 288)]);
        var state = forecaster.Save();
        var hours = 8 * (12 + 4) + (8 * 12 * StandardizedHours.Kept) + (4 * StandardizedHours.Kept);
        const int chain = 8 * (4 + 32 + 3); // behind the header and the digest of the candles
        byte[] older = [.. state.AsSpan(0, chain), .. state.AsSpan((chain + (8 * 3))..^(hours + 8))];
        BinaryPrimitives.WriteInt64LittleEndian(older, 2);
        var restored = Fits.Forecaster();
        restored.Load([.. older, .. Sha256.Hash(older).AsSpan(0, 8)]);
        Assert.Equal(Fits.NumbersOf(forecaster.Current), Fits.NumbersOf(restored.Current));
        Assert.Null(restored.Hours.Newest);
        Assert.Equal(
            Fits.NumbersOf(forecaster.Play(candles[(8 * 288)..])),
            Fits.NumbersOf(restored.Play(candles[(8 * 288)..]))
        );
        Assert.Equal(forecaster.Hours.Newest, restored.Hours.Newest);
        BinaryPrimitives.WriteInt64LittleEndian(older, 1);
        var refused = Assert.Throws<FormatException>(() =>
            restored.Load([.. older, .. Sha256.Hash(older).AsSpan(0, 8)])
        );
        Assert.Contains("version: 1, expected 4 or 2", refused.Message, StringComparison.Ordinal);
    }

    private static RemoraEngine NewEngine() => new([RiskPolicy.Default], [], Fits.Anywhere);

    private static int[] Order(Random random)
    {
        var order = Enumerable.Range(0, Markets.Length).ToArray();
        random.Shuffle(order);
        return order;
    }

    private static void Play(RemoraEngine engine, Instant from, Instant until)
    {
        foreach (var (candle, market) in Closes(from, until))
            engine.Apply(MarketEvent.Closed(market, candle));
    }

    private static IEnumerable<(Candle, MarketId)> Closes(Instant from, Instant until) =>
        Markets
            .SelectMany((market, i) => Tapes[i].Select(candle => (candle, market)))
            .Where(close => CloseOf(close) > from && CloseOf(close) <= until)
            .OrderBy(close => CloseOf(close).UnixMilliseconds);

    private static Instant CloseOf((Candle Candle, MarketId Market) close) =>
        close.Candle.OpenTime + close.Market.Timeframe.Length;

    // With a hole in one of them.
    private static Candle[] TapeOf(MarketId market, int seed)
    {
        var candles = Some.Candles(seed, Days * market.Timeframe.CountIn(TimeSpan.FromDays(1)), market.Timeframe);
        return seed == 1 ? [.. candles.Where((_, i) => i is not (> 1000 and < 1030))] : candles;
    }
}
