using Remora.Markets;
using Remora.Sandbox.Series;
using Remora.Sandbox.Simulation;

namespace Remora.Sandbox.Venues;

/// <summary>A market as one exchange lists it.</summary>
/// <param name="Id">The exchange's own name of the market.</param>
/// <param name="Pair">The pair.</param>
/// <param name="Series">The candles.</param>
internal sealed record Listing(string Id, Pair Pair, CandleSeries Series)
{
    /// <summary>The number of decimals of its prices.</summary>
    public int Decimals => Series is SimulatedSeries simulated ? simulated.Decimals : 8;

    /// <summary>Its tick in the format of exchanges, for example <c>0.01</c>.</summary>
    public string Tick => Decimals == 0 ? "1" : "0." + new string('0', Decimals - 1) + "1";
}
