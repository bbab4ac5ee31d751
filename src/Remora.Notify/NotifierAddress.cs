using System.Text.RegularExpressions;
using Remora.Notify.Channels;

namespace Remora.Notify;

/// <summary>
/// Where messages are sent: a URL as Apprise reads them, such as <c>tgram://TOKEN/CHAT</c>. It
/// contains secrets, so nothing but the kind can be read from it.
/// </summary>
public sealed partial class NotifierAddress
{
    private const int MostAddresses = 20;
    private const int LongestUrl = 2000;

    private static readonly NotifierKind[] Kinds =
    [
        TelegramNotifier.Kind,
        DiscordNotifier.Kind,
        SlackNotifier.Kind,
        NtfyNotifier.Kind,
        EmailNotifier.Kind,
    ];

    private readonly Func<NotifierOptions, INotifier> _open;

    private NotifierAddress(string kind, Func<NotifierOptions, INotifier> open) => (Kind, _open) = (kind, open);

    /// <summary>The kind: <c>telegram</c>, <c>discord</c>, <c>slack</c>, <c>ntfy</c> or
    /// <c>email</c>.</summary>
    public string Kind { get; }

    /// <summary>The forms of all URLs, as text that can follow "expected".</summary>
    public static string Allowed { get; } = string.Join(", ", Kinds.Select(kind => kind.Form));

    /// <summary>Creates the notifier. The caller disposes it.</summary>
    public INotifier Open(NotifierOptions options) => _open(options);

    /// <summary>
    /// Parses URLs that are separated by white space, or by a comma before the next URL.
    /// </summary>
    /// <param name="text">The URLs. A Telegram URL with several chats is several addresses.</param>
    /// <param name="origin">The name of the variable or argument, for errors.</param>
    /// <exception cref="FormatException">
    /// A URL is invalid. The message names its position and what is allowed, not its content.
    /// </exception>
    public static IReadOnlyList<NotifierAddress> Parse(string text, string origin)
    {
        var urls = Separator().Split(text.Trim()).Where(url => url.Length > 0).ToList();
        var addresses = new List<NotifierAddress>();
        foreach (var (i, url) in urls.Index())
        {
            var where = urls.Count == 1 ? origin : $"{origin}, URL {i + 1}";
            try
            {
                addresses.AddRange(ParseOne(url));
            }
            catch (FormatException e)
            {
                throw new FormatException($"{where}: {e.Message}", e);
            }
        }
        return addresses.Count <= MostAddresses
            ? addresses
            : throw new FormatException($"{origin}: {addresses.Count} receivers: expected at most {MostAddresses}");
    }

    /// <summary>Returns the kind, which contains no secret.</summary>
    public override string ToString() => Kind;

    private static IEnumerable<NotifierAddress> ParseOne(string text)
    {
        if (text.Length > LongestUrl)
            throw new FormatException($"{text.Length} characters: expected at most {LongestUrl}");
        if (NotifierUrl.Parse(text) is not { } url)
            throw new FormatException($"this is not a URL: expected {Allowed}");
        if (Kinds.FirstOrDefault(kind => kind.Schemes.Contains(url.Scheme)) is not { } kind)
            throw new FormatException($"the scheme '{url.Scheme}' is unknown: expected {Allowed}");
        var unknown = url.Query.Keys.Except(kind.Parameters).Order(StringComparer.Ordinal).FirstOrDefault();
        if (unknown is not null)
            throw new FormatException(
                $"{kind.Name}: the parameter '{Message.Shortened(unknown, 20)}' is unknown: expected "
                    + (kind.Parameters.Count == 0 ? "none" : string.Join(", ", kind.Parameters))
            );
        var open = kind.Read(url) ?? throw new FormatException($"{kind.Name}: expected {kind.Form}");
        return open.Select(one => new NotifierAddress(kind.Name, one));
    }

    [GeneratedRegex(@"\s+|,+(?=\s*[A-Za-z]+://)", RegexOptions.None, 1000)]
    private static partial Regex Separator();
}

/// <summary>A kind of notifier. Its file declares it.</summary>
/// <param name="Name">The name.</param>
/// <param name="Schemes">The schemes of its URLs.</param>
/// <param name="Form">The form of its URLs, for errors.</param>
/// <param name="Parameters">The allowed parameters of the query.</param>
/// <param name="Read">
/// Returns what creates the notifier of each receiver; null if the URL does not have the form.
/// Throws <see cref="FormatException"/> if more can be said about it.
/// </param>
internal sealed record NotifierKind(
    string Name,
    IReadOnlyList<string> Schemes,
    string Form,
    IReadOnlyList<string> Parameters,
    Func<NotifierUrl, IReadOnlyList<Func<NotifierOptions, INotifier>>?> Read
);
