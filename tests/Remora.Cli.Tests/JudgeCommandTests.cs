using System.Text.Json;
using Remora.Bots.Tests;
using Remora.Cli.Tests.Store;
using Remora.Markets;

namespace Remora.Cli.Tests;

/// <summary>
/// <c>remora judge</c> with the trades of a bot over its REST interface, and candles from the
/// exchange, a file and the store.
/// </summary>
[Trait("speed", "slow")]
public sealed class JudgeCommandTests : IDisposable
{
    private static readonly Dictionary<string, string> Login = new()
    {
        ["FREQTRADE_PASSWORD"] = FreqtradeStandIn.Password,
    };
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_bot_is_judged_by_candles_of_its_exchange_of_a_file_and_of_the_store()
    {
        await using var bot = await FreqtradeStandIn.StartAsync(TimeProvider.System);
        var first = Instant.TryParse("2025-03-03", out var parsed) ? parsed : throw new FormatException();
        bot.Trades = [.. Enumerable.Range(0, 120).Select(i => Trade(i, first + (i * TimeSpan.FromHours(1))))];
        await using var sandbox = RemoraProcess.Start([
            "sandbox",
            "--port",
            "0",
            "--start",
            "2025-03-10T12:02:00Z",
            "--history-days",
            "45",
        ]);
        string[] judge = ["judge", bot.Url.ToString(), "--user", FreqtradeStandIn.User, "--policy", "remora-1"];
        string[] fetch = ["--fetch", _folder.File("data"), "--sandbox", await sandbox.UrlAsync()];

        var text = await JudgeAsync([.. judge, .. fetch]);
        Assert.Contains("120 trades", text, StringComparison.Ordinal);
        Assert.Contains("'dip': 60 trades (60 short)", text, StringComparison.Ordinal);
        Assert.Contains("Of 60 orders that added to open trades", text, StringComparison.Ordinal);
        Assert.Contains("2 trades are still open", text, StringComparison.Ordinal);

        var json = await JudgeAsync([.. judge, .. fetch, "--json"]);
        var one = JsonElement.Parse(json)[0];
        Assert.Equal(
            ("Bot", 120),
            (one.GetProperty("strategy").GetString(), one.GetProperty("all").GetProperty("trades").GetInt32())
        );
        // Of the balance with which the bot started.
        var all = one.GetProperty("all");
        Assert.Equal(
            100 * all.GetProperty("profit_total").GetDouble() / 750,
            all.GetProperty("profit_total_pct").GetDouble(),
            1e-9
        );

        var file = _folder.File("data/binance/candles/BTCUSDT-5m.csv.gz");
        Assert.Equal(json, await JudgeAsync([.. judge, "--json", "--candles", "BTC/USDT=" + file]));

        await using var store = await StoreHost.StartAsync();
        await JudgeAsync(["history", "import", "--candles", "BTC/USDT=" + file, "--data", store.Data]);
        Assert.Equal(json, await JudgeAsync([.. judge, "--json", "--data", store.Data]));
    }

    [Fact]
    public async Task What_is_missing_is_named()
    {
        var trades = _folder.Write(
            "trades.csv",
            "pair,open_time,close_time,profit_ratio\nBTC/USDT,2025-03-01,2025-03-02,0.01\n"
        );
        async Task FailsAsync(int code, string expected, params string[] arguments)
        {
            var (exit, _, errors) = await RemoraProcess.RunAsync(arguments);
            Assert.Equal((code, ""), (exit, errors.Contains(expected, StringComparison.Ordinal) ? "" : errors));
        }
        await FailsAsync(2, "a bot requires --user", "judge", "http://127.0.0.1:1");
        await FailsAsync(2, "FREQTRADE_PASSWORD is not set", "judge", "http://127.0.0.1:1", "--user", "me");
        await FailsAsync(2, "without user and password", "judge", "http://me:secret@127.0.0.1:1");
        await FailsAsync(2, "--balance: expected a number above 0", "judge", trades, "--balance", "0");
        await FailsAsync(3, "contains no store", "judge", trades, "--data", _folder.File("none"));
        await FailsAsync(
            2,
            "use either --candles or --fetch",
            "judge",
            trades,
            "--candles",
            "BTC/USDT=x.csv",
            "--fetch",
            _folder.File("f")
        );
    }

    private static async Task<string> JudgeAsync(string[] arguments)
    {
        var (exit, output, errors) = await RemoraProcess.RunAsync(Login, arguments);
        Assert.True(exit == 0, errors);
        return output;
    }

    private static string Trade(int i, Instant opened)
    {
        var isShort = i % 2 == 1;
        var ratio = (((i * 7) % 13) - 6) / 1000.0;
        object Order(bool isEntry, int minutes) =>
            new
            {
                ft_is_entry = isEntry,
                ft_order_side = isEntry == isShort ? "sell" : "buy",
                order_filled_timestamp = opened.UnixMilliseconds + (minutes * 60_000),
                safe_price = 60_000,
                amount = 0.01,
                filled = 0.01,
            };
        return JsonSerializer.Serialize(
            new
            {
                trade_id = i + 1,
                pair = "BTC/USDT",
                exchange = "binance",
                strategy = "Bot",
                timeframe = 5,
                is_open = false,
                is_short = isShort,
                enter_tag = isShort ? "dip" : "rise",
                open_timestamp = opened.UnixMilliseconds,
                close_timestamp = opened.UnixMilliseconds + 3_000_000,
                open_rate = 60_000,
                close_rate = 60_100,
                amount = 0.01,
                stake_amount = 600,
                profit_ratio = ratio,
                profit_abs = 600 * ratio,
                exit_reason = "roi",
                orders = isShort
                    ? [Order(true, 0), Order(true, 10), Order(false, 50)]
                    : new[] { Order(true, 0), Order(false, 50) },
            }
        );
    }
}
