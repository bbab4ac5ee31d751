using Remora.Bots.Tests;
using Remora.Markets;
using Remora.Risk;
using Remora.Server.Settings;
using Remora.Testing;

namespace Remora.Server.Tests;

/// <summary>Tests that the service sends changes to bots.</summary>
public sealed class NotifierTests
{
    [Fact]
    public async Task Locks_are_placed_and_webhooks_sent_when_a_verdict_turns_and_taken_back_when_time_turns_it_again()
    {
        await using var bot = await FreqtradeStandIn.StartAsync(TimeProvider.System);
        bot.Whitelist = ["BTC/USDT:USDT"];
        await using var receiver = await Receiver.StartAsync();
        await using var service = await LiveServer.StartAsync(
            LiveServer.Settings with
            {
                Freqtrade = [new(bot.Url, FreqtradeStandIn.User, FreqtradeStandIn.Password)],
                Webhooks =
                [
                    new(receiver.Url, "secret")
                    {
                        SendsRegimeChanges = false,
                        Pairs = new HashSet<Pair> { Some.Btc.Pair },
                    },
                ],
            }
        );
        await service.WarmAsync();
        // The first verdict.
        await Eventually.TrueAsync(() => receiver.Taken.Count == 1, () => $"{receiver.Taken.Count} events");
        var wasSafe = service.Host.Board.Latest(Some.Btc).SafeToTrade;
        Assert.True(wasSafe, "the test needs a market that is safe");

        // Extreme fear.
        await service.ObserveAsync(
            Some.Observation(Signal.FearGreed, 5, Some.Time, timeToLive: TimeSpan.FromMinutes(2))
        );
        await Eventually.TrueAsync(
            () => bot.Active is ["BTC/USDT:USDT *"] && receiver.Taken.Count == 2,
            () => $"{string.Join(", ", bot.Active)}; {receiver.Taken.Count} events"
        );
        Assert.StartsWith("remora: flag_extreme_fear", Assert.Single(bot.Entries).Reason);
        Assert.False(receiver.Taken.Last().Json.GetProperty("after").GetProperty("safe_to_trade").GetBoolean());

        service.Clock.Advance(TimeSpan.FromMinutes(3)); // nothing is published, but the value has expired
        await Eventually.TrueAsync(
            () => bot.Active.Count == 0 && receiver.Taken.Count == 3,
            () => $"{string.Join(", ", bot.Active)}; {receiver.Taken.Count} events"
        );
        Assert.False(service.Host.Completion.IsCompleted);
    }

    [Fact]
    public void They_are_set_up_in_the_file_and_their_secrets_in_the_environment()
    {
        var settings = Read(
            """
            {
              "freqtrade": [ { "url": "http://bot:8080", "user": "Freqtrader", "password_env": "BOT_PASSWORD" } ],
              "webhooks": [
                { "url": "https://example.org/hook", "secret_env": "REMORA_HOOK", "events": ["regime"], "pairs": ["btc/usdt"], "side": "short" },
                { "url": "http://example.org/all", "secret_env": "REMORA_HOOK" },
              ],
            }
            """,
            new() { ["BOT_PASSWORD"] = "p4ss", ["REMORA_HOOK"] = "s3cret" }
        );
        Assert.Equal(new("http://bot:8080"), Assert.Single(settings.Freqtrade).Url);
        Assert.Equal(("Freqtrader", "p4ss"), (settings.Freqtrade[0].User, settings.Freqtrade[0].Password));
        Assert.Equal(
            (false, true, Side.Short, "s3cret"),
            (
                settings.Webhooks[0].SendsSafetyChanges,
                settings.Webhooks[0].SendsRegimeChanges,
                settings.Webhooks[0].Side,
                settings.Webhooks[0].Secret
            )
        );
        Assert.Equal([Some.Btc.Pair], settings.Webhooks[0].Pairs!);
        Assert.True(settings.Webhooks[1] is { SendsSafetyChanges: true, SendsRegimeChanges: true, Pairs: null });
    }

    [Theory]
    [InlineData(
        """{ "freqtrade": [ { "url": "http://bot:8080", "user": "u", "password_env": "NOPE" } ] }""",
        "freqtrade[0].password_env: the environment variable NOPE is not set"
    )]
    [InlineData(
        """{ "freqtrade": [ { "url": "http://bot:8080", "user": "u" } ] }""",
        "freqtrade[0].password_env is missing"
    )]
    [InlineData(
        """{ "freqtrade": [ { "url": "http://bot:8080", "password_env": "SET" } ] }""",
        "freqtrade[0]: 'user' is missing"
    )]
    [InlineData(
        """{ "freqtrade": [ { "url": "bot", "user": "u", "password_env": "SET" } ] }""",
        "url is 'bot': expected an http:// or https:// address, such as http://127.0.0.1:8080"
    )]
    [InlineData(
        """{ "freqtrade": [ { "url": "http://bot", "user": "u", "password": "x" } ] }""",
        "did you mean 'password_env'?"
    )]
    [InlineData("""{ "freqtrade": [ { "user": "u" } ] }""", "freqtrade[0]: 'url' is missing")]
    [InlineData(
        """{ "webhooks": [ { "url": "http://x", "secret_env": "SET", "events": ["price"] } ] }""",
        "expected safe_to_trade, regime, or both"
    )]
    [InlineData("""{ "webhooks": {} }""", "webhooks: expected a list of objects")]
    public void What_is_wrong_is_named(string file, string complaint)
    {
        var errors = Assert.Throws<SettingsException>(() => Read(file, new() { ["SET"] = "x" })).Errors;
        Assert.Contains(errors, error => error.Contains(complaint));
    }

    private static ServiceSettings Read(string file, Dictionary<string, string> environment)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, file);
            return SettingsReader.Read(path, environment, new Dictionary<string, string>());
        }
        finally
        {
            File.Delete(path);
        }
    }
}
