using Remora.Bots.Freqtrade;

namespace Remora.Bots.Tests;

public sealed class FreqtradeTradesTests : IAsyncLifetime
{
    private FreqtradeStandIn _bot = null!;

    public async ValueTask InitializeAsync() => _bot = await FreqtradeStandIn.StartAsync(TimeProvider.System);

    public ValueTask DisposeAsync() => _bot.DisposeAsync();

    private Task<BotTrades> ReadAsync(string password = FreqtradeStandIn.Password) =>
        FreqtradeTrades.ReadAsync(
            new(_bot.Url, FreqtradeStandIn.User, password) { Timeout = TimeSpan.FromMinutes(1) },
            null,
            TestContext.Current.CancellationToken
        );

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(250)]
    public async Task All_pages_are_read_in_order(int count)
    {
        _bot.Trades = [.. Enumerable.Range(1, count).Select(id => $$"""{"trade_id":{{id}}}""")];
        var read = await ReadAsync();
        Assert.Equal(Enumerable.Range(1, count), read.Closed.Select(trade => trade.GetProperty("trade_id").GetInt32()));
        Assert.Equal((2, 750.0), (read.Open, read.StartingBalance));
    }

    [Fact]
    public async Task A_bot_that_does_not_trade_is_read_without_its_open_trades()
    {
        (_bot.IsRunning, _bot.Trades) = (false, ["{}"]);
        var read = await ReadAsync();
        Assert.Single(read.Closed);
        Assert.Null(read.Open);
    }

    [Fact]
    public async Task A_refused_user_and_another_answer_are_named()
    {
        var refused = await Assert.ThrowsAsync<FreqtradeException>(() => ReadAsync("wrong"));
        Assert.Contains("refuses the user", refused.Message);
        _bot.Mode = "html";
        var other = await Assert.ThrowsAsync<FreqtradeException>(() => ReadAsync());
        Assert.Contains("unexpected response", other.Message);
    }
}
