using Remora.Feeds.Keys;
using Remora.Markets;

namespace Remora.Feeds.News;

/// <summary>A source of headlines.</summary>
/// <param name="Name">The outlet, for example <c>coindesk</c>.</param>
/// <param name="Url">The URL to request.</param>
/// <param name="Read">Returns the headlines of a response at a moment. Throws a
/// <see cref="FormatException"/> that names what is wrong with the response.</param>
internal sealed record NewsSource(string Name, Uri Url, Func<byte[], Instant, NewsPage> Read)
{
    /// <summary>The key that requests carry; null for sources without keys.</summary>
    public Credential? Credential { get; init; }
}

/// <summary>All sources of headlines.</summary>
internal static class NewsSources
{
    /// <summary>The public feeds of newspapers, one line each.</summary>
    public static IReadOnlyList<NewsSource> Public { get; } =
    [
        Outlet("coindesk", "https://www.coindesk.com/arc/outboundfeeds/rss/"),
        Outlet("cointelegraph", "https://cointelegraph.com/rss"),
        Outlet("decrypt", "https://decrypt.co/feed"),
        Outlet("theblock", "https://www.theblock.co/rss.xml"),
        Outlet("bitcoinmagazine", "https://bitcoinmagazine.com/feed"),
    ];

    /// <summary>Returns the public feeds, and the sources for which there is a key.</summary>
    public static IReadOnlyList<NewsSource> With(SourceKeys keys) =>
        keys.CryptoPanic is { } key ? [.. Public, CryptoPanic.Source(key)] : Public;

    private static NewsSource Outlet(string name, string url) =>
        new(name, new(url), (body, now) => Syndication.Read(body, name, now));
}
