using Remora.Bots.Tests;

namespace Remora.Cli.Tests;

public sealed class OutletCommandTests
{
    private static readonly Dictionary<string, string> Password = new() { ["FREQTRADE_PASSWORD"] = FreqtradeStandIn.Password };

    [Fact]
    public async Task Locks_follow_a_running_service_and_are_left_alone_while_it_is_away()
    {
        await using var bot = await FreqtradeStandIn.StartAsync(TimeProvider.System);
        bot.Whitelist = ["BTC/USDT", "ETH/USDT:USDT", "XRP/USDT"];
        await using var sandbox = RemoraProcess.Start(["sandbox", "--port", "0", "--hold", "fear_greed=5", "--history-days", "40"]); // extreme fear: nothing is safe
        await using var service = RemoraProcess.Start(["serve", "--sandbox", await sandbox.UrlAsync(), "--port", "0", "--pairs", "BTC/USDT,ETH/USDT"]);
        var url = await service.UrlAsync();
        await ServeCommandTests.ReadyAsync(url);

        await using var locks = RemoraProcess.Start(["locks", "--freqtrade", bot.Url.ToString(), "--user", FreqtradeStandIn.User, "--url", url, "--interval", "1"], Password);
        await Eventually.TrueAsync(() => bot.Active.Order().SequenceEqual(["BTC/USDT *", "ETH/USDT:USDT *"]), () => string.Join(", ", bot.Active) + locks.Errors);
        service.Terminate();
        await service.ExitAsync();
        await Eventually.TrueAsync(() => locks.Errors.Contains("gives no answer"), () => locks.Errors);
        Assert.Equal(["BTC/USDT *", "ETH/USDT:USDT *"], bot.Active.Order());
        locks.Terminate();
        Assert.Equal(0, await locks.ExitAsync());
        Assert.DoesNotContain(FreqtradeStandIn.Password, locks.Errors);
    }

    [Fact]
    public async Task A_test_event_is_sent_and_the_exit_code_says_whether_it_was_taken()
    {
        await using var receiver = await Receiver.StartAsync(delivery => delivery.Json.GetProperty("event").GetString() == "test" ? 200 : 400);
        Assert.Equal(0, await ExitAsync(["webhook", "test", receiver.Url.ToString()], "WEBHOOK_SECRET"));
        Assert.Single(receiver.Taken);
        await using var refusing = await Receiver.StartAsync(_ => 500);
        Assert.Equal(3, await ExitAsync(["webhook", "test", refusing.Url.ToString(), "--secret-env", "HOOK"], "HOOK"));
        Assert.Equal(2, await ExitAsync(["webhook", "test", receiver.Url.ToString()], "OTHER"));
        Assert.Equal(2, await ExitAsync(["webhook", "test", "example"], "WEBHOOK_SECRET"));
        Assert.Equal(2, await ExitAsync(["locks", "--freqtrade", "http://127.0.0.1:1", "--user", "u"], "OTHER"));

        static async Task<int> ExitAsync(string[] arguments, string variable)
        {
            await using var process = RemoraProcess.Start(arguments, new Dictionary<string, string> { [variable] = "secret" });
            return await process.ExitAsync();
        }
    }
}
