using Remora.Indicators;
using Remora.Markets;

namespace Remora.Testing;

/// <summary>Generated test data: the same seed gives the same values on every machine.</summary>
public static class Some
{
    /// <summary>BTC/USDT on binance with a timeframe of 5m.</summary>
    public static readonly MarketId Btc = MarketOf("BTC/USDT");

    /// <summary>ETH/USDT on binance with a timeframe of 5m.</summary>
    public static readonly MarketId Eth = MarketOf("ETH/USDT");

    /// <summary>The start of an hour and of a day.</summary>
    public static readonly Instant Time = new(
        new DateTimeOffset(2024, 3, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds()
    );

    /// <summary>
    /// A midnight, so that the first hour and the first day of a tape are complete.
    /// </summary>
    public static readonly Instant Midnight = At("2022-01-01");

    /// <summary>Creates a market, by default on binance with a timeframe of 5m.</summary>
    public static MarketId MarketOf(string pair, string timeframe = "5m", string exchange = "binance") =>
        new(exchange, Pair.Parse(pair), Timeframe.Parse(timeframe));

    /// <summary>Parses a moment.</summary>
    public static Instant At(string text) =>
        Instant.TryParse(text, out var instant) ? instant : throw new FormatException($"'{text}' is not a moment");

    /// <summary>Creates a candle whose four prices are equal.</summary>
    public static Candle Flat(Instant openTime, double price = 100) => new(openTime, price, price, price, price, 1);

    /// <summary>
    /// Creates candles of a geometric random walk. Every few hundred candles a new volatility and
    /// drift are drawn, and crashes occur at random. Prices are multiples of 2^-20 of the first
    /// price, so that a power of two scales the whole tape exactly.
    /// </summary>
    /// <param name="seed">The seed of the tape.</param>
    /// <param name="count">The number of candles.</param>
    /// <param name="timeframe">The timeframe; null for 5m.</param>
    /// <param name="start">The first open time; null for <see cref="Midnight"/>.</param>
    /// <param name="price">The first price.</param>
    public static Candle[] Candles(
        int seed,
        int count,
        Timeframe? timeframe = null,
        Instant? start = null,
        double price = 100
    )
    {
        var random = new Random(seed);
        var length = (timeframe ?? Timeframe.FiveMinutes).Length;
        var time = start ?? Midnight;
        var candles = new Candle[count];
        double close = price,
            sigma = 0.002,
            drift = 0;
        for (var i = 0; i < count; i++, time += length)
        {
            if (random.Next(300) == 0)
                (sigma, drift) = (0.0003 * Math.Exp(3 * random.NextDouble()), 0.0004 * Normal(random));
            var jump = random.Next(2000) == 0 ? -0.05 * random.NextDouble() : 0;
            var open = close;
            // Pulls the price back to its start, so that a long tape neither vanishes nor explodes.
            var pull = -0.0005 * Math.Log(open / price);
            close = Grid(open * Math.Exp((sigma * Normal(random)) + drift + jump + pull), price);
            var high = Grid(Math.Max(open, close) * (1 + (sigma * random.NextDouble())), price);
            var low = Grid(Math.Min(open, close) * (1 - (sigma * random.NextDouble())), price);
            candles[i] = new(
                time,
                open,
                Math.Max(high, Math.Max(open, close)),
                Math.Min(low, Math.Min(open, close)),
                close,
                1 + random.Next(1000)
            );
        }
        return candles;
    }

    /// <summary>
    /// Creates gaps in a tape: each candle is dropped with a small probability, and a whole stretch
    /// with a smaller one.
    /// </summary>
    public static Candle[] WithHoles(Candle[] candles, int seed, int longestHole = 40)
    {
        var random = new Random(seed);
        var kept = new List<Candle>(candles.Length);
        for (var i = 0; i < candles.Length; i++)
        {
            if (random.Next(150) == 0)
                continue;
            if (random.Next(400) == 0)
                i += random.Next(longestHole);
            else
                kept.Add(candles[i]);
        }
        return [.. kept];
    }

    /// <summary>
    /// Creates a seeded random walk of candles, the last of which closes at
    /// <paramref name="until"/>.
    /// </summary>
    public static IReadOnlyList<Candle> CandlesUntil(
        int count,
        Instant until,
        int seed = 1,
        Timeframe? timeframe = null,
        double step = 0.002
    )
    {
        var length = (timeframe ?? Timeframe.FiveMinutes).Length;
        var random = new Random(seed);
        var candles = new Candle[count];
        var price = 100.0;
        for (var i = 0; i < count; i++)
        {
            var open = price;
            price *= 1 + (step * ((2 * random.NextDouble()) - 1));
            var (high, low) = (
                Math.Max(open, price) * (1 + (step * random.NextDouble())),
                Math.Min(open, price) * (1 - (step * random.NextDouble()))
            );
            candles[i] = new(until - (length * (count - i)), open, high, low, price, 1 + random.NextDouble());
        }
        return candles;
    }

    /// <summary>Creates a history of base candles only.</summary>
    public static MarketHistory History(int count, Instant until, int seed = 1) =>
        new([], [], CandlesUntil(count, until, seed));

    /// <summary>
    /// Creates an observation that describes, and became knowable at, <paramref name="time"/>.
    /// </summary>
    public static Observation Observation(
        Signal signal,
        double value,
        Instant time,
        string? @base = null,
        TimeSpan? timeToLive = null
    ) => new(signal, @base, value, time, time, timeToLive ?? TimeSpan.FromHours(36), "test");

    /// <summary>Creates readings of a warm market without a trend, for tests to change.</summary>
    public static MarketReadings Readings(Instant asOf) =>
        new()
        {
            AsOf = asOf,
            Candle = new(asOf - TimeSpan.FromMinutes(5), 100, 101, 99, 100, 1),
            Volatility = 0.4,
            AtrRatio = 0.003,
            BollingerWidth = 0.02,
            ReturnDeviation = 0.001,
            Rsi = 50,
            DayReturn = 0.01,
            DayDrawdown = -0.01,
            MoveInSigmas = 0.1,
            WarmUp = 1,
            Trend = new(500, 100, 99, 98, 100, 100, 0.1, 0.1, 0, 15, 20, 18),
            DailyTrend = new(250, 100, 99, 98, 100, 100, 0.1, 0.1, 0, 15, 20, 18),
        };

    /// <summary>Returns the candle with all prices multiplied by a factor.</summary>
    public static Candle Times(this Candle candle, double factor) =>
        candle with
        {
            Open = candle.Open * factor,
            High = candle.High * factor,
            Low = candle.Low * factor,
            Close = candle.Close * factor,
        };

    /// <summary>Returns a standard normal value (Box and Muller).</summary>
    public static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static double Grid(double value, double price)
    {
        var step = Math.ScaleB(price, -20);
        return Math.Max(1, Math.Round(value / step)) * step;
    }
}
