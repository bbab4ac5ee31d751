using Remora.Markets;

namespace Remora.Server.Api.TrackRecord;

/// <summary>The track record of books.</summary>
/// <param name="From">The start of the span, inclusive; null for the begin of each record.</param>
/// <param name="To">The end of the span, exclusive.</param>
/// <param name="Horizon">The horizon: 24h.</param>
/// <param name="Books">The books: the fixed ones first.</param>
public sealed record BookScorecardList(Instant? From, Instant To, string Horizon, IReadOnlyList<BookScorecard> Books);

/// <summary>
/// The track record of a book: how what was said about it met what came, as if its positions had
/// been held for 24 hours from that moment.
/// </summary>
/// <param name="Name">`net_long` (BTC, ETH and SOL long, a third of the wallet each), `hedged` (BTC
/// long and ETH short, a half each), `net_short` (all three short), or the address of a followed
/// bot.</param>
/// <param name="Followed">Whether it is the book of a followed bot.</param>
/// <param name="Since">The first full hour of its record.</param>
/// <param name="Hours">The full hours of the span since then. Each is graded, or counted under
/// `not_graded`.</param>
/// <param name="Graded">The hours whose horizon has passed without a gap.</param>
/// <param name="Independent">The graded horizons that do not overlap: those that begin at midnight,
/// UTC.</param>
/// <param name="Bias">The mean log of the forecast over the realised variance of the graded hours:
/// above 0 when forecasts are too large. Null without graded hours.</param>
/// <param name="ValueAtRisk">Losses beyond the value at risk, by its level, over horizons that do
/// not overlap.</param>
/// <param name="NotGraded">The hours that could not be graded, by the reason: `no_answer` (nothing
/// was stored at that hour, for example without open trades), `late` (more than 15 minutes after
/// the hour), `no_forecast` (the volatility was not known, or the positions cancelled),
/// `in_sample`, `gap` (candles of the horizon are missing), `not_passed` (the horizon has not
/// ended).</param>
public sealed record BookScorecard(
    string Name,
    bool Followed,
    Instant Since,
    long Hours,
    long Graded,
    long Independent,
    double Bias,
    IReadOnlyDictionary<string, BookHitScore> ValueAtRisk,
    IReadOnlyDictionary<string, long> NotGraded
);

/// <summary>The record of the value at risk of a book, over horizons that do not overlap.</summary>
/// <param name="Hits">The number of losses beyond it.</param>
/// <param name="Expected">The number of such losses to expect.</param>
/// <param name="N">The number of horizons.</param>
/// <param name="KupiecP">The p-value that losses beyond it are as frequent as stated (Kupiec); null
/// without horizons.</param>
/// <param name="Shortfall">The sum of the losses beyond it over the sum of the expected shortfalls
/// then: 1 is right, above 1 losses are larger than expected. Null without such losses.</param>
public sealed record BookHitScore(long Hits, double Expected, long N, double KupiecP, double Shortfall);
