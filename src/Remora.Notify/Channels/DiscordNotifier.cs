using System.Text.Json;
using System.Text.RegularExpressions;

namespace Remora.Notify.Channels;

/// <summary>
/// Sends messages to a webhook of a Discord channel
/// (https://discord.com/developers/docs/resources/webhook#execute-webhook).
/// </summary>
internal sealed partial class DiscordNotifier : INotifier
{
    private const int LongestText = 2000;
    private const int SuppressEmbeds = 1 << 2; // no preview of the link
    private const int SuppressNotifications = 1 << 12;
    private readonly JsonPost _post;

    private DiscordNotifier(Uri server, TimeSpan timeout, string id, string token) =>
        _post = new(new(server, $"/api/webhooks/{id}/{token}"), timeout, token) { ErrorField = "message" };

    public static NotifierKind Kind { get; } =
        new("discord", ["discord"], "discord://WEBHOOK_ID/WEBHOOK_TOKEN", [], Read);

    public Task<Delivery> SendAsync(Message message, CancellationToken cancellation)
    {
        var flags = SuppressEmbeds | (message.IsUrgent ? 0 : SuppressNotifications);
        // Without mentions, no text can notify everyone in the channel.
        var body = new DiscordMessage(message.ToText(LongestText), flags, new([]));
        return _post.SendAsync(
            JsonSerializer.SerializeToUtf8Bytes(body, NotifyJson.Shared.DiscordMessage),
            cancellation
        );
    }

    public void Dispose() => _post.Dispose();

    private static List<Func<NotifierOptions, INotifier>>? Read(NotifierUrl url) =>
        url.User is null && Id().IsMatch(url.Host) && url.Path is [var token] && Token().IsMatch(token)
            ? [options => new DiscordNotifier(options.Discord, options.Timeout, url.Host, token)]
            : null;

    [GeneratedRegex("^[0-9]{1,20}$", RegexOptions.None, 1000)]
    private static partial Regex Id();

    [GeneratedRegex("^[A-Za-z0-9_-]{20,100}$", RegexOptions.None, 1000)]
    private static partial Regex Token();
}

internal sealed record DiscordMessage(string Content, int Flags, DiscordMentions AllowedMentions);

internal sealed record DiscordMentions(IReadOnlyList<string> Parse);
