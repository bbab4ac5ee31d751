using System.Text.Json;
using System.Text.RegularExpressions;

namespace Remora.Notify.Channels;

/// <summary>
/// Sends messages to an incoming webhook of Slack
/// (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks). The webhook
/// determines the channel.
/// </summary>
internal sealed partial class SlackNotifier : INotifier
{
    private const int LongestText = 4000;
    private readonly JsonPost _post;

    private SlackNotifier(Uri server, TimeSpan timeout, IReadOnlyList<string> tokens) =>
        _post = new(new(server, "/services/" + string.Join('/', tokens)), timeout, tokens);

    public static NotifierKind Kind { get; } =
        new("slack", ["slack"], "slack://TOKEN_A/TOKEN_B/TOKEN_C (of https://hooks.slack.com/services/…)", [], Read);

    public Task<Delivery> SendAsync(Message message, CancellationToken cancellation)
    {
        // Slack reads these three characters as its markup.
        var text = message.ToText(LongestText).Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;");
        return _post.SendAsync(
            JsonSerializer.SerializeToUtf8Bytes(
                new SlackMessage(text, UnfurlLinks: false),
                NotifyJson.Shared.SlackMessage
            ),
            cancellation
        );
    }

    public void Dispose() => _post.Dispose();

    private static List<Func<NotifierOptions, INotifier>>? Read(NotifierUrl url)
    {
        // Apprise allows a bot's name before the tokens; an incoming webhook has its own.
        string[] tokens = [url.Host, .. url.Path];
        return url.Password is null && tokens.Length == 3 && tokens.All(Token().IsMatch)
            ? [options => new SlackNotifier(options.Slack, options.Timeout, tokens)]
            : null;
    }

    [GeneratedRegex("^[A-Za-z0-9]{6,40}$", RegexOptions.None, 1000)]
    private static partial Regex Token();
}

internal sealed record SlackMessage(string Text, bool UnfurlLinks);
