using Remora.Markets;

namespace Remora.Feeds.News;

/// <summary>
/// The headlines of the last day and what they come to. A story that several outlets tell in the same words counts once. A verdict is the mean of the headlines
/// that say anything, each weighed by its age; too few of them are no verdict. The order in which headlines came makes no difference.
/// </summary>
internal sealed class NewsBook(IReadOnlyList<string> bases)
{
    /// <summary>How long a headline counts.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromHours(24);

    /// <summary>After this it counts half.</summary>
    public static readonly TimeSpan HalfLife = TimeSpan.FromHours(6);

    /// <summary>So many headlines must say something.</summary>
    public const int LeastOpinions = 5;

    private const double OwnWeight = 2; // a currency's own news against news that names no currency
    private const int MostStories = 2_000;
    private readonly CurrencyNames _names = CurrencyNames.With(bases);
    private readonly Dictionary<string, Story> _stories = [];

    /// <summary>Takes a headline. Of the same words from several outlets the first published stays, with the votes of whoever has them.</summary>
    public void Add(Headline headline)
    {
        var key = KeyOf(headline.Title);
        if (key.Length == 0) return;
        if (_stories.TryGetValue(key, out var known))
        {
            var (first, second) = Order(known.Headline, headline) <= 0 ? (known.Headline, headline) : (headline, known.Headline);
            headline = first with { Votes = headline.Votes ?? known.Headline.Votes, Currencies = first.Currencies ?? second.Currencies };
            if (headline == known.Headline) return;
        }
        _stories[key] = StoryOf(headline);
    }

    /// <summary>Forgets what no longer counts.</summary>
    public void Forget(Instant now)
    {
        foreach (var (key, story) in _stories)
            if (story.Headline.PublishedAt <= now - Window) _stories.Remove(key);
        foreach (var (key, _) in _stories.OrderByDescending(entry => entry.Value.Headline.PublishedAt).Skip(MostStories).ToList()) _stories.Remove(key);
    }

    /// <summary>What is known at a moment: the whole market's verdict first, then that of each base currency, and the headlines they were made of.</summary>
    public NewsReport Report(Instant now)
    {
        var stories = _stories.Values.Where(story => story.Headline.PublishedAt > now - Window && story.Headline.PublishedAt <= now)
            .OrderByDescending(story => story.Headline.PublishedAt).ThenBy(story => story.Headline.Title, StringComparer.Ordinal).ToList();
        var shares = stories.ConvertAll(_ => new Dictionary<string, double>());
        var verdicts = bases.Prepend(null).Select(name => Judge(name, stories, shares, now)).ToList();
        return new(now, verdicts, [.. stories.Select((story, i) => story.Shown(shares[i]))]);
    }

    private static NewsVerdict Judge(string? name, List<Story> stories, List<Dictionary<string, double>> shares, Instant now)
    {
        var weights = stories.ConvertAll(story => double.IsNaN(story.Score) ? 0 : WeightOf(story, name) * Math.Pow(0.5, (now - story.Headline.PublishedAt) / HalfLife));
        var (all, opinions) = (weights.Sum(), weights.Count(weight => weight > 0));
        if (opinions < LeastOpinions) return new(name, double.NaN, opinions);
        var sum = 0.0;
        for (var i = 0; i < stories.Count; i++)
        {
            if (weights[i] == 0) continue;
            var share = stories[i].Score * weights[i] / all;
            shares[i][name ?? NewsReport.WholeMarket] = share;
            sum += share;
        }
        return new(name, Math.Clamp(sum, -1, 1), opinions);
    }

    /// <summary>For the whole market every headline weighs the same; for a currency its own weigh double, those about others nothing.</summary>
    private static double WeightOf(Story story, string? name) => name is null || story.Mentions.Count == 0 ? 1 : story.Mentions.Contains(name) ? OwnWeight : 0;

    private Story StoryOf(Headline headline)
    {
        var (score, terms) = NewsLexicon.Default.Score(headline.Title);
        var votes = headline.Votes?.Score ?? double.NaN;
        if (!double.IsNaN(votes)) score = double.IsNaN(score) ? votes : (score + votes) / 2;
        return new(headline, headline.Currencies ?? _names.In(headline.Title), score, terms);
    }

    private static string KeyOf(string title) => string.Join(' ', HeadlineWords.Of(title));

    private static int Order(Headline a, Headline b) =>
        a.PublishedAt != b.PublishedAt ? a.PublishedAt.CompareTo(b.PublishedAt) : string.CompareOrdinal(a.Outlet, b.Outlet);

    private sealed record Story(Headline Headline, IReadOnlyList<string> Mentions, double Score, IReadOnlyList<string> Terms)
    {
        public ScoredHeadline Shown(IReadOnlyDictionary<string, double> shares) =>
            new(Headline.Title, Headline.Outlet, Headline.Link, Headline.PublishedAt, Mentions, Score, Terms, Headline.Votes is { } votes ? new(votes.Positive, votes.Negative) : null, shares);
    }
}
