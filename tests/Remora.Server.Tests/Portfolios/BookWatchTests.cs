using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Remora.Bots.Freqtrade;
using Remora.Notify;
using Remora.Risk;
using Remora.Server.Portfolios;
using Remora.Server.Settings;
using Remora.Testing;

namespace Remora.Server.Tests.Portfolios;

/// <summary>What is said about the open trades of a followed bot.</summary>
public sealed class BookWatchTests
{
    private const string Bot = "http://127.0.0.1:1";
    private readonly List<Notice> _notices = [];
    private readonly ServiceSettings _settings = LiveServer.Settings with
    {
        BookLimit = 0.02,
        LiquidationChance = 0.05,
    };

    [Fact]
    public async Task A_book_over_its_limit_is_told_once_and_once_more_when_it_is_within_again()
    {
        var watch = NewWatch();
        await ApplyAsync(watch, Long(1));
        Assert.Empty(_notices);
        var small = watch.Book.Risk!.ValueAtRisk["0.95"];
        Assert.InRange(small, 0.00001, 0.0199);

        var times = 0.03 / small;
        await ApplyAsync(watch, Long(times));
        await ApplyAsync(watch, Long(times * 1.1));
        var told = Assert.Single(_notices);
        Assert.Equal((NoticeKind.Book, $"book of {Bot}"), (told.Kind, told.Subject));
        Assert.Contains("3.0 % of the wallet (limit 2.0 %)", told.Text, StringComparison.Ordinal);
        Assert.True(watch.Book.Risk!.OverLimit);

        // Just below the limit it could pass it again at once.
        await ApplyAsync(watch, Long(0.0195 / small));
        Assert.Single(_notices);
        await ApplyAsync(watch);
        Assert.Equal([NoticeKind.Book, NoticeKind.BookWell], _notices.Select(notice => notice.Kind));
        Assert.Null(watch.Book.Request);
        Assert.Null(watch.Book.Error);
    }

    [Fact]
    public async Task A_likely_liquidation_names_its_trade()
    {
        var watch = NewWatch();
        var price = watch.Price;
        await ApplyAsync(watch, Long(1) with { Liquidation = price * 0.5 });
        Assert.InRange(watch.Book.LiquidationChance, 0, 0.01);
        Assert.Empty(_notices);
        await ApplyAsync(
            watch,
            Long(1) with
            {
                Liquidation = price * 0.999,
            },
            new BotTrade(2, "ETH/USDT", Side.Short, 1, 100, 1, null, null)
        );
        var told = Assert.Single(_notices);
        Assert.Equal((NoticeKind.Book, $"BTC/USDT of {Bot}"), (told.Kind, told.Subject));
        Assert.Contains("is liquidated within 24 hours with a chance of", told.Text, StringComparison.Ordinal);
        // Closed, and opened again: it is told again.
        await ApplyAsync(watch);
        await ApplyAsync(watch, Long(1) with { Liquidation = price * 0.999 });
        Assert.Equal(2, _notices.Count);
    }

    [Fact]
    public async Task Trades_that_cannot_be_counted_are_named_and_none_breaks_the_watch()
    {
        var watch = NewWatch();
        await ApplyAsync(watch, new BotTrade(1, "DOGE/USDT", Side.Long, 1, 1, 1, null, null));
        Assert.Contains("not tracked", watch.Book.Error, StringComparison.Ordinal);
        Assert.Null(watch.Book.Risk);
        await ApplyAsync(
            watch,
            new BotTrade(1, "no pair", Side.Long, 1, 1, 1, null, null),
            new BotTrade(2, "BTC/USDT", Side.Long, 0, 100, 1, null, null), // not filled yet
            new BotTrade(3, "BTC/USDT:USDT", Side.Long, 1, double.MaxValue, 1, -1, null)
        );
        Assert.NotNull(watch.Book.Error);
        await watch.ApplyAsync(new([Long(1)], Wallet: 0, "USDT"), CancellationToken.None);
        Assert.StartsWith("wallet: ", watch.Book.Error, StringComparison.Ordinal);
        await ApplyAsync(watch, Long(1));
        Assert.Null(watch.Book.Error);
        var text = JsonSerializer.Serialize(new FollowedBookList([watch.Book]), ServerJson.Shared.FollowedBookList);
        Assert.DoesNotContain("NaN", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_service_shows_the_book_of_a_followed_bot()
    {
        await using var bot = await Remora.Bots.Tests.FreqtradeStandIn.StartAsync(TimeProvider.System);
        bot.OpenTrades = [Remora.Bots.Tests.FreqtradeStandIn.Trade(1, "BTC/USDT", 2, 100, stop: 1)];
        await using var service = await LiveServer.StartAsync(
            LiveServer.Settings with
            {
                Freqtrade =
                [
                    new(bot.Url, Remora.Bots.Tests.FreqtradeStandIn.User, Remora.Bots.Tests.FreqtradeStandIn.Password)
                    {
                        Lock = false,
                        Follow = true,
                        FollowEvery = TimeSpan.FromMilliseconds(20),
                    },
                ],
            }
        );
        var schemas = await OpenApi.ApiSchemas.OfAsync(service.Http);
        await schemas.CheckAsync(service.Http, "/api/v1/portfolio/books");
        await service.WarmAsync();
        string text;
        do text = await schemas.CheckAsync(service.Http, "/api/v1/portfolio/books");
        while (text.Contains("\"risk\":null", StringComparison.Ordinal));
        var book = JsonElement.Parse(text).GetProperty("books")[0];
        Assert.Equal(10_000, book.GetProperty("request").GetProperty("wallet").GetDouble());
        Assert.Equal(0.02, book.GetProperty("risk").GetProperty("gross_exposure").GetDouble());
        var metrics = await service.Http.GetStringAsync("/metrics");
        Assert.Contains($"remora_book_up{{bot=\"{bot.Url.ToString().TrimEnd('/')}\"}} 1", metrics);
        Assert.Contains("remora_book_volatility{", metrics);
        Assert.DoesNotContain("remora_book_over_limit", metrics); // no limit is set
    }

    private Watched NewWatch()
    {
        var (board, correlations) = SomeBooks.Warm();
        var watch = new BookWatch(
            new(new(Bot), "user", "password"),
            new(board, correlations),
            board,
            _settings,
            store: null,
            _notices.Add,
            TimeProvider.System,
            NullLogger.Instance
        );
        return new(watch, board.Latest(Some.Btc).GetReadings().Close);
    }

    // One BTC at 100 is a hundredth of the wallet.
    private static BotTrade Long(double amount) => new(1, "BTC/USDT", Side.Long, amount, 100, 1, null, null);

    private static Task ApplyAsync(Watched watch, params IReadOnlyList<BotTrade> trades) =>
        watch.ApplyAsync(
            new(
                [.. trades.Select(trade => trade.Liquidation is null ? trade : trade with { Price = watch.Price })],
                10_000,
                "USDT"
            ),
            CancellationToken.None
        );

    private sealed record Watched(BookWatch Watch, double Price)
    {
        public FollowedBook Book => Watch.Book;

        public Task ApplyAsync(BotBook book, CancellationToken cancellation) => Watch.ApplyAsync(book, cancellation);
    }
}
