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
        ["fear_greed"] = (0, 100),
        ["vix"] = (1, 200),
        ["dollar_index"] = (50, 200),
        ["btc_dominance"] = (1, 99),
        ["funding_rate"] = (-0.05, 0.05),
        ["implied_volatility"] = (1, 500),
        ["total_market_cap"] = (1e9, 1e15),
        ["equity_future"] = (100, 100_000),
        ["news_sentiment"] = (-1, 1),
        ["liquidations"] = (0, 1e11),
    };

    private readonly long _seed;
    private readonly ConcurrentDictionary<string, Span> _held = new();

    internal OutsideSignals(long seed) => _seed = seed;

    /// <summary>The signals that can be held.</summary>
    public static IReadOnlyCollection<string> Names => Ranges.Keys;

    /// <summary>The signals that are held now, with their values.</summary>
    public IReadOnlyDictionary<string, double> Held => _held.ToDictionary(held => held.Key, held => held.Value.Value);

    /// <summary>
    /// Holds a signal at a value, in the unit that the engine uses. Values of before
    /// <paramref name="since"/> do not change: a source would otherwise revise its whole past.
    /// </summary>
    /// <param name="signal">One of <see cref="Names"/>.</param>
    /// <param name="value">The value.</param>
    /// <param name="since">The first moment that has it; null for all time.</param>
    /// <exception cref="SandboxOptionException">The signal is unknown, or the value is out of
    /// range.</exception>
    public void Hold(string signal, double value, Instant? since = null)
    {
        if (!Ranges.TryGetValue(signal, out var range))
            throw new SandboxOptionException(
                $"'{signal}' is not a signal that can be held: expected one of {string.Join(", ", Names)}"
            );
        if (!(value >= range.Least && value <= range.Most))
            throw new SandboxOptionException(
                $"{signal} cannot be held at {value}: expected {range.Least} to {range.Most}"
            );
        var from = since ?? Instant.MinValue;
        _held.AddOrUpdate(
            signal,
            _ => new(value, from, null),
            (_, before) => new(value, from, since is null ? null : before)
        );
    }

    /// <summary>Releases all held signals.</summary>
    public void Release() => _held.Clear();

    /// <summary>Returns the value at which a signal is held now; null if it is not held.</summary>
    internal double? HeldAt(string signal) => HeldAt(signal, Instant.MaxValue);

    /// <summary>
    /// Returns the value at which a signal was held at a moment; null if it was not held.
    /// </summary>
    internal double? HeldAt(string signal, Instant time)
    {
        var span = _held.GetValueOrDefault(signal);
        while (span is not null && span.Since > time)
            span = span.Before;
        return span?.Value;
    }

    internal double Vix(Instant time) => HeldAt("vix", time) ?? Math.Round(17 * Math.Exp(0.3 * Wave("vix", time)), 2);

    internal double DollarIndex(Instant time) =>
        HeldAt("dollar_index", time) ?? Math.Round(102 + (3 * Wave("dollar_index", time)), 3);

    internal double BtcDominance(Instant time) =>
        HeldAt("btc_dominance", time) ?? 54 + (4 * Wave("btc_dominance", time));

    internal double ImpliedVolatility(string currency, Instant time) =>
        HeldAt("implied_volatility", time)
        ?? Math.Round((currency == "BTC" ? 48 : 64) * Math.Exp(0.25 * Wave("implied_volatility_" + currency, time)), 2);

    internal double TotalMarketCap(Instant time) =>
        HeldAt("total_market_cap", time) ?? Math.Round(2.6e12 * Math.Exp(0.15 * Wave("total_market_cap", time)));

    internal double EquityFuture(Instant time) =>
        HeldAt("equity_future", time) ?? Math.Round(5600 * Math.Exp(0.03 * Wave("equity_future", time)), 2);

    /// <summary>
    /// Returns the sum of waves of 90, 23 and 5 days with phases from the seed, between -1.6 and
    /// 1.6.
    /// </summary>
    private double Wave(string name, Instant time)
    {
        var dice = new Dice(_seed, Dice.Stream(name), 0);
        var days = time.UnixMilliseconds / 86_400_000.0;
        return Math.Sin(Math.Tau * ((days / 90) + dice.Uniform()))
            + (0.4 * Math.Sin(Math.Tau * ((days / 23) + dice.Uniform())))
            + (0.2 * Math.Sin(Math.Tau * ((days / 5) + dice.Uniform())));
    }

    /// <summary>A value that is held since a moment, and what was held before.</summary>
    private sealed record Span(double Value, Instant Since, Span? Before);
}
