using Remora.Markets;

namespace Remora.Server.Api.TrackRecord;

/// <summary>
/// The track record of a market: how its published forecasts met what came. Only forecasts that
/// were published before their outcome count.
/// </summary>
/// <param name="Pair">The pair.</param>
/// <param name="Exchange">CCXT's id of the exchange.</param>
/// <param name="Timeframe">The base timeframe.</param>
/// <param name="Since">The first full hour with a published forecast; null when there is none.
/// </param>
/// <param name="From">The start of the span, inclusive; a forecast belongs to the hour at which its
/// horizon begins.</param>
/// <param name="To">The end of the span, exclusive.</param>
/// <param name="Horizons">The record of each horizon: 1h, 4h and 24h.</param>
/// <param name="Alarm">Whether the record contradicts what the forecasts claim. It covers all
/// horizons and does not depend on the span of the request.</param>
public sealed record Scorecard(
    Pair Pair,
    string Exchange,
    Timeframe Timeframe,
    Instant? Since,
    Instant From,
    Instant To,
    IReadOnlyDictionary<string, HorizonScorecard> Horizons,
    RecordAlarm Alarm
);

/// <summary>The track record of one horizon.</summary>
/// <param name="Hours">The full hours of the span since the first published forecast. Each is
/// graded, or counted under `not_graded`.</param>
/// <param name="Graded">The hours whose forecast was published in time and whose horizon has passed
/// without a gap.</param>
/// <param name="Independent">The graded horizons that do not overlap: those that begin at a
/// multiple of the horizon from midnight, UTC.</param>
/// <param name="Compared">The graded hours for which the other models have a forecast too. All
/// figures under `models` are over these hours.</param>
/// <param name="Models">Accuracy of the forecast volatility: `remora-2`; `har_season` (a
/// heterogeneous autoregression with the hour of the week); `persistence` (a regression on the
/// variance of the last horizon). The other models are fitted to the market's own earlier candles.
/// </param>
/// <param name="Volatility">Forecast against outcome: ten groups of graded hours of equal size by
/// the forecast of `remora-2`, with the root of the mean expected and of the mean realised variance
/// over the horizon, as ratios.</param>
/// <param name="ProbabilityOfDrawdown">The probabilities of a fall beyond 1, 2 and 5 %, by the fall
/// as a ratio.</param>
/// <param name="ValueAtRisk">Losses beyond the value at risk, by its level, over horizons that do
/// not overlap.</param>
/// <param name="NotGraded">The hours that could not be graded, by the reason: `outage` (no answer
/// was published at that hour), `late` (it was published more than 15 minutes after the hour),
/// `no_forecast` (an answer without a forecast, for example during the warm-up), `in_sample`, `gap`
/// (candles of the horizon are missing), `not_passed` (the horizon has not ended).</param>
/// <param name="Vintages">The record by the coefficients of the forecasts, the oldest first.
/// </param>
public sealed record HorizonScorecard(
    long Hours,
    long Graded,
    long Independent,
    long Compared,
    IReadOnlyDictionary<string, ModelScore> Models,
    IReadOnlyList<ReliabilityGroup> Volatility,
    IReadOnlyDictionary<string, DrawdownScore> ProbabilityOfDrawdown,
    IReadOnlyDictionary<string, HitScore> ValueAtRisk,
    IReadOnlyDictionary<string, UngradedHours> NotGraded,
    IReadOnlyList<VintageScore> Vintages
);

/// <summary>The accuracy of one model. Null where it does not exist.</summary>
/// <param name="R2">1 - SSE / SST of the log of realised variance, biases included.</param>
/// <param name="Qlike">The mean QLIKE loss of the expected variance; lower is better.</param>
public sealed record ModelScore(double R2, double Qlike);

/// <summary>The record of the probability of a fall.</summary>
/// <param name="N">The number of hours with a probability.</param>
/// <param name="Predicted">The mean probability; null without hours.</param>
/// <param name="Observed">The share of hours with such a fall; null without hours.</param>
/// <param name="BrierScore">The mean squared difference between probability and event; null without
/// hours.</param>
/// <param name="Reliability">Ten groups of equal size by the probability, fewer with fewer hours.
/// </param>
public sealed record DrawdownScore(
    long N,
    double Predicted,
    double Observed,
    double BrierScore,
    IReadOnlyList<ReliabilityGroup> Reliability
);

/// <summary>Hours with similar forecasts.</summary>
/// <param name="Predicted">The mean forecast.</param>
/// <param name="Observed">What came.</param>
/// <param name="N">The number of hours.</param>
public sealed record ReliabilityGroup(double Predicted, double Observed, long N);

/// <summary>The record of a value at risk, over horizons that do not overlap.</summary>
/// <param name="Hits">The number of losses beyond it.</param>
/// <param name="N">The number of horizons.</param>
/// <param name="Share">The share of losses beyond it; null without horizons.</param>
/// <param name="KupiecP">The p-value that the share is as stated (Kupiec); null without horizons.
/// </param>
/// <param name="ChristoffersenP">The p-value that hits are independent of the hit before
/// (Christoffersen); null while it cannot be computed, for example without hits.</param>
public sealed record HitScore(long Hits, long N, double Share, double KupiecP, double ChristoffersenP);

/// <summary>Hours that could not be graded.</summary>
/// <param name="Hours">The number of hours.</param>
/// <param name="InStorms">How many of them were storms: the realised variance of the horizon, from
/// candles that were stored later, is above nine tenths of those of the span.</param>
public sealed record UngradedHours(long Hours, long InStorms);

/// <summary>The record of one set of coefficients.</summary>
/// <param name="Coefficients">The id of the coefficients.</param>
/// <param name="From">The first graded hour.</param>
/// <param name="Until">The last graded hour.</param>
/// <param name="Graded">The number of graded hours.</param>
/// <param name="R2">1 - SSE / SST of the log of realised variance; null while it cannot be
/// computed.
/// </param>
/// <param name="Qlike">The mean QLIKE loss of the expected variance.</param>
/// <param name="ValueAtRisk">Losses beyond the value at risk, by its level.</param>
public sealed record VintageScore(
    string Coefficients,
    Instant From,
    Instant Until,
    long Graded,
    double R2,
    double Qlike,
    IReadOnlyDictionary<string, HitScore> ValueAtRisk
);

/// <summary>
/// A test of the claims that can be read at any time: evidence multiplies like the wealth of a bet
/// against them. While the claims are true, it reaches the threshold in a calendar year (UTC) with
/// at most the stated probability, however often it is read.
/// </summary>
/// <param name="Raised">Whether the threshold was reached this year.</param>
/// <param name="RaisedOn">The day on which it was reached; null if it was not.</param>
/// <param name="Evidence">The evidence against the claims now; 1 without any.</param>
/// <param name="Highest">The highest evidence of this year.</param>
/// <param name="Threshold">The evidence at which the alarm is raised.</param>
/// <param name="FalseAlarmsPerYear">The probability of a false alarm per market and year, at most.
/// </param>
/// <param name="Days">The days that added most to the evidence, the worst first; at most five.
/// </param>
public sealed record RecordAlarm(
    bool Raised,
    DateOnly? RaisedOn,
    double Evidence,
    double Highest,
    double Threshold,
    double FalseAlarmsPerYear,
    IReadOnlyList<AlarmDay> Days
);

/// <summary>A day that speaks against the claims.</summary>
/// <param name="Day">The day, UTC.</param>
/// <param name="Factor">What the day multiplied the evidence by.</param>
/// <param name="Claims">The claims that the day contradicts.</param>
public sealed record AlarmDay(DateOnly Day, double Factor, IReadOnlyList<AlarmClaim> Claims);

/// <summary>A claim on one day.</summary>
/// <param name="Horizon">The horizon: 1h, 4h or 24h.</param>
/// <param name="Level">The level of the value at risk: 0.95 or 0.99.</param>
/// <param name="Hits">The number of losses beyond it.</param>
/// <param name="N">The number of horizons.</param>
public sealed record AlarmClaim(string Horizon, string Level, long Hits, long N);
