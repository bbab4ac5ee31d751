using Remora.Feeds.Keys;
using Remora.Markets;

namespace Remora.Feeds.News;

/// <summary>Where headlines come from.</summary>
/// <param name="Name">The outlet: <c>coindesk</c>.</param>
/// <param name="Url">What to ask.</param>
/// <param name="Read">Gives the headlines of an answer as it is at a moment, or throws <see cref="FormatException"/> with what is wrong with it.</param>
internal sealed record NewsSource(string Name, Uri Url, Func<byte[], Instant, NewsPage> Read)
{
    /// <summary>The key it is asked with; null for those that want none.</summary>
    public Credential? Credential { get; init; }
}

/// <summary>All sources of headlines.</summary>
internal static class NewsSources
{
    /// <summary>The newspapers' public feeds: one line each.</summary>
    public static IReadOnlyList<NewsSource> Public { get; } =
    [
        Outlet("coindesk", "https://www.coindesk.com/arc/outboundfeeds/rss/"),
        Outlet("cointelegraph", "https://cointelegraph.com/rss"),
        Outlet("decrypt", "https://decrypt.co/feed"),
        Outlet("theblock", "https://www.theblock.co/rss.xml"),
        Outlet("bitcoinmagazine", "https://bitcoinmagazine.com/feed"),
    ];

    /// <summary>Those, and what there is a key for.</summary>
    public static IReadOnlyList<NewsSource> With(ApiKeys keys) => keys.CryptoPanic is { } key ? [.. Public, CryptoPanic.Source(key)] : Public;

    private static NewsSource Outlet(string name, string url) => new(name, new(url), (body, now) => Syndication.Read(body, name, now));
}
