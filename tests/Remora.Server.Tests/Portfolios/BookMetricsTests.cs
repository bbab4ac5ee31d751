using System.Globalization;
using Remora.Bots.Tests;
using Remora.Markets;

namespace Remora.Server.Tests.Portfolios;

/// <summary>The metrics of a service with a followed bot and a limit.</summary>
public sealed class BookMetricsTests
{
    [Fact]
    public async Task The_alarms_of_a_book_follow_its_trades()
    {
        await using var bot = await FreqtradeStandIn.StartAsync(TimeProvider.System);
        await using var service = await LiveServer.StartAsync(
            LiveServer.Settings with
            {
                BookLimit = 0.02,
                LiquidationChance = 0.05,
                Freqtrade =
                [
                    new(bot.Url, FreqtradeStandIn.User, FreqtradeStandIn.Password)
                    {
                        Lock = false,
                        Follow = true,
                        FollowEvery = TimeSpan.FromMilliseconds(20),
                    },
                ],
            }
        );
        // With a history and a turnover as those of the markets that forecasts were fitted on.
        var market = service.Feeds[0].Market;
        await service
            .Feeds[0]
            .SendAsync(MarketEvent.Recovered(market, new([], [], SomeBooks.CandlesOf(market, 18 * SomeBooks.Day))));

        // A thousandth of the wallet, then ten times the wallet, which is liquidated at once.
        bot.OpenTrades = [FreqtradeStandIn.Trade(1, "BTC/USDT", 0.1, 100, liquidation: 1)];
        Assert.Equal((0, 0), await AlarmsAsync(positions: 1, isOver: false));
        bot.OpenTrades = [FreqtradeStandIn.Trade(1, "BTC/USDT", 1000, 100, liquidation: 99.99)];
        Assert.Equal((1, 1), await AlarmsAsync(positions: 1, isOver: true));
        bot.OpenTrades = [FreqtradeStandIn.Trade(1, "BTC/USDT", 0.1, 100)];
        Assert.Equal((0, null), await AlarmsAsync(positions: 1, isOver: false));
        bot.OpenTrades = [];
        Assert.Equal((null, null), await AlarmsAsync(positions: null, isOver: null));

        async Task<(double? OverLimit, double? Likely)> AlarmsAsync(double? positions, bool? isOver)
        {
            for (var tries = 0; ; tries++)
            {
                var lines = (await service.Http.GetStringAsync("/metrics")).Split('\n');
                double? Of(string name)
                {
                    var start = $"{name}{{bot=\"{bot.Url.ToString().TrimEnd('/')}\"}} ";
                    return Array.Find(lines, line => line.StartsWith(start, StringComparison.Ordinal)) is { } line
                        ? double.Parse(line[start.Length..], CultureInfo.InvariantCulture)
                        : null;
                }
                var over = Of("remora_book_over_limit");
                var isThere = Of("remora_book_positions") == positions && (over is null ? null : over == 1) == isOver;
                if (isThere && Of("remora_book_up") == 1)
                    return (over, Of("remora_book_liquidation_likely"));
                Assert.True(tries < 6000, string.Join('\n', lines.Where(line => line.Contains("remora_book"))));
                await Task.Delay(20);
            }
        }
    }
}
