using System.Text.Json;
using Remora.Markets;
using Remora.Risk;
using Remora.Testing;

namespace Remora.Tests.Laws;

/// <summary>A tape of events in knowable order, and the engine's answers to it.</summary>
internal static class Replay
{
    private static readonly Signal[] Configured = [Signal.FearGreed, Signal.FundingRate];

    public static RemoraEngine Engine() => new([RiskPolicy.Default], Configured);

    /// <summary>
    /// Creates candles with gaps, a fear index per day and funding every eight hours.
    /// </summary>
    public static MarketEvent[] Tape(int seed, int candles, string timeframe = "1h")
    {
        var market = Some.MarketOf("BTC/USDT", timeframe);
        var random = new Random(seed);
        // Some gaps are too long to be bridged.
        var longestHole = Math.Max(1, market.Timeframe.CountIn(TimeSpan.FromHours(30)));
        var tape = Some.WithHoles(Some.Candles(seed, candles, market.Timeframe), seed, longestHole);
        var events = tape.Select(c => (At: c.OpenTime + market.Timeframe.Length, Event: MarketEvent.Closed(market, c)))
            .ToList();
        for (var time = Some.Midnight; time < events[^1].At; time += TimeSpan.FromHours(8))
        {
            if (random.Next(4) != 0)
                events.Add((time, Observed(Signal.FundingRate, "BTC", 0.0005 * Some.Normal(random), time, 10)));
            if (time.Floor(TimeSpan.FromDays(1)) == time && random.Next(4) != 0)
                events.Add((time, Observed(Signal.FearGreed, null, random.Next(101), time, 26)));
        }
        return [.. events.OrderBy(e => e.At.UnixMilliseconds).Select(e => e.Event)];
    }

    /// <summary>
    /// Returns the engine's answer to each event as bytes of JSON; empty when the event has no
    /// answer.
    /// </summary>
    public static List<byte[]> Answers(IEnumerable<MarketEvent> events, RemoraEngine? engine = null)
    {
        engine ??= Engine();
        return [.. events.Select(e => engine.Apply(e) is { } assessment ? Json(assessment) : [])];
    }

    public static byte[] Json(Assessment assessment) =>
        JsonSerializer.SerializeToUtf8Bytes(assessment, RemoraJson.Options);

    private static MarketEvent Observed(Signal signal, string? @base, double value, Instant time, int hours) =>
        MarketEvent.Observed(new(signal, @base, value, time, time, TimeSpan.FromHours(hours), "test"));
}
