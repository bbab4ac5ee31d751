using Remora.Markets;
using Remora.Sandbox;

namespace Remora.Benchmarks;

/// <summary>
/// Candles to measure on: about as many as six years of 5m candles, from the sandbox's simulator.
/// </summary>
internal static class Tape
{
    public const int Candles = 484_843;

    public static MarketId Market { get; } = new("binance", Pair.Parse("BTC/USDT"), Timeframe.FiveMinutes);

    public static Candle[] Create()
    {
        const int days = (Candles / 288) + 1;
        _ = Instant.TryParse("2026-01-01", out var end);
        var world = new SandboxWorld(
            new SandboxOptions
            {
                Seed = 7,
                HistoryDays = days,
                Start = end,
                Pairs = [Market.Pair],
            },
            end
        );
        return [.. world.Markets[Market.Pair].Read(Market.Timeframe, world.HistoryFrom, end, end).Take(Candles)];
    }
}
