using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Remora.Bots.Tests;
using Remora.Notify.Tests;
using Remora.Testing;

namespace Remora.Cli.Tests;

[Trait("speed", "slow")]
public sealed partial class NotifierCommandTests
{
    private static readonly Dictionary<string, string> Password = new()
    {
        ["FREQTRADE_PASSWORD"] = FreqtradeStandIn.Password,
    };

    [Fact]
    public async Task Locks_follow_a_running_service_and_do_not_change_during_outages()
    {
        await using var bot = await FreqtradeStandIn.StartAsync(TimeProvider.System);
        bot.Whitelist = ["BTC/USDT", "ETH/USDT:USDT", "XRP/USDT"];
        await using var sandbox = RemoraProcess.Start([
            "sandbox",
            "--port",
            "0",
            "--hold",
            "fear_greed=5",
            "--history-days",
            "40",
        ]); // extreme fear: nothing is safe
        await using var service = RemoraProcess.Start([
            "serve",
            "--sandbox",
            await sandbox.UrlAsync(),
            "--port",
            "0",
            "--pairs",
            "BTC/USDT,ETH/USDT",
        ]);
        var url = await service.UrlAsync();
        await ServeCommandTests.ReadyAsync(url);

        // The command of docs/locks.md, with the addresses of these two servers.
        var command = CommandPattern()
            .Match(await File.ReadAllTextAsync(Repository.PathOf("docs", "locks.md")))
            .Groups["arguments"]
            .Value.Replace("http://127.0.0.1:8080", bot.Url.ToString())
            .Replace("http://127.0.0.1:8000", url)
            .Replace("Freqtrader", FreqtradeStandIn.User);
        await using var locks = RemoraProcess.Start([.. command.Split(' '), "--interval", "1"], Password);
        await Eventually.TrueAsync(
            () => bot.Active.Order().SequenceEqual(["BTC/USDT *", "ETH/USDT:USDT *"]),
            () => string.Join(", ", bot.Active) + locks.Errors
        );
        service.Terminate();
        await service.ExitAsync();
        await Eventually.TrueAsync(() => locks.Errors.Contains("is unavailable"), () => locks.Errors);
        Assert.Equal(["BTC/USDT *", "ETH/USDT:USDT *"], bot.Active.Order());
        locks.Terminate();
        Assert.Equal(0, await locks.ExitAsync());
        Assert.DoesNotContain(FreqtradeStandIn.Password, locks.Errors);
    }

    [Fact]
    public async Task The_documented_notifier_settings_work()
    {
        await using var bot = await FreqtradeStandIn.StartAsync(TimeProvider.System);
        bot.Whitelist = ["BTC/USDT", "ETH/USDT"];
        await using var receiver = await Receiver.StartAsync();
        await using var sandbox = RemoraProcess.Start([
            "sandbox",
            "--port",
            "0",
            "--hold",
            "fear_greed=5",
            "--history-days",
            "40",
        ]); // extreme fear: nothing is safe
        var settings = Shown("locks.md", "freqtrade");
        settings["freqtrade"]![0]!["url"] = bot.Url.ToString();
        settings["freqtrade"]![0]!["user"] = FreqtradeStandIn.User;
        settings["webhooks"] = Shown("webhooks.md", "webhooks")["webhooks"]!.DeepClone();
        settings["webhooks"]![0]!["url"] = receiver.Url.ToString();
        using var folder = new TemporaryFolder();

        await using var service = RemoraProcess.Start(
            [
                "serve",
                "--sandbox",
                await sandbox.UrlAsync(),
                "--config",
                folder.Write("remora.json", settings.ToJsonString()),
                "--port",
                "0",
                "--pairs",
                "BTC/USDT,ETH/USDT",
            ],
            new Dictionary<string, string>(Password) { ["WEBHOOK_SECRET"] = "s3cret" }
        );
        await Eventually.TrueAsync(
            () => bot.Active.Order().SequenceEqual(["BTC/USDT *", "ETH/USDT *"]),
            () => string.Join(", ", bot.Active) + service.Errors
        );
        await Eventually.TrueAsync(
            () =>
                receiver.Taken.Any(delivery =>
                    !delivery.Json.GetProperty("after").GetProperty("safe_to_trade").GetBoolean()
                ),
            () => service.Errors
        );
        // The only requested pair
        Assert.All(receiver.Taken, delivery => Assert.Equal("BTC/USDT", delivery.Json.GetProperty("pair").GetString()));
    }

    [Fact]
    public async Task A_test_event_is_sent_and_the_exit_code_is_the_result()
    {
        await using var receiver = await Receiver.StartAsync(delivery =>
            delivery.Json.GetProperty("event").GetString() == "test" ? 200 : 400
        );
        Assert.Equal(0, await ExitAsync(["webhook", "test", receiver.Url.ToString()], "WEBHOOK_SECRET"));
        Assert.Single(receiver.Taken);
        await using var refusing = await Receiver.StartAsync(_ => 500);
        Assert.Equal(3, await ExitAsync(["webhook", "test", refusing.Url.ToString(), "--secret-env", "HOOK"], "HOOK"));
        Assert.Equal(2, await ExitAsync(["webhook", "test", receiver.Url.ToString()], "OTHER"));
        Assert.Equal(2, await ExitAsync(["webhook", "test", "example"], "WEBHOOK_SECRET"));
        Assert.Equal(2, await ExitAsync(["locks", "--freqtrade", "http://127.0.0.1:1", "--user", "u"], "OTHER"));

        static async Task<int> ExitAsync(string[] arguments, string variable)
        {
            await using var process = RemoraProcess.Start(
                arguments,
                new Dictionary<string, string> { [variable] = "secret" }
            );
            return await process.ExitAsync();
        }
    }

    [Fact]
    public async Task A_test_message_is_sent_to_each_notifier_and_the_exit_code_is_the_result()
    {
        await using var service = await HttpStandIn.StartAsync(
            new() { [Mood.Accepts] = (200, "{}"), [Mood.Refuses] = (403, """{"error":"forbidden"}""") },
            url => $"ntfy://{url.Authority}/s3cret",
            (_, options) => options
        );
        var urls = new Dictionary<string, string> { ["REMORA_NOTIFY_URLS"] = $"{service.Url} {service.Url}" };
        var accepted = await RemoraProcess.RunAsync(urls, "notify", "test");
        Assert.Equal(
            (0, "ntfy: accepted: HTTP 200\nntfy 2: accepted: HTTP 200\n"),
            (accepted.ExitCode, accepted.Output)
        );
        Assert.Contains("Test message from Remora", service.Taken.First());
        service.Mood = Mood.Refuses;
        var refused = await RemoraProcess.RunAsync("notify", "test", service.Url);
        Assert.Equal((3, "ntfy: not accepted: HTTP 403, forbidden\n"), (refused.ExitCode, refused.Output));
        var wrong = await RemoraProcess.RunAsync("notify", "test", "tgram://s3cret");
        Assert.Equal(2, wrong.ExitCode);
        Assert.Contains("URL: telegram: expected tgram://BOT_TOKEN/CHAT_ID", wrong.Errors);
        var none = await RemoraProcess.RunAsync("notify", "test");
        Assert.Equal(2, none.ExitCode);
        Assert.Contains("set REMORA_NOTIFY_URLS to tgram://", none.Errors);
        foreach (var (_, output, errors) in new[] { accepted, refused, wrong, none })
            Assert.DoesNotContain("s3cret", output + errors);
    }

    /// <summary>Returns a settings example of a page by its first section.</summary>
    private static JsonNode Shown(string page, string section)
    {
        var blocks = JsonPattern()
            .Matches(File.ReadAllText(Repository.PathOf("docs", page)))
            .Select(match => JsonNode.Parse(match.Groups["json"].Value)!);
        return Assert.Single(blocks, block => block[section] is not null);
    }

    [GeneratedRegex(@"^\./remora (?<arguments>locks .*)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex CommandPattern();

    [GeneratedRegex(
        @"^```json\n(?<json>.*?)^```",
        RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex JsonPattern();
}
