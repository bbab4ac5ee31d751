using System.Text;
using Remora.Feeds.News;
using Remora.Feeds.Tests.Http;
using Remora.Markets;

namespace Remora.Feeds.Tests.News;

/// <summary>The sentiment of a day of headlines.</summary>
public sealed class NewsBookTests
{
    private static readonly Instant Now = SourceRig.Recorded;

    private static Headline Titled(string title, double hoursAgo = 1, string outlet = "paper") =>
        new(outlet, title, null, Now - TimeSpan.FromHours(hoursAgo));

    private static NewsReport Report(params IEnumerable<Headline> headlines)
    {
        var book = new NewsBook(["BTC", "SOL"]);
        foreach (var headline in headlines)
            book.Add(headline);
        book.RemoveExpired(Now);
        return book.Report(Now);
    }

    private static IEnumerable<Headline> Bad(int count) =>
        Enumerable.Range(0, count).Select(i => Titled($"Market crashes on day {i}"));

    [Fact]
    public void Few_headlines_are_no_verdict_rather_than_zero()
    {
        Assert.All(Report(Bad(4)).Verdicts, verdict => Assert.True(double.IsNaN(verdict.Sentiment)));
        Assert.All(Report(Bad(5)).Verdicts, verdict => Assert.InRange(verdict.Sentiment, -1, -0.5));
        Assert.All(Report().Verdicts, verdict => Assert.Equal(0, verdict.Opinions));
    }

    [Fact]
    public void Headlines_that_say_nothing_neither_count_nor_dilute()
    {
        var alone = Report(Bad(5)).Verdicts[0];
        Assert.Equal(
            alone,
            Report([.. Bad(5), .. Enumerable.Range(0, 50).Select(i => Titled($"Interview number {i}"))]).Verdicts[0]
        );
    }

    [Fact]
    public void A_story_of_several_outlets_counts_once_and_the_first_is_named()
    {
        var report = Report([
            .. Bad(5),
            Titled("Bitcoin: plunges!", 3, "second"),
            Titled("BITCOIN plunges", 4, "first"),
            Titled("bitcoin plunges", 4, "later in the alphabet"),
        ]);
        Assert.Equal(6, report.Verdicts[0].Opinions);
        Assert.Equal("first", report.Headlines.Single(headline => headline.Mentions.Contains("BTC")).Outlet);
    }

    [Fact]
    public void A_currency_is_judged_by_its_own_news_and_by_what_names_none()
    {
        var report = Report([
            .. Bad(5),
            .. Enumerable.Range(0, 5).Select(i => Titled($"Solana rallies again, part {i}")),
        ]);
        Assert.Equal(10, report.Verdicts.Single(verdict => verdict.Base is null).Opinions);
        Assert.Equal(5, report.Verdicts.Single(verdict => verdict.Base == "BTC").Opinions);
        Assert.InRange(report.Verdicts.Single(verdict => verdict.Base == "BTC").Sentiment, -1, -0.5);
        Assert.InRange(report.Verdicts.Single(verdict => verdict.Base == "SOL").Sentiment, 0, 1);
    }

    [Fact]
    public void The_contributions_are_the_sentiment()
    {
        var report = Report([
            .. Bad(4),
            Titled("Bitcoin rallies", 5),
            Titled("Solana is approved", 20),
            Titled("Ether falls", 0),
        ]);
        foreach (var verdict in report.Verdicts)
        {
            var shares = report.Headlines.Select(headline =>
                headline.Contributions.GetValueOrDefault(verdict.Base ?? NewsReport.WholeMarket)
            );
            Assert.Equal(verdict.Sentiment, shares.Sum(), 12);
        }
    }

    [Fact]
    public void The_fresh_weigh_more_and_yesterday_is_forgotten()
    {
        IEnumerable<Headline> Mixed(double bad, double good) =>
            [
                .. Enumerable.Range(0, 3).Select(i => Titled($"crash {i}", bad)),
                .. Enumerable.Range(0, 3).Select(i => Titled($"rally {i}", good)),
            ];
        Assert.True(Report(Mixed(1, 12)).Verdicts[0].Sentiment < Report(Mixed(12, 1)).Verdicts[0].Sentiment);
        Assert.Empty(
            Report(Bad(9).Select(headline => headline with { PublishedAt = Now - TimeSpan.FromHours(24) })).Headlines
        );
    }

    [Fact]
    public void Votes_count_where_there_are_some_and_speak_for_a_title_that_says_nothing()
    {
        var page = NewsSources
            .With(new() { CryptoPanic = Keys.SomeKey.Of("cryptopanic") })[^1]
            .Read(Encoding.UTF8.GetBytes(SourceRig.Fixture("cryptopanic-posts.json")), Now);
        Assert.Equal(
            [
                ["SOL"],
                null,
                null,
            ],
            page.Headlines.Select(headline => headline.Currencies)
        );
        var scores = Report(page.Headlines).Headlines.Select(headline => headline.Score).ToList();
        Assert.Equal((NewsLexicon.Default.Score("Solana outage halts trading").Score - 0.75) / 2, scores[0]);
        Assert.Equal(0.75, scores[1]);
        Assert.True(double.IsNaN(scores[2]));
    }

    /// <summary>
    /// Any order of headlines, with repetitions, gives the same report to the last bit.
    /// </summary>
    [Fact]
    public void Order_makes_no_difference()
    {
        var words = new[] { "Bitcoin", "Solana", "rallies", "crashes", "not", "sharply", "meets", "a", "hack" };
        var dice = new Random(7);
        for (var round = 0; round < 100; round++)
        {
            var headlines = Enumerable
                .Range(0, 40)
                .Select(_ => Titled(string.Join(' ', dice.GetItems(words, 4)), dice.Next(30), $"paper{dice.Next(3)}"))
                .ToList();
            var first = Report(headlines);
            dice.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(headlines));
            var second = Report([.. headlines, .. headlines]);
            Assert.Equal(first.Verdicts, second.Verdicts);
            Assert.Equal(
                first.Headlines.Select(headline => (headline.Title, headline.Outlet, headline.Score)),
                second.Headlines.Select(headline => (headline.Title, headline.Outlet, headline.Score))
            );
            Assert.All(
                first.Verdicts,
                verdict => Assert.True(double.IsNaN(verdict.Sentiment) || verdict.Sentiment is >= -1 and <= 1)
            );
        }
    }
}
