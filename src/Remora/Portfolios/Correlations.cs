using Remora.Forecasts;
using Remora.Markets;

namespace Remora.Portfolios;

/// <summary>
/// The correlations of markets at one moment: how far their candles' standardized returns move
/// together, half-life 4 days. Immutable.
/// </summary>
public sealed class Correlations
{
    /// <summary>
    /// The assumed correlation of markets whose quote currencies are alike, before there are
    /// <see cref="CorrelationTracker.EnoughHours"/> common hours: the usual mean of coins.
    /// </summary>
    public const double Assumed = 0.8;

    // Money: currencies and coins that follow them.
    private static readonly string[] Money =
    [
        "AUD",
        "BRL",
        "CAD",
        "CHF",
        "EUR",
        "EURC",
        "EURI",
        "GBP",
        "JPY",
        "KRW",
        "PLN",
        "TRY",
        "USDE",
        "USDS",
    ];

    private readonly MarketId[] _markets;
    private readonly Dictionary<MarketId, int> _places;
    private readonly double[] _values; // of the places (i, j < i); NaN for an assumed one
    private readonly int[] _hours;

    internal Correlations(MarketId[] markets, double[] values, int[] hours, Instant? asOf)
    {
        (_markets, _values, _hours, AsOf) = (markets, values, hours, asOf);
        _places = new(markets.Length);
        for (var i = 0; i < markets.Length; i++)
            _places[markets[i]] = i;
    }

    /// <summary>No markets: every correlation is assumed.</summary>
    public static Correlations None { get; } = new([], [], [], null);

    /// <summary>The tracked markets, ordered by their text.</summary>
    public IReadOnlyList<MarketId> Markets => _markets;

    /// <summary>The end of the newest hour that counts; null when none does.</summary>
    public Instant? AsOf { get; }

    /// <summary>Returns the correlation of two markets, tracked or not.</summary>
    public Correlation Between(MarketId one, MarketId other)
    {
        if (one.Equals(other))
            return new(1, 0, false);
        if (!_places.TryGetValue(one, out var i) || !_places.TryGetValue(other, out var j))
            return new(AssumedFor(one.Pair, other.Pair), 0, true);
        var at = i > j ? (i * (i - 1) / 2) + j : (j * (j - 1) / 2) + i;
        return double.IsNaN(_values[at])
            ? new(AssumedFor(one.Pair, other.Pair), _hours[at], true)
            : new(_values[at], _hours[at], false);
    }

    /// <summary>
    /// Returns the correlation that is assumed when none is measured: <see cref="Assumed"/> if both
    /// quote currencies are equal or are money, 0 otherwise.
    /// </summary>
    public static double AssumedFor(Pair one, Pair other) =>
        one.Quote == other.Quote || (IsMoney(one.Quote) && IsMoney(other.Quote)) ? Assumed : 0;

    private static bool IsMoney(string quote) =>
        Forecaster.IsDollar(quote) || Money.Contains(quote, StringComparer.Ordinal);
}

/// <summary>The correlation of two markets.</summary>
/// <param name="Value">The correlation, [-1, 1]; 1 of a market with itself.</param>
/// <param name="Hours">The number of common whole hours so far; 0 of a market with itself.</param>
/// <param name="IsAssumed">Whether it is assumed: there are fewer than
/// <see cref="CorrelationTracker.EnoughHours"/> common hours, or one of the markets has not
/// moved.</param>
public readonly record struct Correlation(double Value, int Hours, bool IsAssumed);
