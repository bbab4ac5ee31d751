using System.Text.Json;
using Remora.Feeds.Http;
using Remora.Feeds.Keys;
using Remora.Markets;

namespace Remora.Feeds.News;

/// <summary>
/// CryptoPanic's posts, which require a key: headlines of other outlets, with their currencies and
/// the votes of its readers.
/// </summary>
internal static class CryptoPanic
{
    private const string Name = "cryptopanic";
    private static readonly TimeSpan ClockError = TimeSpan.FromMinutes(10);

    /// <summary>Returns the source, requested with a key.</summary>
    public static NewsSource Source(SourceKey key) =>
        new(Name, new("https://cryptopanic.com/api/developer/v2/posts/?public=true&kind=news&regions=en"), Read)
        {
            Credential = Credential.InQuery("auth_token", key),
        };

    private static NewsPage Read(byte[] body, Instant now)
    {
        var posts = JsonElement.Parse(body).GetList("results");
        var (headlines, refused) = (new List<Headline>(), 0);
        foreach (var post in posts.EnumerateArray())
        {
            if (HeadlineOf(post, now) is { } headline)
                headlines.Add(headline);
            else
                refused++;
        }
        return headlines.Count > 0 || refused == 0
            ? new(headlines, refused)
            : throw new FormatException($"none of {refused} posts has a valid title and date");
    }

    private static Headline? HeadlineOf(JsonElement post, Instant now)
    {
        var title = PlainText.Title(Text(post, "title") ?? "");
        if (title.Length == 0 || !FeedDate.TryParse(Text(post, "published_at"), out var at) || at > now + ClockError)
            return null;
        return new(Name, title, PlainText.Link(Text(post, "original_url") ?? Text(post, "url")), at > now ? now : at)
        {
            Currencies = CurrenciesOf(post),
            Votes = VotesOf(post),
        };
    }

    /// <summary>
    /// Returns the currencies of a post; null if the plan does not include them. Then the title
    /// determines them.
    /// </summary>
    private static string[]? CurrenciesOf(JsonElement post)
    {
        if (!post.TryGetProperty("instruments", out var list) && !post.TryGetProperty("currencies", out list))
            return null;
        if (list.ValueKind != JsonValueKind.Array)
            return null;
        return
        [
            .. list.EnumerateArray()
                .Select(item => Text(item, "code"))
                .Where(code => code is { Length: > 0 and <= 20 })
                .Select(code => code!.ToUpperInvariant())
                .Distinct()
                .Take(20),
        ];
    }

    private static Votes? VotesOf(JsonElement post)
    {
        if (!post.TryGetProperty("votes", out var votes) || votes.ValueKind != JsonValueKind.Object)
            return null;
        return Count(votes, "positive") is { } positive && Count(votes, "negative") is { } negative
            ? new(positive, negative)
            : null;
    }

    private static int? Count(JsonElement votes, string name) =>
        votes.TryGetProperty(name, out var field)
        && field.ValueKind == JsonValueKind.Number
        && field.TryGetInt32(out var count)
        && count is >= 0 and <= 1_000_000
            ? count
            : null;

    private static string? Text(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object
        && parent.TryGetProperty(name, out var field)
        && field.ValueKind == JsonValueKind.String
            ? field.GetString()
            : null;
}
