using Remora.Feeds.Candles;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Server.Tests;

/// <summary>The states of forecasters across restarts of the whole service.</summary>
public sealed class ForecastStateTests : IDisposable
{
    private const int Day = 288;
    private readonly string _folder = Directory.CreateTempSubdirectory("remora-states-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_restart_changes_no_byte_of_a_forecast()
    {
        Candle[] candles = [.. Some.CandlesUntil(40 * Day, Some.Time)];
        string unbroken;
        await using (var service = await LiveServer.StartAsync(past: NewPast()))
        {
            unbroken = await AskAsync(service, new([], [], candles[..^36]), candles[^36..]);
        }
        Assert.Single(Directory.GetFiles(_folder, "*5m.state"));

        // The next start knows 30 days.
        var history = new MarketHistory([], [], candles[^(30 * Day)..]);
        var past = NewPast();
        var state = past.Resume(Some.Btc, history, isWhole: true);
        Assert.NotNull(state);
        await using (var service = await LiveServer.StartAsync(past: past))
            Assert.Equal(unbroken, await AskAsync(service, history with { ForecastState = state }));
        await using (var service = await LiveServer.StartAsync())
            Assert.NotEqual(unbroken, await AskAsync(service, history));
    }

    private ForecastPast NewPast() =>
        new(CoefficientVintages.Shipped, () => ForecastCalendar.Empty)
        {
            Folder = _folder,
            Length = RequiredHistory.Base,
        };

    private static async Task<string> AskAsync(
        LiveServer service,
        MarketHistory history,
        params IReadOnlyList<Candle> closed
    )
    {
        await service.Feeds[0].SendAsync(MarketEvent.Recovered(Some.Btc, history));
        foreach (var candle in closed)
            await service.Feeds[0].SendAsync(MarketEvent.Closed(Some.Btc, candle));
        await LiveServer.UntilAsync(() => service.Host.Board.Latest(Some.Btc).AsOf == Some.Time);
        var answer = await service.GetAsync("/api/v1/forecast?pair=BTC/USDT");
        return answer.GetProperty("forecast").GetRawText();
    }
}
