using Remora.Markets;

namespace Remora.Feeds.News;

/// <summary>
/// The headlines of the last day and their sentiment. A story that several outlets publish in the
/// same words counts once. A sentiment is the mean of the headlines with a score, each weighted by
/// its age. With too few of them there is no sentiment. The order in which headlines arrive makes
/// no difference.
/// </summary>
internal sealed class NewsBook(IReadOnlyList<string> bases)
{
    /// <summary>How long a headline counts.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromHours(24);

    /// <summary>The age at which a headline counts half.</summary>
    public static readonly TimeSpan HalfLife = TimeSpan.FromHours(6);

    /// <summary>The minimum number of headlines with a score.</summary>
    public const int MinOpinions = 5;

    // Headlines about the currency, relative to headlines that name no currency.
    private const double OwnWeight = 2;
    private const int MaxStories = 2_000;
    private readonly CurrencyNames _names = CurrencyNames.With(bases);
    private readonly Dictionary<string, Story> _stories = [];

    /// <summary>
    /// Adds a headline. If several outlets publish the same words, the first published headline
    /// stays, with the votes of any of them.
    /// </summary>
    public void Add(Headline headline)
    {
        var key = KeyOf(headline.Title);
        if (key.Length == 0)
            return;
        if (_stories.TryGetValue(key, out var known))
        {
            var (first, second) =
                Order(known.Headline, headline) <= 0 ? (known.Headline, headline) : (headline, known.Headline);
            headline = first with
            {
                Votes = headline.Votes ?? known.Headline.Votes,
                Currencies = first.Currencies ?? second.Currencies,
            };
            if (headline == known.Headline)
                return;
        }
        _stories[key] = StoryOf(headline);
    }

    /// <summary>Removes the headlines that no longer count.</summary>
    public void RemoveExpired(Instant now)
    {
        foreach (var (key, story) in _stories)
            if (story.Headline.PublishedAt <= now - Window)
                _stories.Remove(key);
        foreach (
            var (key, _) in _stories
                .OrderByDescending(entry => entry.Value.Headline.PublishedAt)
                .Skip(MaxStories)
                .ToList()
        )
            _stories.Remove(key);
    }

    /// <summary>
    /// Returns the report of a moment: the sentiment of the whole market first, then that of each
    /// base currency, and the headlines that they were computed from.
    /// </summary>
    public NewsReport Report(Instant now)
    {
        var stories = _stories
            .Values.Where(story => story.Headline.PublishedAt > now - Window && story.Headline.PublishedAt <= now)
            .OrderByDescending(story => story.Headline.PublishedAt)
            .ThenBy(story => story.Headline.Title, StringComparer.Ordinal)
            .ToList();
        var shares = stories.ConvertAll(_ => new Dictionary<string, double>());
        var verdicts = bases.Prepend(null).Select(name => Judge(name, stories, shares, now)).ToList();
        return new(now, verdicts, [.. stories.Select((story, i) => story.Shown(shares[i]))]);
    }

    private static NewsVerdict Judge(
        string? name,
        List<Story> stories,
        List<Dictionary<string, double>> shares,
        Instant now
    )
    {
        var weights = stories.ConvertAll(story =>
            double.IsNaN(story.Score)
                ? 0
                : WeightOf(story, name) * Math.Pow(0.5, (now - story.Headline.PublishedAt) / HalfLife)
        );
        var (all, opinions) = (weights.Sum(), weights.Count(weight => weight > 0));
        if (opinions < MinOpinions)
            return new(name, double.NaN, opinions);
        var sum = 0.0;
        for (var i = 0; i < stories.Count; i++)
        {
            if (weights[i] == 0)
                continue;
            var share = stories[i].Score * weights[i] / all;
            shares[i][name ?? NewsReport.WholeMarket] = share;
            sum += share;
        }
        return new(name, Math.Clamp(sum, -1, 1), opinions);
    }

    /// <summary>
    /// Returns the weight of a story. For the whole market every headline weighs the same. For a
    /// currency its own headlines weigh double, and those about other currencies nothing.
    /// </summary>
    private static double WeightOf(Story story, string? name) =>
        name is null || story.Mentions.Count == 0 ? 1
        : story.Mentions.Contains(name) ? OwnWeight
        : 0;

    private Story StoryOf(Headline headline)
    {
        var (score, terms) = NewsLexicon.Default.Score(headline.Title);
        var votes = headline.Votes?.Score ?? double.NaN;
        if (!double.IsNaN(votes))
            score = double.IsNaN(score) ? votes : (score + votes) / 2;
        return new(headline, headline.Currencies ?? _names.In(headline.Title), score, terms);
    }

    private static string KeyOf(string title) => string.Join(' ', HeadlineWords.Of(title));

    private static int Order(Headline a, Headline b) =>
        a.PublishedAt != b.PublishedAt
            ? a.PublishedAt.CompareTo(b.PublishedAt)
            : string.CompareOrdinal(a.Outlet, b.Outlet);

    private sealed record Story(
        Headline Headline,
        IReadOnlyList<string> Mentions,
        double Score,
        IReadOnlyList<string> Terms
    )
    {
        public ScoredHeadline Shown(IReadOnlyDictionary<string, double> shares) =>
            new(
                Headline.Title,
                Headline.Outlet,
                Headline.Link,
                Headline.PublishedAt,
                Mentions,
                Score,
                Terms,
                Headline.Votes is { } votes ? new(votes.Positive, votes.Negative) : null,
                shares
            );
    }
}
