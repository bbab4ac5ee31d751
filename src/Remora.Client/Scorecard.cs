using System.Collections.ObjectModel;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Remora.Client;

/// <summary>
/// The track record of a market: how its published forecasts met what came. Unknown values are
/// null.
/// </summary>
public sealed record Scorecard
{
    /// <summary>The pair, such as <c>BTC/USDT</c>.</summary>
    [JsonRequired]
    public string Pair { get; init; } = "";

    /// <summary>The CCXT id of the exchange.</summary>
    public string? Exchange { get; init; }

    /// <summary>The base timeframe, such as <c>5m</c>.</summary>
    public string? Timeframe { get; init; }

    /// <summary>
    /// The first full hour with a published forecast; null when there is none.
    /// </summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>The start of the span, inclusive.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>The end of the span, exclusive.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>The record of each horizon, by name: <c>1h</c>, <c>4h</c>, <c>24h</c>.</summary>
    [JsonRequired]
    public IReadOnlyDictionary<string, HorizonScorecard> Horizons
    {
        get => field ?? ReadOnlyDictionary<string, HorizonScorecard>.Empty;
        init;
    }

    /// <summary>Whether the record contradicts what the forecasts claim.</summary>
    public RecordAlarm? Alarm { get; init; }

    /// <summary>All other fields of the answer.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? More { get; set; } // generated code cannot initialize it
}

/// <summary>The track record of one horizon.</summary>
public sealed record HorizonScorecard
{
    /// <summary>The full hours of the span since the first published forecast.</summary>
    public long? Hours { get; init; }

    /// <summary>
    /// The hours whose forecast was published in time and whose horizon has passed.
    /// </summary>
    public long? Graded { get; init; }

    /// <summary>The graded horizons that do not overlap.</summary>
    public long? Independent { get; init; }

    /// <summary>The graded hours for which the other models have a forecast too.</summary>
    public long? Compared { get; init; }

    /// <summary>
    /// Accuracy of the forecast volatility by model: <c>remora-2</c>, <c>har_season</c>,
    /// <c>persistence</c>.
    /// </summary>
    public IReadOnlyDictionary<string, ModelScore> Models
    {
        get => field ?? ReadOnlyDictionary<string, ModelScore>.Empty;
        init;
    }

    /// <summary>
    /// Ten groups of hours by the forecast volatility, with what came; ratios.
    /// </summary>
    public IReadOnlyList<ReliabilityGroup> Volatility
    {
        get => field ?? [];
        init;
    }

    /// <summary>The probabilities of a fall, by the fall: <c>0.01</c> and others.</summary>
    public IReadOnlyDictionary<string, DrawdownScore> ProbabilityOfDrawdown
    {
        get => field ?? ReadOnlyDictionary<string, DrawdownScore>.Empty;
        init;
    }

    /// <summary>Losses beyond the value at risk, by its level: <c>0.95</c> and
    /// <c>0.99</c>.</summary>
    public IReadOnlyDictionary<string, HitScore> ValueAtRisk
    {
        get => field ?? ReadOnlyDictionary<string, HitScore>.Empty;
        init;
    }

    /// <summary>The hours that could not be graded, by the reason: <c>outage</c> and
    /// others.</summary>
    public IReadOnlyDictionary<string, UngradedHours> NotGraded
    {
        get => field ?? ReadOnlyDictionary<string, UngradedHours>.Empty;
        init;
    }

    /// <summary>The record by the coefficients of the forecasts, the oldest first.</summary>
    public IReadOnlyList<VintageScore> Vintages
    {
        get => field ?? [];
        init;
    }

    /// <summary>All other fields of the horizon.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? More { get; set; } // generated code cannot initialize it
}

/// <summary>The accuracy of one model.</summary>
/// <param name="R2">1 - SSE / SST of the log of realized variance, at most 1.</param>
/// <param name="Qlike">The mean QLIKE loss of the expected variance; lower is better.</param>
public sealed record ModelScore(double? R2, double? Qlike);

/// <summary>The record of the probability of a fall.</summary>
/// <param name="N">The number of hours with a probability.</param>
/// <param name="Predicted">The mean probability.</param>
/// <param name="Observed">The share of hours with such a fall.</param>
/// <param name="BrierScore">The mean squared difference between probability and event.</param>
/// <param name="Reliability">Ten groups of hours by the probability, fewer with fewer
/// hours.</param>
public sealed record DrawdownScore(
    long N,
    double? Predicted,
    double? Observed,
    double? BrierScore,
    IReadOnlyList<ReliabilityGroup>? Reliability
);

/// <summary>Hours with similar forecasts.</summary>
/// <param name="Predicted">The mean forecast.</param>
/// <param name="Observed">What came.</param>
/// <param name="N">The number of hours.</param>
public sealed record ReliabilityGroup(double? Predicted, double? Observed, long N);

/// <summary>The record of a value at risk, over horizons that do not overlap.</summary>
/// <param name="Hits">The number of losses beyond it.</param>
/// <param name="N">The number of horizons.</param>
/// <param name="Share">The share of losses beyond it.</param>
/// <param name="KupiecP">The p-value that the share is as stated.</param>
/// <param name="ChristoffersenP">The p-value that hits are independent of the hit before.</param>
public sealed record HitScore(long Hits, long N, double? Share, double? KupiecP, double? ChristoffersenP);

/// <summary>Hours that could not be graded.</summary>
/// <param name="Hours">The number of hours.</param>
/// <param name="InStorms">How many of them were storms.</param>
public sealed record UngradedHours(long Hours, long InStorms);

/// <summary>The record of one set of coefficients.</summary>
/// <param name="Coefficients">Their id.</param>
/// <param name="From">The first graded hour.</param>
/// <param name="Until">The last graded hour.</param>
/// <param name="Graded">The number of graded hours.</param>
/// <param name="R2">1 - SSE / SST of the log of realized variance.</param>
/// <param name="Qlike">The mean QLIKE loss of the expected variance.</param>
/// <param name="ValueAtRisk">Losses beyond the value at risk, by its level.</param>
public sealed record VintageScore(
    string? Coefficients,
    DateTimeOffset? From,
    DateTimeOffset? Until,
    long Graded,
    double? R2,
    double? Qlike,
    IReadOnlyDictionary<string, HitScore>? ValueAtRisk
);

/// <summary>A test of the claims that can be read at any time.</summary>
/// <param name="Raised">Whether the evidence reached the threshold this year.</param>
/// <param name="RaisedOn">The day on which it did; null if it did not.</param>
/// <param name="Evidence">The evidence against the claims now; 1 without any.</param>
/// <param name="Highest">The highest evidence of this year.</param>
/// <param name="Threshold">The evidence at which the alarm is raised.</param>
/// <param name="FalseAlarmsPerYear">The probability of a false alarm per market and year, at
/// most.</param>
/// <param name="Days">The days that added most to the evidence, the worst first.</param>
public sealed record RecordAlarm(
    bool Raised,
    DateOnly? RaisedOn,
    double? Evidence,
    double? Highest,
    double? Threshold,
    double? FalseAlarmsPerYear,
    IReadOnlyList<AlarmDay>? Days
);

/// <summary>A day that speaks against the claims.</summary>
/// <param name="Day">The day, UTC.</param>
/// <param name="Factor">What the day multiplied the evidence by.</param>
/// <param name="Claims">The claims that the day contradicts.</param>
public sealed record AlarmDay(DateOnly Day, double? Factor, IReadOnlyList<AlarmClaim>? Claims);

/// <summary>A claim on one day.</summary>
/// <param name="Horizon">The horizon.</param>
/// <param name="Level">The level of the value at risk.</param>
/// <param name="Hits">The number of losses beyond it.</param>
/// <param name="N">The number of horizons.</param>
public sealed record AlarmClaim(string? Horizon, string? Level, long Hits, long N);
