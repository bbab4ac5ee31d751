using System.Collections.ObjectModel;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Remora.Client;

/// <summary>A position of a book. Its size is <c>Notional</c>, or <c>Amount</c>.</summary>
/// <param name="Pair">A pair such as <c>BTC/USDT</c>.</param>
public sealed record PortfolioPosition(string Pair)
{
    /// <summary><c>long</c> or <c>short</c>; null is long.</summary>
    public string? Side { get; init; }

    /// <summary>The value in the currency of the wallet, leverage included.</summary>
    public double? Notional { get; init; }

    /// <summary>The amount of the base currency, before leverage.</summary>
    public double? Amount { get; init; }

    /// <summary>The present price; null for the last close of the service.</summary>
    public double? Price { get; init; }

    /// <summary>Multiplies the amount; null is 1.</summary>
    public double? Leverage { get; init; }

    /// <summary>The price of the stop.</summary>
    public double? StopPrice { get; init; }

    /// <summary>The price at which the exchange liquidates the position.</summary>
    public double? LiquidationPrice { get; init; }
}

/// <summary>A book as it is sent.</summary>
internal sealed record PortfolioQuestion(
    double Wallet,
    string? Horizon,
    IReadOnlyList<PortfolioPosition> Positions,
    double? Limit,
    PortfolioPosition? Candidate
);

/// <summary>
/// What all positions of a book can lose together. Ratios are relative to the wallet, losses are
/// positive; an unknown value is null.
/// </summary>
public sealed record PortfolioRisk
{
    /// <summary>The main figures in a sentence.</summary>
    public string? Summary { get; init; }

    /// <summary>The oldest close that the figures are based on.</summary>
    public DateTimeOffset? AsOf { get; init; }

    /// <summary>How far the figures look ahead: <c>4h</c> or <c>24h</c>.</summary>
    public string? Horizon { get; init; }

    /// <summary>The wallet of the request.</summary>
    public double? Wallet { get; init; }

    /// <summary>
    /// The kind of the book: <c>net_long</c>, <c>net_short</c>, <c>hedged</c>, <c>one_market</c> or
    /// <c>flat</c>.
    /// </summary>
    public string? Book { get; init; }

    /// <summary>The sum of all positions.</summary>
    public double? GrossExposure { get; init; }

    /// <summary>Longs less shorts.</summary>
    public double? NetExposure { get; init; }

    /// <summary>Expected size of the move of the book.</summary>
    [JsonRequired]
    public double? Volatility { get; init; }

    /// <summary>The loss that is not exceeded with a probability of <c>0.95</c> and
    /// <c>0.99</c>.</summary>
    [JsonRequired]
    public IReadOnlyDictionary<string, double?> ValueAtRisk
    {
        get => field ?? BookFigures.NoTable;
        init;
    }

    /// <summary>The mean loss beyond the value at risk.</summary>
    public IReadOnlyDictionary<string, double?> ExpectedShortfall
    {
        get => field ?? BookFigures.NoTable;
        init;
    }

    /// <summary>The same figures in the currency of the wallet.</summary>
    public BookFigures? Money { get; init; }

    /// <summary>The volatilities of all positions added up.</summary>
    public double? AddedVolatility { get; init; }

    /// <summary>How many independent bets the book is worth; 1 if it is all one bet.</summary>
    public double? IndependentBets { get; init; }

    /// <summary>The limit of the request.</summary>
    public double? Limit { get; init; }

    /// <summary>Whether the value at risk at 95 % is above it.</summary>
    public bool? OverLimit { get; init; }

    /// <summary>The positions that are counted, in the order of the request.</summary>
    [JsonRequired]
    public IReadOnlyList<PositionRisk> Positions
    {
        get => field ?? [];
        init;
    }

    /// <summary>What the candidate would do.</summary>
    public CandidateRisk? Candidate { get; init; }

    /// <summary>The positions that are not counted.</summary>
    public IReadOnlyList<UnknownPosition> Unknown
    {
        get => field ?? [];
        init;
    }

    /// <summary>What the book would gain or lose on days of past crashes.</summary>
    public IReadOnlyList<StressRisk> Stress
    {
        get => field ?? [];
        init;
    }

    /// <summary>What the figures do not contain, in sentences.</summary>
    public IReadOnlyList<string> Notes
    {
        get => field ?? [];
        init;
    }

    /// <summary>All other fields of the answer.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? More { get; set; } // generated code cannot initialize it
}

/// <summary>The figures of a book.</summary>
/// <param name="Volatility">Expected size of the move.</param>
/// <param name="ValueAtRisk">The loss that is not exceeded, by probability.</param>
/// <param name="ExpectedShortfall">The mean loss beyond it.</param>
public sealed record BookFigures(
    double? Volatility,
    IReadOnlyDictionary<string, double?>? ValueAtRisk,
    IReadOnlyDictionary<string, double?>? ExpectedShortfall
)
{
    internal static ReadOnlyDictionary<string, double?> NoTable => ReadOnlyDictionary<string, double?>.Empty;
}

/// <summary>A position within its book.</summary>
/// <param name="Pair">The pair of the request.</param>
/// <param name="Market">The pair whose market is used.</param>
/// <param name="Side"><c>long</c> or <c>short</c>.</param>
/// <param name="Notional">The value, leverage included.</param>
/// <param name="Exposure">The value as a ratio of the wallet, below 0 for a short.</param>
/// <param name="Volatility">The forecast of the pair alone, a ratio of its price.</param>
/// <param name="Share">Its share of the volatility; all shares add up to it.</param>
/// <param name="SharePercent">The share in percent; below 0 for a hedge.</param>
/// <param name="Without">The book when the position is closed.</param>
/// <param name="Stop">The chance that the stop is touched.</param>
/// <param name="Liquidation">The chance of a liquidation.</param>
/// <param name="Stale">Whether the last candle is too old.</param>
public sealed record PositionRisk(
    string Pair,
    string? Market,
    string? Side,
    double? Notional,
    double? Exposure,
    double? Volatility,
    double? Share,
    double? SharePercent,
    BookFigures? Without,
    TouchChance? Stop,
    TouchChance? Liquidation,
    bool? Stale
);

/// <summary>The chance that a price is touched.</summary>
/// <param name="Price">The price.</param>
/// <param name="Probability">The chance, [0, 1], within <c>4h</c> and <c>24h</c>.</param>
public sealed record TouchChance(double? Price, IReadOnlyDictionary<string, double?>? Probability);

/// <summary>What a position that might be added would do.</summary>
/// <param name="Pair">The pair.</param>
/// <param name="Side"><c>long</c> or <c>short</c>.</param>
/// <param name="Notional">The value of the request.</param>
/// <param name="IsHedge">Whether a small position lowers the volatility.</param>
/// <param name="LargestNotional">The largest value that keeps the limit.</param>
/// <param name="Fits">Whether the value of the request keeps it.</param>
/// <param name="With">The book with the candidate.</param>
public sealed record CandidateRisk(
    string Pair,
    string? Side,
    double? Notional,
    bool? IsHedge,
    double? LargestNotional,
    bool? Fits,
    BookFigures? With
);

/// <summary>A position that is not counted.</summary>
/// <param name="Pair">The pair.</param>
/// <param name="Exposure">Its value as a ratio of the wallet.</param>
/// <param name="Reason"><c>not_tracked</c> or <c>no_forecast</c>.</param>
public sealed record UnknownPosition(string Pair, double? Exposure, string? Reason);

/// <summary>What the book would gain or lose.</summary>
/// <param name="Name">The day, or <c>correlation_one</c>.</param>
/// <param name="Return">The gain or loss, a ratio of the wallet.</param>
/// <param name="ReturnAtLow">The same until the lowest hour of that day.</param>
/// <param name="Money">The gain or loss in the currency of the wallet.</param>
/// <param name="ByBeta">The pairs that move as BTC times their beta.</param>
public sealed record StressRisk(
    string Name,
    double? Return,
    double? ReturnAtLow,
    double? Money,
    IReadOnlyList<string>? ByBeta
);

/// <summary>How pairs move together.</summary>
public sealed record CorrelationMatrix
{
    /// <summary>The end of the newest hour that counts.</summary>
    public DateTimeOffset? AsOf { get; init; }

    /// <summary>The pairs, the order of rows and columns.</summary>
    [JsonRequired]
    public IReadOnlyList<string> Pairs
    {
        get => field ?? [];
        init;
    }

    /// <summary>The matrix by rows, [-1, 1].</summary>
    [JsonRequired]
    public IReadOnlyList<IReadOnlyList<double>> Correlations
    {
        get => field ?? [];
        init;
    }

    /// <summary>Whether each correlation is assumed instead of measured.</summary>
    public IReadOnlyList<IReadOnlyList<bool>> Assumed
    {
        get => field ?? [];
        init;
    }

    /// <summary>All other fields of the answer.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? More { get; set; } // generated code cannot initialize it
}
