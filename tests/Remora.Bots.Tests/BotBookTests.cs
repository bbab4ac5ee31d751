using Remora.Bots.Freqtrade;
using Remora.Risk;
using Remora.Testing;

namespace Remora.Bots.Tests;

public sealed class BotBookTests : IAsyncLifetime
{
    private FreqtradeStandIn _bot = null!;

    private FreqtradeBot Bot => new(_bot.Url, FreqtradeStandIn.User, FreqtradeStandIn.Password);

    public async ValueTask InitializeAsync() => _bot = await FreqtradeStandIn.StartAsync(TimeProvider.System);

    public ValueTask DisposeAsync() => _bot.DisposeAsync();

    [Fact]
    public async Task A_book_has_the_open_trades_and_the_money_of_the_bot()
    {
        _bot.OpenTrades =
        [
            FreqtradeStandIn.Trade(1, "BTC/USDT:USDT", 0.5, 40_000, leverage: 3, stop: 38_000, liquidation: 27_000),
            FreqtradeStandIn.Trade(2, "ETH/USDT:USDT", 2, null, isShort: true, leverage: null, stop: 0),
        ];
        var book = await BotBook.ReadAsync(Bot, TestContext.Current.CancellationToken);
        Assert.Equal((10_000, "USDT"), (book.Wallet, book.Currency));
        Assert.Equal(
            [
                new BotTrade(1, "BTC/USDT:USDT", Side.Long, 0.5, 40_000, 3, 38_000, 27_000),
                // Without a present price: that of the entry.
                new BotTrade(2, "ETH/USDT:USDT", Side.Short, 2, 100, 1, null, null),
            ],
            book.Trades
        );
        Assert.Equal([20_000, 200], book.Trades.Select(trade => trade.Notional)); // leverage is in the amount
    }

    [Fact]
    public async Task A_bot_without_trades_has_an_empty_book() =>
        Assert.Empty((await BotBook.ReadAsync(Bot, TestContext.Current.CancellationToken)).Trades);

    [Theory]
    [InlineData("html", "unexpected response for GET /api/v1/status")]
    [InlineData("500", "returned 500")]
    [InlineData("hangup", "cannot be reached")]
    public async Task A_faulty_bot_is_named(string mode, string expected)
    {
        await BotBook.ReadAsync(Bot, TestContext.Current.CancellationToken);
        _bot.Mode = mode == "html" ? "well" : mode;
        if (mode == "html")
            _bot.OpenTrades = [new { trade_id = 1 }];
        var error = await Assert.ThrowsAsync<FreqtradeException>(() =>
            BotBook.ReadAsync(Bot, TestContext.Current.CancellationToken)
        );
        Assert.Contains(expected, error.Message);
        Assert.StartsWith(_bot.Url.ToString().TrimEnd('/'), error.Message);
    }

    [Fact]
    public async Task A_reader_keeps_the_last_book_through_an_outage_and_logs_it_once()
    {
        using var lines = new LogLines();
        var books = 0;
        var clock = new ManualClock(DateTimeOffset.UnixEpoch);
        var reader = new BotBookReader(
            Bot,
            (_, _) =>
            {
                Interlocked.Increment(ref books);
                return Task.CompletedTask;
            },
            clock,
            lines.CreateLogger("Remora")
        );
        using var stop = new CancellationTokenSource();
        var running = reader.RunAsync(stop.Token);
        await UntilAsync(() => books == 1);
        _bot.Mode = "500";
        await UntilAsync(() => reader.Health.ConsecutiveFailures >= 3);
        Assert.Empty(reader.Health.Book!.Trades);
        Assert.Contains("returned 500", reader.Health.LastError);
        _bot.Mode = "well";
        _bot.OpenTrades = [FreqtradeStandIn.Trade(1, "BTC/USDT", 1, 50)];
        await UntilAsync(() => reader.Health.Book!.Trades.Count == 1);
        Assert.Equal(0, reader.Health.ConsecutiveFailures);
        Assert.Single(lines.All, line => line.Contains("Cannot read the trades"));
        Assert.Single(lines.All, line => line.Contains("are read again"));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);

        Task UntilAsync(Func<bool> holds) =>
            Eventually.TrueAsync(
                () =>
                {
                    clock.Advance(TimeSpan.FromSeconds(1));
                    return holds();
                },
                () => string.Join('\n', lines.All)
            );
    }
}
