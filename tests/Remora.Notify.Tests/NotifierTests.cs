using System.Text.RegularExpressions;

namespace Remora.Notify.Tests;

/// <summary>Telegram's Bot API, with the answers of its documentation.</summary>
public sealed class TelegramNotifierTests : NotifierContract
{
    private const string Token = "123456789:AAExampleExampleExampleExample_-12";

    private protected override Task<StandIn> StartAsync() =>
        HttpStandIn.StartAsync(
            new()
            {
                [Mood.Accepts] = (
                    200,
                    """{"ok":true,"result":{"message_id":42,"chat":{"id":-1001,"type":"channel"},"date":1767225600}}"""
                ),
                [Mood.Fails] = (
                    429,
                    """
                    {"ok":false,"error_code":429,"description":"Too Many Requests: retry after 5",
                    "parameters":{"retry_after":5}}
                    """
                ),
                [Mood.Refuses] = (
                    400,
                    $$"""{"ok":false,"error_code":400,"description":"Bad Request: chat not found {{Token}}"}"""
                ),
            },
            _ => $"tgram://{Token}/-1001234567890/",
            (url, options) => options with { Telegram = url },
            Token
        );

    private protected override (string Block, string AllClear) Recorded(string url) =>
        (
            $"POST /bot{Token}/sendMessage application/json\n"
                + """{"chat_id":"-1001234567890","text":"Entries blocked: BTC/USDT\nEntries in BTC/USDT are blocked: """
                + """Risk is extreme at 0.90 & <rising>.\nhttp://127.0.0.1:8000/#/history?pair=BTC/USD"""
                + """T","disable_notification":false,"link_preview_options":{"is_disabled":true}}""",
            $"POST /bot{Token}/sendMessage application/json\n"
                + """{"chat_id":"-1001234567890","text":"Entries allowed again: BTC/USDT\nEntries in BTC/USDT are """
                + """allowed again.","disable_notification":true,"link_preview_options":{"is_disabled":true}}"""
        );
}

/// <summary>A webhook of Discord, with the answers of its documentation.</summary>
public sealed class DiscordNotifierTests : NotifierContract
{
    private const string Token = "aBcDeFgHiJkLmNoPqRsTuVwXyZ-0123456789_abcdefghijklmnopqrstuvwxyz0123";

    private protected override Task<StandIn> StartAsync() =>
        HttpStandIn.StartAsync(
            new()
            {
                [Mood.Accepts] = (204, ""),
                [Mood.Fails] = (429, """{"message":"You are being rate limited.","retry_after":0.65,"global":false}"""),
                [Mood.Refuses] = (404, """{"message": "Unknown Webhook", "code": 10015}"""),
            },
            _ => $"discord://175928847299117063/{Token}",
            (url, options) => options with { Discord = url },
            Token
        );

    private protected override (string Block, string AllClear) Recorded(string url) =>
        (
            $"POST /api/webhooks/175928847299117063/{Token} application/json\n"
                + """{"content":"Entries blocked: BTC/USDT\nEntries in BTC/USDT are blocked: Risk is """
                + """extreme at 0.90 & <rising>.\nhttp://127.0.0.1:8000/#/history?pair=BTC/USDT","flags":4,"""
                + "\"allowed_mentions\":{\"parse\":[]}}",
            $"POST /api/webhooks/175928847299117063/{Token} application/json\n"
                + """{"content":"Entries allowed again: BTC/USDT\nEntries in BTC/USDT are allowed again.","flags":41"""
                + """00,"allowed_mentions":{"parse":[]}}"""
        );
}

/// <summary>An incoming webhook of Slack, with the answers of its documentation.</summary>
public sealed class SlackNotifierTests : NotifierContract
{
    private protected override Task<StandIn> StartAsync() =>
        HttpStandIn.StartAsync(
            new()
            {
                [Mood.Accepts] = (200, "ok"),
                [Mood.Fails] = (503, "service_unavailable"),
                [Mood.Refuses] = (404, "no_service for XXXXXXXXXXXXXXXXXXXXXXXX"),
            },
            _ => "slack://T1JJ3T3L2/A1BRTD4JD/XXXXXXXXXXXXXXXXXXXXXXXX",
            (url, options) => options with { Slack = url },
            "XXXXXXXXXXXXXXXXXXXXXXXX",
            "A1BRTD4JD"
        );

    private protected override (string Block, string AllClear) Recorded(string url) =>
        (
            "POST /services/T1JJ3T3L2/A1BRTD4JD/XXXXXXXXXXXXXXXXXXXXXXXX application/json\n"
                + """{"text":"Entries blocked: BTC/USDT\nEntries in BTC/USDT are blocked: Risk is """
                + """extreme at 0.90 &amp; &lt;rising&gt;.\nhttp://127.0.0.1:8000/#/history?pair=BTC/USDT","unfurl_"""
                + """links":false}""",
            "POST /services/T1JJ3T3L2/A1BRTD4JD/XXXXXXXXXXXXXXXXXXXXXXXX application/json\n"
                + """{"text":"Entries allowed again: BTC/USDT\nEntries in BTC/USDT are allowed again"""
                + """.","unfurl_links":false}"""
        );
}

/// <summary>An own server of ntfy with a user, with the answers of its documentation.</summary>
public sealed class NtfyNotifierTests : NotifierContract
{
    private protected override Task<StandIn> StartAsync() =>
        HttpStandIn.StartAsync(
            new()
            {
                [Mood.Accepts] = (
                    200,
                    """{"id":"hwQ2YpKdmg","time":1767225600,"event":"message","topic":"s3cretTopic"}"""
                ),
                [Mood.Fails] = (
                    429,
                    """
                    {"code":42908,"http":429,"error":"limit reached: daily message quota reached",
                    "link":"https://ntfy.sh/docs"}
                    """
                ),
                [Mood.Refuses] = (
                    403,
                    """{"code":40301,"http":403,"error":"forbidden: s3cretTopic","link":"https://ntfy.sh/docs"}"""
                ),
            },
            url => $"ntfy://phil:p4ssw0rd@{url.Authority}/s3cretTopic",
            (_, options) => options,
            "s3cretTopic",
            "p4ssw0rd",
            "phil"
        );

    private protected override (string Block, string AllClear) Recorded(string url) =>
        (
            "POST / application/json Basic cGhpbDpwNHNzdzByZA==\n"
                + """{"topic":"s3cretTopic","title":"Entries blocked: BTC/USDT","message":"Entries in BTC/USDT are """
                + """blocked: Risk is extreme at 0.90 & <rising>.","priority":"""
                + """4,"click":"http://127.0.0.1:8000/#/history?pair=BTC/USDT"}""",
            "POST / application/json Basic cGhpbDpwNHNzdzByZA==\n"
                + """{"topic":"s3cretTopic","title":"Entries allowed again: BTC/USDT","message":"Entries in BTC/USDT """
                + """are allowed again.","priority":3}"""
        );
}

/// <summary>A mail server, by RFC 5321.</summary>
public sealed partial class EmailNotifierTests : NotifierContract
{
    private protected override Task<StandIn> StartAsync() => Task.FromResult<StandIn>(new SmtpStandIn());

    private protected override (string Block, string AllClear) Recorded(string url) =>
        (
            Session(
                "Entries blocked: BTC/USDT",
                "Entries in BTC/USDT are blocked: Risk is extreme at 0.90 & <rising>.\n\n"
                    + "http://127.0.0.1:8000/#/history?pair=BTC/USDT"
            ),
            Session("Entries allowed again: BTC/USDT", "Entries in BTC/USDT are allowed again.")
        );

    private protected override string Stable(string attempt) =>
        Changing().Replace(attempt, "${name}…").Replace("\r", "");

    private static string Session(string subject, string text) =>
        "EHLO …\nAUTH PLAIN AHJlbW9yYQBwNHNzdzByZA==\nMAIL FROM:<remora@example.org>\nRCPT TO:<you@example.org>\n"
        + $"DATA\nFrom: Remora <remora@example.org>\nDate: …\nSubject: {subject}\nMessage-Id: …\n"
        + "To: you@example.org\n"
        + $"Auto-Submitted: auto-generated\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n{text}\n";

    [Fact]
    public async Task A_password_is_not_sent_without_tls()
    {
        await using var service = new SmtpStandIn(parameters: "mode=starttls");
        using var notifier = NotifierAddress.Parse(service.Url, "test")[0].Open(service.Options);
        var outcome = await notifier.SendAsync(Message.Test, TestContext.Current.CancellationToken);
        Assert.True(outcome is { IsAccepted: false, CanRetry: false }, outcome.Detail);
        Assert.Contains("TLS", outcome.Detail);
        Assert.DoesNotContain(service.Attempts, attempt => attempt.Contains("AUTH") || attempt.Contains("MAIL"));
    }

    [Fact]
    public async Task A_wrong_password_is_a_refusal()
    {
        await using var service = new SmtpStandIn { AcceptsPassword = false };
        using var notifier = NotifierAddress.Parse(service.Url, "test")[0].Open(service.Options);
        var outcome = await notifier.SendAsync(Message.Test, TestContext.Current.CancellationToken);
        Assert.Equal(Delivery.Refused("the mail server refused user and password"), outcome);
        Assert.Empty(service.Taken);
    }

    [GeneratedRegex(
        "^(?<name>EHLO |Date: |Message-Id: ).*$",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex Changing();
}
