using Remora.Markets;
using Remora.Sandbox.Series;

namespace Remora.Sandbox.Simulation;

/// <summary>
/// Simulated liquidations. They grow with the price move of an hour: longs in a fall and shorts in
/// a rise.
/// </summary>
internal static class SimulatedLiquidations
{
    private const double Usual = 2e6; // US dollars in an hour with a move of one percent
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    /// <summary>
    /// Returns the liquidated longs and shorts within a part of an hour, in US dollars.
    /// </summary>
    public static (double Longs, double Shorts) Between(
        SandboxWorld world,
        CandleSeries series,
        Instant from,
        Instant to
    )
    {
        var part = Math.Max(0, (to - from) / Hour);
        if (world.Signals.HeldAt("liquidations") is { } held)
            return (Math.Round(held * part / 2, 2), Math.Round(held * part / 2, 2));
        if (Perpetual.Last(series, from.Floor(Hour) + Hour, 1) is not [var candle])
            return (0, 0);
        var (fall, rise) = (100 * Math.Log(candle.Open / candle.Low), 100 * Math.Log(candle.High / candle.Open));
        return (Math.Round(Usual * part * fall * fall, 2), Math.Round(Usual * part * rise * rise, 2));
    }
}
