namespace Remora.Backtest.Forecasts;

/// <summary>What forecasts are compared with.</summary>
internal static class Outcome
{
    private const double Least = 1e-10;

    /// <summary>
    /// Returns the log of a variance per 5 minutes. A market that does not move counts as one that
    /// moves by 0.001 %.
    /// </summary>
    public static double LogOf(double variance) => Math.Log(Math.Max(variance, Least));
}
