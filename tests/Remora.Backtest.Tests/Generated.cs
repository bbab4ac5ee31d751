using Remora.Backtest.Trading;
using Remora.Markets;

namespace Remora.Backtest.Tests;

/// <summary>
/// Generated candles: a random walk whose volatility changes over time. The same seed gives the
/// same candles.
/// </summary>
internal static class Generated
{
    public static readonly Instant Start = At("2024-01-01");

    public static Instant At(string text) =>
        Instant.TryParse(text, out var time) ? time : throw new FormatException(text);

    public static CandleTape Candles(int count, int seed, Timeframe? timeframe = null, Instant? start = null)
    {
        var random = new Random(seed);
        var step = timeframe ?? Timeframe.FiveMinutes;
        var candles = new List<Candle>(count);
        var (price, volatility) = (40_000.0, 0.001);
        for (var i = 0; i < count; i++)
        {
            volatility = Math.Clamp(volatility * Math.Exp((random.NextDouble() - 0.5) * 0.2), 0.0003, 0.01);
            double Move() =>
                Math.Exp((random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5) * 2 * volatility);
            var open = price;
            var close = Cents(open * Move());
            var high = Cents(Math.Max(open, close) * (1 + (volatility * random.NextDouble())));
            var low = Cents(Math.Min(open, close) * (1 - (volatility * random.NextDouble())));
            candles.Add(
                new(
                    (start ?? Start) + (i * step.Length),
                    open,
                    Math.Max(high, Math.Max(open, close)),
                    Math.Min(low, Math.Min(open, close)),
                    close,
                    1 + random.NextDouble()
                )
            );
            price = close;
        }
        return new(step, candles, 0);
    }

    /// <summary>
    /// Creates one candle without a body for each price, in steps of the timeframe.
    /// </summary>
    public static CandleTape Prices(params double[] prices) =>
        new(
            Timeframe.FiveMinutes,
            [.. prices.Select((p, i) => new Candle(Start + (i * Timeframe.FiveMinutes.Length), p, p, p, p, 1))],
            0
        );

    public static Gate RandomGate(int candles, int seed, double closed = 0.3, int stretch = 30)
    {
        var random = new Random(seed);
        var size = new double[candles];
        var isClosed = false;
        for (var i = 0; i < candles; i++)
        {
            if (random.NextDouble() < 1.0 / stretch)
                isClosed = random.NextDouble() < closed;
            size[i] = isClosed ? 0 : 1;
        }
        return new("random", size);
    }

    private static double Cents(double price) => Math.Round(price, 2);
}
