using System.Globalization;
using System.Text;
using Remora.Markets;
using Remora.Sandbox;

namespace Remora.Cli.Tests;

/// <summary>Creates candle files with the sandbox's simulator.</summary>
internal static class Tapes
{
    public static MarketId Market { get; } = new("binance", Pair.Parse("BTC/USDT"), Timeframe.FiveMinutes);

    public static Instant End { get; } =
        Instant.TryParse("2025-03-01", out var end) ? end : throw new InvalidOperationException();

    public static IReadOnlyList<Candle> Days(int days)
    {
        var world = new SandboxWorld(
            new()
            {
                Seed = 11,
                HistoryDays = days,
                Start = End,
                Pairs = [Market.Pair],
            },
            End
        );
        return world.Markets[Market.Pair].Read(Market.Timeframe, world.HistoryFrom, End, End);
    }

    public static string ToCsv(IEnumerable<Candle> candles)
    {
        var csv = new StringBuilder("timestamp,open,high,low,close,volume\n");
        foreach (var c in candles)
            csv.Append(
                CultureInfo.InvariantCulture,
                $"{c.OpenTime.UnixMilliseconds},{c.Open},{c.High},{c.Low},{c.Close},{c.Volume}\n"
            );
        return csv.ToString();
    }

    /// <summary>Aggregates candles to a longer timeframe.</summary>
    public static IEnumerable<Candle> Aggregate(IEnumerable<Candle> candles, string timeframe)
    {
        var aggregator = new CandleAggregator(Market.Timeframe, Timeframe.Parse(timeframe));
        foreach (var candle in candles)
            if (aggregator.Add(candle, out var closed))
                yield return closed;
    }
}
