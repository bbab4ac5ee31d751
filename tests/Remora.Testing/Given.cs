using Remora.Indicators;
using Remora.Markets;

namespace Remora.Testing;

/// <summary>Test data for tests of the service.</summary>
public static class Given
{
    /// <summary>A market.</summary>
    public static readonly MarketId Btc = Market("BTC/USDT");

    /// <summary>Another market.</summary>
    public static readonly MarketId Eth = Market("ETH/USDT");

    /// <summary>The start of an hour and of a day.</summary>
    public static readonly Instant Time = new(new DateTimeOffset(2024, 3, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds());

    /// <summary>Creates a market on binance.</summary>
    public static MarketId Market(string pair, string exchange = "binance", string timeframe = "5m") => new(exchange, Pair.Parse(pair), Timeframe.Parse(timeframe));

    /// <summary>
    /// Creates a seeded random walk of candles, the last of which closes at
    /// <paramref name="until"/>.
    /// </summary>
    public static IReadOnlyList<Candle> Candles(int count, Instant until, int seed = 1, Timeframe? timeframe = null, double step = 0.002)
    {
        var length = (timeframe ?? Timeframe.FiveMinutes).Length;
        var random = new Random(seed);
        var candles = new Candle[count];
        var price = 100.0;
        for (var i = 0; i < count; i++)
        {
            var open = price;
            price *= 1 + (step * ((2 * random.NextDouble()) - 1));
            var (high, low) = (Math.Max(open, price) * (1 + (step * random.NextDouble())), Math.Min(open, price) * (1 - (step * random.NextDouble())));
            candles[i] = new(until - (length * (count - i)), open, high, low, price, 1 + random.NextDouble());
        }
        return candles;
    }

    /// <summary>Creates a history of base candles only.</summary>
    public static MarketHistory History(int count, Instant until, int seed = 1) => new([], [], Candles(count, until, seed));

    /// <summary>
    /// Creates an observation that describes, and became knowable at, <paramref name="time"/>.
    /// </summary>
    public static Observation Observation(Signal signal, double value, Instant time, string? @base = null, TimeSpan? timeToLive = null) =>
        new(signal, @base, value, time, time, timeToLive ?? TimeSpan.FromHours(36), "test");

    /// <summary>Creates readings of a warm market without a trend, for tests to change.</summary>
    public static MarketReadings Readings(Instant asOf) => new()
    {
        AsOf = asOf, Candle = new(asOf - TimeSpan.FromMinutes(5), 100, 101, 99, 100, 1), Volatility = 0.4, AtrRatio = 0.003, BollingerWidth = 0.02, ReturnDeviation = 0.001, Rsi = 50,
        DayReturn = 0.01, DayDrawdown = -0.01, MoveInSigmas = 0.1, WarmUp = 1,
        Trend = new(500, 100, 99, 98, 100, 100, 0.1, 0.1, 0, 15, 20, 18),
        DailyTrend = new(250, 100, 99, 98, 100, 100, 0.1, 0.1, 0, 15, 20, 18),
    };
}
