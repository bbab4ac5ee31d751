using Remora.Markets;

namespace Remora.Feeds.News;

/// <summary>The news sentiment of a day and its headlines.</summary>
/// <param name="AsOf">The moment for which it was computed.</param>
/// <param name="Verdicts">The sentiment of the whole market first, then that of each base
/// currency.</param>
/// <param name="Headlines">Every headline of the day, the newest first.</param>
public sealed record NewsReport(
    Instant AsOf,
    IReadOnlyList<NewsVerdict> Verdicts,
    IReadOnlyList<ScoredHeadline> Headlines
)
{
    /// <summary>
    /// The name of the whole market in <see cref="ScoredHeadline.Contributions"/>.
    /// </summary>
    public const string WholeMarket = "market";
}

/// <summary>The sentiment for a currency or the whole market.</summary>
/// <param name="Base">The base currency; null for the whole market.</param>
/// <param name="Sentiment">From -1 (all bad) to 1 (all good); NaN if too few headlines have a
/// score.</param>
/// <param name="Opinions">The number of headlines with a score.</param>
public sealed record NewsVerdict(string? Base, double Sentiment, int Opinions);

/// <summary>A headline and its score.</summary>
/// <param name="Title">The title.</param>
/// <param name="Outlet">The outlet that published it first.</param>
/// <param name="Link">The URL of the story; null if unknown.</param>
/// <param name="PublishedAt">When it was published, according to the outlet.</param>
/// <param name="Mentions">The currencies it mentions. An empty list means all of them.</param>
/// <param name="Score">From -1 to 1; NaN if no term matches.</param>
/// <param name="Terms">The terms that decided, each with its value.</param>
/// <param name="Votes">The votes of readers; null if the source has none.</param>
/// <param name="Contributions">What the headline adds to the sentiment of each base currency and of
/// <see cref="NewsReport.WholeMarket"/>. The contributions sum to the sentiment.</param>
public sealed record ScoredHeadline(
    string Title,
    string Outlet,
    string? Link,
    Instant PublishedAt,
    IReadOnlyList<string> Mentions,
    double Score,
    IReadOnlyList<string> Terms,
    VoteCount? Votes,
    IReadOnlyDictionary<string, double> Contributions
);

/// <summary>The votes of readers.</summary>
/// <param name="Positive">The number of votes that expect higher prices.</param>
/// <param name="Negative">The number of votes that expect lower prices.</param>
public sealed record VoteCount(int Positive, int Negative);
