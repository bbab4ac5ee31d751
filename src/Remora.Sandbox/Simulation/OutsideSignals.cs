using System.Collections.Concurrent;
using Remora.Markets;

namespace Remora.Sandbox.Simulation;

/// <summary>
/// The values of outside signals at any moment: slow waves around their usual level, or a held
/// value until it is released.
/// </summary>
public sealed class OutsideSignals
{
    private static readonly Dictionary<string, (double Least, double Most)> Ranges = new()
    {
        ["fear_greed"] = (0, 100), ["vix"] = (1, 200), ["dollar_index"] = (50, 200), ["btc_dominance"] = (1, 99), ["funding_rate"] = (-0.05, 0.05),
        ["implied_volatility"] = (1, 500), ["total_market_cap"] = (1e9, 1e15), ["equity_future"] = (100, 100_000),
        ["news_sentiment"] = (-1, 1), ["liquidations"] = (0, 1e11),
    };

    private readonly long _seed;
    private readonly ConcurrentDictionary<string, double> _held = new();

    internal OutsideSignals(long seed) => _seed = seed;

    /// <summary>The signals that can be held.</summary>
    public static IReadOnlyCollection<string> Names => Ranges.Keys;

    /// <summary>The signals that are held now, with their values.</summary>
    public IReadOnlyDictionary<string, double> Held => _held;

    /// <summary>
    /// Holds a signal at a value, in the unit that the engine uses. Values that clients have
    /// already read do not change.
    /// </summary>
    /// <exception cref="SandboxOptionException">The signal is unknown, or the value is out of
    /// range.</exception>
    public void Hold(string signal, double value)
    {
        if (!Ranges.TryGetValue(signal, out var range)) throw new SandboxOptionException($"'{signal}' is no signal that can be held: expected one of {string.Join(", ", Names)}");
        if (!(value >= range.Least && value <= range.Most)) throw new SandboxOptionException($"{signal} cannot be held at {value}: expected {range.Least} to {range.Most}");
        _held[signal] = value;
    }

    /// <summary>Releases all held signals.</summary>
    public void Release() => _held.Clear();

    internal double? HeldAt(string signal) => _held.TryGetValue(signal, out var value) ? value : null;

    internal double Vix(Instant time) => HeldAt("vix") ?? Math.Round(17 * Math.Exp(0.3 * Wave("vix", time)), 2);

    internal double DollarIndex(Instant time) => HeldAt("dollar_index") ?? Math.Round(102 + (3 * Wave("dollar_index", time)), 3);

    internal double BtcDominance(Instant time) => HeldAt("btc_dominance") ?? 54 + (4 * Wave("btc_dominance", time));

    internal double ImpliedVolatility(string currency, Instant time) =>
        HeldAt("implied_volatility") ?? Math.Round((currency == "BTC" ? 48 : 64) * Math.Exp(0.25 * Wave("implied_volatility_" + currency, time)), 2);

    internal double TotalMarketCap(Instant time) => HeldAt("total_market_cap") ?? Math.Round(2.6e12 * Math.Exp(0.15 * Wave("total_market_cap", time)));

    internal double EquityFuture(Instant time) => HeldAt("equity_future") ?? Math.Round(5600 * Math.Exp(0.03 * Wave("equity_future", time)), 2);

    /// <summary>
    /// Returns the sum of waves of 90, 23 and 5 days with phases from the seed, between -1.6 and
    /// 1.6.
    /// </summary>
    private double Wave(string name, Instant time)
    {
        var dice = new Dice(_seed, Dice.Stream(name), 0);
        var days = time.UnixMilliseconds / 86_400_000.0;
        return Math.Sin(Math.Tau * ((days / 90) + dice.Uniform())) + (0.4 * Math.Sin(Math.Tau * ((days / 23) + dice.Uniform()))) + (0.2 * Math.Sin(Math.Tau * ((days / 5) + dice.Uniform())));
    }
}
