using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Remora.Notify.Channels;

/// <summary>
/// Publishes messages to a topic of ntfy (https://docs.ntfy.sh/publish/#publish-as-json), on the
/// public server or an own one. Who knows a topic can read it, so a topic is a secret.
/// </summary>
internal sealed partial class NtfyNotifier : INotifier
{
    private const int LongestTitle = 250;
    private const int LongestText = 3500; // the server makes a file of more than 4096 bytes
    private const int High = 4;
    private const int Default = 3;
    private readonly JsonPost _post;
    private readonly string _topic;

    private NtfyNotifier(Uri server, TimeSpan timeout, string topic, NotifierUrl url)
    {
        _topic = topic;
        _post = new(server, timeout, topic, url.User ?? "", url.Password ?? "")
        {
            ErrorField = "error",
            Authorization =
                (url.User, url.Password) is ({ } user, { } password)
                    ? new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")))
                : url.User is { } token ? new("Bearer", token)
                : null,
        };
    }

    public static NotifierKind Kind { get; } =
        new(
            "ntfy",
            ["ntfy", "ntfys"],
            "ntfy://TOPIC, ntfys://[USER:PASSWORD@ or ACCESS_TOKEN@]HOST[:PORT]/TOPIC (ntfy:// for a host without TLS)",
            [],
            Read
        );

    public Task<Delivery> SendAsync(Message message, CancellationToken cancellation)
    {
        var body = new NtfyMessage(
            _topic,
            Message.Shortened(message.Title, LongestTitle),
            Shortened(message.Text),
            message.IsUrgent ? High : Default,
            message.Link?.AbsoluteUri
        );
        return _post.SendAsync(JsonSerializer.SerializeToUtf8Bytes(body, NotifyJson.Shared.NtfyMessage), cancellation);
    }

    public void Dispose() => _post.Dispose();

    /// <summary>Returns a text of at most <see cref="LongestText"/> bytes.</summary>
    private static string Shortened(string text)
    {
        for (var length = Math.Min(text.Length, LongestText); ; length -= 100)
        {
            var part = Message.Shortened(text, length);
            if (Encoding.UTF8.GetByteCount(part) <= LongestText)
                return part;
        }
    }

    private static List<Func<NotifierOptions, INotifier>>? Read(NotifierUrl url)
    {
        if (url.Path.Count == 0)
        {
            return Topic().IsMatch(url.Host)
                ? [options => new NtfyNotifier(options.Ntfy, options.Timeout, url.Host, url)]
                : null;
        }
        var scheme = url.Scheme == "ntfys" ? "https" : "http";
        if (
            url.Path is not [var topic]
            || !Topic().IsMatch(topic)
            || url.Host.Length == 0
            || !Uri.TryCreate($"{scheme}://{url.Host}/", UriKind.Absolute, out var server)
        )
            return null;
        if (url.User is not null && scheme == "http" && !server.IsLoopback)
            throw new FormatException("ntfy: credentials are only sent with TLS: use ntfys://");
        return [options => new NtfyNotifier(server, options.Timeout, topic, url)];
    }

    [GeneratedRegex("^[A-Za-z0-9_-]{1,64}$", RegexOptions.None, 1000)]
    private static partial Regex Topic();
}

internal sealed record NtfyMessage(
    string Topic,
    string Title,
    string Message,
    int Priority,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Click
);
