using System.Text;
using Remora.Feeds.News;
using Remora.Feeds.Tests.Http;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Feeds.Tests.News;

/// <summary>RSS and Atom from benign and malicious senders.</summary>
public sealed class SyndicationTests
{
    private static readonly Instant Now = SourceRig.Recorded;

    private static NewsPage Read(string text) => Syndication.Read(Encoding.UTF8.GetBytes(text), "paper", Now);

    private static string Rss(string items) => $"<rss version=\"2.0\"><channel><title>x</title>{items}</channel></rss>";

    [Fact]
    public void Rss_is_read_with_its_oddities()
    {
        var page = Read(SourceRig.Fixture("news-rss.xml"));
        Assert.Equal(
            [
                new(
                    "paper",
                    "Bitcoin plunges as exchange's hack spreads",
                    "https://example.org/1",
                    Some.At("2025-03-10T14:30:00Z")
                ),
                new(
                    "paper",
                    "Ethereum rallies 5% & reclaims 3,000 dollars",
                    "https://example.org/2",
                    Some.At("2025-03-10T14:05:00Z")
                ),
                new Headline("paper", "A quiet day", null, Some.At("2025-03-10T12:00:00Z")),
            ],
            page.Headlines
        );
        Assert.Equal(3, page.Refused);
    }

    [Fact]
    public void Atom_is_read_with_its_oddities() =>
        Assert.Equal(
            [
                new(
                    "paper",
                    "Solana surges to a record high",
                    "https://example.org/5",
                    Some.At("2025-03-10T14:30:00Z")
                ),
                new Headline("paper", "Only updated", null, Some.At("2025-03-10T13:00:00.250Z")),
            ],
            Read(SourceRig.Fixture("news-atom.xml")).Headlines
        );

    [Theory]
    [InlineData(
        "<!DOCTYPE lolz [<!ENTITY a \"lol\"><!ENTITY b "
            + "\"&a;&a;&a;&a;\">]><rss><channel><item><title>&b;</title></item></channel></rss>"
    )]
    [InlineData(
        "<!DOCTYPE rss [<!ENTITY x SYSTEM "
            + "\"file:///etc/passwd\">]><rss><channel><item><title>&x;</title></item></channel></rss>"
    )]
    [InlineData("<!DOCTYPE rss SYSTEM \"http://127.0.0.1:1/evil.dtd\"><rss><channel/></rss>")]
    [InlineData("<rss><channel><item><title>&undeclared;</title></item></channel></rss>")]
    [InlineData("<rss><channel><item><title>cut off")]
    [InlineData("<html><body>We will be back soon</body></html>")]
    [InlineData("<?xml version=\"1.0\" encoding=\"nonsense-8\"?><rss/>")]
    [
        InlineData("{\"error\":\"not xml\"}"),
        InlineData("null"),
        InlineData("42"),
        InlineData(""),
        InlineData("\0\u0001\u0002")
    ]
    [InlineData("<rss><channel><item><title>No date</title></item></channel></rss>")]
    public void What_is_no_feed_or_wants_to_do_harm_is_refused(string text) =>
        Assert.Throws<FormatException>(() => Read(text));

    [Fact]
    public void Depth_is_limited_wherever_it_is()
    {
        const int deep = 100_000;
        Assert.Throws<FormatException>(() => Read(Rss(string.Concat(Enumerable.Repeat("<a>", deep)))));
        Assert.Throws<FormatException>(() =>
            Read(Rss("<item><title>" + string.Concat(Enumerable.Repeat("<b>", deep))))
        );
    }

    [Fact]
    public void Long_fields_and_many_items_are_cut()
    {
        var item =
            $"<item><title>{new string('x', 1_000_000)}</title><pubDate>Mon, 10 Mar 2025 14:30:00 GMT</pubDate></item>";
        Assert.InRange(Assert.Single(Read(Rss(item)).Headlines).Title.Length, 1, 300);
        var many = string.Concat(
            Enumerable
                .Range(0, 3_000)
                .Select(i => $"<item><title>t{i}</title><pubDate>Mon, 10 Mar 2025 14:30:00 GMT</pubDate></item>")
        );
        Assert.Equal(500, Read(Rss(many)).Headlines.Count);
    }

    [Fact]
    public void What_a_terminal_or_a_page_would_obey_is_taken_out()
    {
        var page = Read(
            Rss(
                "<item><title>Bitcoin &amp;lt;script&amp;gt;alert(1)&amp;lt;/script&amp;gt; falls\n\n  today "
                    + "&#x202E;&#x9B;31m ETF inflows &lt; 1 "
                    + "billion</title><link>file:///etc/passwd</link><pubDate>Mon, "
                    + "10 Mar 2025 14:30:00 GMT</pubDate></item>"
            )
        );
        var headline = Assert.Single(page.Headlines);
        Assert.Equal("Bitcoin alert(1) falls today 31m ETF inflows < 1 billion", headline.Title);
        Assert.Null(headline.Link);
    }

    /// <summary>
    /// Every prefix and every single damaged byte of a feed gives headlines with valid dates, or a
    /// refusal, and nothing else.
    /// </summary>
    [Fact]
    public void Damage_anywhere_is_a_refusal_or_leaves_plausible_headlines()
    {
        var whole = Encoding.UTF8.GetBytes(SourceRig.Fixture("news-rss.xml"));
        for (var at = 0; at < whole.Length; at++)
        {
            Try(whole[..at]);
            foreach (var wrong in new byte[] { 0, (byte)'<', (byte)'&', 0xFF })
            {
                var damaged = (byte[])whole.Clone();
                damaged[at] = wrong;
                Try(damaged);
            }
        }

        static void Try(byte[] body)
        {
            try
            {
                Assert.All(
                    Syndication.Read(body, "paper", Now).Headlines,
                    headline => Assert.True(headline.PublishedAt <= Now && headline.Title.Length is > 0 and <= 300)
                );
            }
            catch (FormatException)
            {
                // Refused.
            }
        }
    }

    [Theory]
    [
        InlineData("Mon, 10 Mar 2025 14:30:00 +0000", "2025-03-10T14:30:00Z"),
        InlineData("10 Mar 2025 14:30 GMT", "2025-03-10T14:30:00Z"),
        InlineData("Mon, 10 Mar 2025 14:30:00 -0530", "2025-03-10T20:00:00Z")
    ]
    [
        InlineData("Sun, 10 Mar 2025 14:30:00 PDT", "2025-03-10T21:30:00Z"),
        InlineData("2025-03-10T14:30:00+02:00", "2025-03-10T12:30:00Z"),
        InlineData("2025-03-10T14:30:00.5Z", "2025-03-10T14:30:00.500Z")
    ]
    [
        InlineData("yesterday", null),
        InlineData("Mon, 32 Mar 2025 14:30:00 GMT", null),
        InlineData("2025-03-10", null),
        InlineData("10/03/2025 14:30:00 GMT", null),
        InlineData("Mon, 10 Mar 2025 14:30:00 XYZ", null),
        InlineData("", null)
    ]
    public void Dates_are_read_in_the_zones_that_are_seen(string text, string? moment)
    {
        Assert.Equal(moment is not null, FeedDate.TryParse(text, out var read));
        if (moment is not null)
            Assert.Equal(Some.At(moment), read);
    }
}
