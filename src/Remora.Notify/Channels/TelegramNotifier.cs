using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Remora.Notify.Channels;

/// <summary>
/// Sends messages as a Telegram bot: <c>sendMessage</c> of the Bot API
/// (https://core.telegram.org/bots/api#sendmessage), in plain text.
/// </summary>
internal sealed partial class TelegramNotifier : INotifier
{
    private const int LongestText = 4096;
    private readonly JsonPost _post;
    private readonly TelegramMessage _to;

    private TelegramNotifier(Uri server, TimeSpan timeout, string token, TelegramMessage to)
    {
        _to = to;
        _post = new(new(server, $"/bot{token}/sendMessage"), timeout, token) { ErrorField = "description" };
    }

    public static NotifierKind Kind { get; } =
        new("telegram", ["tgram"], "tgram://BOT_TOKEN/CHAT_ID", ["silent", "topic"], Read);

    public Task<Delivery> SendAsync(Message message, CancellationToken cancellation)
    {
        var body = _to with
        {
            Text = message.ToText(LongestText),
            DisableNotification = _to.DisableNotification || !message.IsUrgent,
        };
        return _post.SendAsync(
            JsonSerializer.SerializeToUtf8Bytes(body, NotifyJson.Shared.TelegramMessage),
            cancellation
        );
    }

    public void Dispose() => _post.Dispose();

    private static List<Func<NotifierOptions, INotifier>>? Read(NotifierUrl url)
    {
        long? topic = null;
        if (url.Parameter("topic") is { } text)
        {
            if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                throw new FormatException("telegram: 'topic' is not a number");
            topic = number;
        }
        var silent = url.Parameter("silent") is "yes" or "true" or "1";
        var isValid =
            url.User is null && Token().IsMatch(url.Host) && url.Path.Count > 0 && url.Path.All(Chat().IsMatch);
        return isValid
            ?
            [
                .. url.Path.Select<string, Func<NotifierOptions, INotifier>>(chat =>
                    options => new TelegramNotifier(
                        options.Telegram,
                        options.Timeout,
                        url.Host,
                        new(chat, "", silent, topic, new(IsDisabled: true))
                    )
                ),
            ]
            : null;
    }

    [GeneratedRegex("^[0-9]{1,20}:[A-Za-z0-9_-]{20,100}$", RegexOptions.None, 1000)]
    private static partial Regex Token();

    [GeneratedRegex("^(-?[0-9]{1,20}|@[A-Za-z0-9_]{1,40})$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Chat();
}

internal sealed record TelegramMessage(
    string ChatId,
    string Text,
    bool DisableNotification,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? MessageThreadId,
    TelegramPreview LinkPreviewOptions
);

internal sealed record TelegramPreview(bool IsDisabled);
