using Remora.Bots.Tests;
using Remora.Markets;
using Remora.Server.Tests.Portfolios;
using Remora.Testing;

namespace Remora.Server.Tests.Page;

/// <summary>
/// What a book can lose on the page, in a real browser against the running service.
/// </summary>
public sealed class BookTests(Browser browser) : IClassFixture<Browser>
{
    [Theory]
    [InlineData(1440, false)]
    [InlineData(390, true)]
    public async Task A_book_that_is_typed_in_is_told_in_a_sentence_and_in_figures(int width, bool dark)
    {
        await using var service = await StartAsync();
        const string book =
            "wallet=10000&limit=90&entry=BTC/USDT=100&positions=BTC/USDT=4000%20ETH/USDT=-1500%20XRP/USDT=50";
        await browser.OpenAsync($"{service.Host.Url}/#/book?{book}", width, dark);
        await browser.UntilAsync("document.querySelector('.stack .answer') !== null");
        Assert.Contains("These 2 positions partly cancel", await browser.TextAsync(".stack .answer"));
        Assert.Contains(
            "Not counted: XRP/USDT (not tracked)",
            await browser.TextAsync("section[aria-label=Positions]")
        );
        // The exact figures of the answer.
        var answer = await browser.AskAsync(
            """
            (async () => {
              const response = await fetch('api/v1/portfolio/risk', {
                method: 'POST', headers: { 'Content-Type': 'application/json' },
                body: JSON.stringify({ wallet: 10000, positions: [
                  { pair: 'BTC/USDT', notional: 4000 }, { pair: 'ETH/USDT', side: 'short', notional: 1500 } ] }),
              });
              const { positions } = await response.json();
              return positions.map(position => position.share_percent);
            })()
            """
        );
        var shown = await browser.AskAsync(
            "[...document.querySelectorAll('section[aria-label=Positions] tbody tr')]"
                + ".map(row => Number(row.querySelectorAll('td')[2].querySelector('data').value))"
        );
        Assert.Equal(
            answer.EnumerateArray().Select(value => value.GetDouble()),
            shown.EnumerateArray().Select(value => value.GetDouble())
        );
        Assert.Matches(
            "^Shares of the risk: BTC \\d+ %, ETH −\\d+ %.$",
            (
                await browser.AskAsync(
                    "document.querySelector('section[aria-label=Positions] .figure').getAttribute('aria-label')"
                )
            ).GetString()
        );
        await browser.UntilAsync(
            "document.querySelectorAll('section[aria-label=Positions] .figure rect').length === 2 && "
                + "document.querySelectorAll('section[aria-label=Correlations] .figure rect').length === 4"
        );
        await browser.ClickAsync("section[aria-label=Correlations] details.data summary");
        Assert.Contains("2020-03-12", await browser.TextAsync("[aria-label='Past crashes']"));
        Assert.Contains("adds to the risk", await browser.TextAsync("[aria-label='One more entry']"));
        await browser.HasNoFaultAsync($"book {width}");
        await browser.PictureAsync($"book-{width}-{(dark ? "dark" : "light")}");
        await browser.IsQuietAsync(service.Host.Url);
    }

    [Fact]
    public async Task The_trades_of_a_followed_bot_are_shown_without_typing()
    {
        await using var bot = await FreqtradeStandIn.StartAsync(TimeProvider.System);
        bot.OpenTrades = [FreqtradeStandIn.Trade(1, "BTC/USDT", 20, 100, stop: 1, liquidation: 50)];
        await using var service = await StartAsync(
            LiveServer.Settings with
            {
                Freqtrade =
                [
                    new(bot.Url, FreqtradeStandIn.User, FreqtradeStandIn.Password) { Lock = false, Follow = true },
                ],
            }
        );
        string books;
        do books = await service.Http.GetStringAsync("/api/v1/portfolio/books");
        while (books.Contains("\"request\":null", StringComparison.Ordinal));
        await browser.OpenAsync($"{service.Host.Url}/#/book");
        await browser.UntilAsync("document.querySelector('.stack .answer') !== null");
        Assert.Contains("This position moves the wallet", await browser.TextAsync(".stack .answer"));
        Assert.Contains("Trades of http://127.0.0.1", await browser.TextAsync("[aria-label='Choose a book']"));
        await browser.IsQuietAsync(service.Host.Url);
    }

    [Fact]
    public async Task Without_a_book_or_a_forecast_it_says_what_to_do()
    {
        await using var service = await LiveServer.StartAsync();
        await browser.OpenAsync($"{service.Host.Url}/#/book");
        await browser.UntilAsync("document.querySelector('main').textContent.includes('No book yet')");
        await browser.HasNoFaultAsync("no book");
        await browser.OpenAsync($"{service.Host.Url}/#/book?wallet=100&positions=BTC/USDT=10");
        await browser.UntilAsync("document.querySelector('main').textContent.includes('no forecast yet')");
        await browser.PictureAsync("book-none");
    }

    private static async Task<LiveServer> StartAsync(Server.Settings.ServiceSettings? settings = null)
    {
        var service = await LiveServer.StartAsync(settings);
        foreach (var feed in service.Feeds)
        {
            await feed.SendAsync(
                MarketEvent.Recovered(feed.Market, new([], [], SomeBooks.CandlesOf(feed.Market, 14 * SomeBooks.Day)))
            );
            await LiveServer.UntilAsync(() => service.Host.Board.Latest(feed.Market).AsOf == Some.Time);
        }
        return service;
    }
}
