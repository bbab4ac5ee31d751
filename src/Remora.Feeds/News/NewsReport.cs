using Remora.Markets;

namespace Remora.Feeds.News;

/// <summary>What the news of a day comes to, and of which headlines.</summary>
/// <param name="AsOf">The moment it was worked out for.</param>
/// <param name="Verdicts">The whole market's first, then that of each base currency.</param>
/// <param name="Headlines">Every headline of the day, the newest first.</param>
public sealed record NewsReport(Instant AsOf, IReadOnlyList<NewsVerdict> Verdicts, IReadOnlyList<ScoredHeadline> Headlines)
{
    /// <summary>The name of the whole market's verdict among <see cref="ScoredHeadline.Contributions"/>.</summary>
    public const string WholeMarket = "market";
}

/// <summary>The sentiment for a currency or the whole market.</summary>
/// <param name="Base">The base currency; null for the whole market.</param>
/// <param name="Sentiment">From -1 (all bad) to 1 (all good); NaN where too few headlines say anything.</param>
/// <param name="Opinions">How many headlines say anything.</param>
public sealed record NewsVerdict(string? Base, double Sentiment, int Opinions);

/// <summary>A headline and what was made of it.</summary>
/// <param name="Title">Its text.</param>
/// <param name="Outlet">Who published it first.</param>
/// <param name="Link">Where the story is; null where that is not known.</param>
/// <param name="PublishedAt">When, as the outlet says.</param>
/// <param name="Mentions">The currencies it is about; none means all of them.</param>
/// <param name="Score">From -1 to 1; NaN where nothing in it says anything.</param>
/// <param name="Terms">The words that decided, each with what it said.</param>
/// <param name="Votes">What readers think; null where nobody is asked.</param>
/// <param name="Contributions">What it adds to each verdict it takes part in, by base currency or <see cref="NewsReport.WholeMarket"/>; they sum to the sentiment.</param>
public sealed record ScoredHeadline(
    string Title, string Outlet, string? Link, Instant PublishedAt, IReadOnlyList<string> Mentions, double Score, IReadOnlyList<string> Terms, VoteCount? Votes,
    IReadOnlyDictionary<string, double> Contributions);

/// <summary>Readers' votes.</summary>
/// <param name="Positive">Who thinks it good for prices.</param>
/// <param name="Negative">Who thinks it bad.</param>
public sealed record VoteCount(int Positive, int Negative);
