using FsCheck;
using FsCheck.Fluent;

namespace Remora.Notify.Tests;

public sealed class NotifierAddressTests
{
    private const string Telegram = "tgram://123456789:AAExampleExampleExampleExample_-12";

    [Theory]
    [InlineData(Telegram + "/-1001", "telegram")]
    [InlineData(Telegram + "/@channel/77?silent=yes&topic=3", "telegram telegram")]
    [InlineData("Discord://123/aBcDeFgHiJkLmNoPqRsTuVwXyZ", "discord")]
    [InlineData("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", "slack")]
    [InlineData("slack://bot@T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", "slack")]
    [InlineData("ntfy://topic", "ntfy")]
    [InlineData("ntfy://tk_abc@localhost:81/topic ntfys://user:p@host/topic", "ntfy ntfy")]
    [InlineData("mailto://user:pass@gmail.com", "email")]
    [InlineData("mailtos://user:p%40ss@example.org:465?to=a@example.org,b@example.org,ntfy://topic", "email ntfy")]
    [InlineData("  ", "")]
    public void Urls_of_apprise_are_read(string text, string kinds) =>
        Assert.Equal(kinds, string.Join(' ', NotifierAddress.Parse(text, "test")));

    [Theory]
    [InlineData("s3cret", "test: this is not a URL: expected tgram://")]
    [InlineData(
        "pager://s3cret",
        "test: the scheme 'pager' is unknown: expected tgram://BOT_TOKEN/CHAT_ID, discord://"
    )]
    [InlineData("tgram://s3cret/1", "test: telegram: expected tgram://BOT_TOKEN/CHAT_ID")]
    [InlineData(Telegram, "telegram: expected tgram://BOT_TOKEN/CHAT_ID")]
    [InlineData(Telegram + "/s3cret", "telegram: expected tgram://BOT_TOKEN/CHAT_ID")]
    [InlineData(Telegram + "/1?topic=x", "telegram: 'topic' is not a number")]
    [InlineData("ntfy://topic discord://s3cret/x", "test, URL 2: discord: expected discord://WEBHOOK_ID/WEBHOOK_TOKEN")]
    [InlineData("slack://xoxb-s3cret/channel", "slack: expected slack://TOKEN_A/TOKEN_B/TOKEN_C")]
    [InlineData("ntfy://host/topic?verify=no", "ntfy: the parameter 'verify' is unknown: expected none")]
    [InlineData("ntfy://user:s3cret@host/topic", "ntfy: credentials are only sent with TLS: use ntfys://")]
    [InlineData("mailto://example.org", "email: expected a valid sender and receivers: USER@HOST, or 'from' and 'to'")]
    [InlineData("mailto://u:s3cret@example.org?mode=x", "email: 'mode' is invalid: expected starttls, ssl or insecure")]
    [InlineData("mailto://u:s3cret@example.org:99999", "email: expected mailto://")]
    public void What_is_wrong_is_named_without_the_secret(string text, string complaint)
    {
        var error = Assert.Throws<FormatException>(() => NotifierAddress.Parse(text, "test")).Message;
        Assert.Contains(complaint, error);
        Assert.DoesNotContain("s3cret", error);
        Assert.DoesNotContain("AAExample", error);
    }

    [Fact]
    public void Any_text_is_read_or_refused() =>
        Prop.ForAll<string?>(text =>
            {
                foreach (var scheme in new[] { "", "tgram://", "discord://", "slack://", "ntfys://", "mailto://" })
                {
                    try
                    {
                        Assert.NotNull(NotifierAddress.Parse(scheme + text, "test"));
                    }
                    catch (FormatException)
                    {
                        // refused
                    }
                }
            })
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Several_notifiers_of_a_kind_are_numbered() =>
        Assert.Equal(
            ["ntfy", "telegram", "ntfy 2"],
            Outboxes.NamesOf(NotifierAddress.Parse($"ntfy://a {Telegram}/1 ntfy://b", "test"))
        );
}
