using System.Text.Json;
using Remora.Feeds.Candles;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Portfolios;
using Remora.Testing;

namespace Remora.Server.Tests.Portfolios;

/// <summary>The correlations of the whole service, live, replayed and across restarts.</summary>
public sealed class CorrelationKeeperTests : IDisposable
{
    private const int Candles = 36 * SomeBooks.Day; // a week, and less than 30 days of hours
    private const int Live = 36; // the last three hours
    private readonly string _folder = Directory.CreateTempSubdirectory("remora-correlations-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Live_replayed_and_restarted_services_have_the_same_digits()
    {
        string live;
        await using (var service = await LiveServer.StartAsync(past: NewPast()))
        {
            foreach (var feed in service.Feeds)
                await feed.SendAsync(MarketEvent.Recovered(feed.Market, History(feed.Market, ^Live)));
            // Hour by hour, first one market and then the other one.
            for (var from = Live; from > 0; from -= 12)
                foreach (var feed in service.Feeds)
                foreach (var candle in SomeBooks.CandlesOf(feed.Market, Candles)[^from..^(from - 12)])
                    await feed.SendAsync(MarketEvent.Closed(feed.Market, candle));
            live = await ReadAsync(service);
        }
        var list = JsonElement.Parse(live);
        Assert.Equal(1, list.GetProperty("correlations")[0][0].GetDouble());
        Assert.InRange(list.GetProperty("correlations")[0][1].GetDouble(), 0.5, 1);
        Assert.False(list.GetProperty("assumed")[0][1].GetBoolean());
        Assert.True(list.GetProperty("hours")[0][1].GetInt32() >= CorrelationTracker.EnoughHours);

        await using (var service = await LiveServer.StartAsync())
        {
            foreach (var feed in service.Feeds.Reverse())
                await feed.SendAsync(MarketEvent.Recovered(feed.Market, History(feed.Market, ^0)));
            Assert.Equal(live, await ReadAsync(service));
        }

        // A restart continues with the saved states of the tracker and of the forecasters.
        var past = NewPast();
        await using (var service = await LiveServer.StartAsync(past: past))
        {
            foreach (var feed in service.Feeds)
            {
                var history = History(feed.Market, ^0);
                var state = past.Resume(feed.Market, history, isWhole: true);
                Assert.NotNull(state);
                await feed.SendAsync(MarketEvent.Recovered(feed.Market, history with { ForecastState = state }));
            }
            Assert.Equal(live, await ReadAsync(service));
        }

        // Damaged: they are made from the hours that the forecasters have.
        var file = Path.Combine(_folder, "correlations.state");
        var bytes = await File.ReadAllBytesAsync(file);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(file, bytes);
        await using (var service = await LiveServer.StartAsync(past: NewPast()))
            Assert.True((await service.GetAsync("/api/v1/correlations")).GetProperty("assumed")[0][1].GetBoolean());
    }

    private ForecastPast NewPast() =>
        new(CoefficientVintages.Shipped, () => ForecastCalendar.Empty)
        {
            Folder = _folder,
            Length = RequiredHistory.Base,
        };

    private static MarketHistory History(MarketId market, Index until) =>
        new([], [], SomeBooks.CandlesOf(market, Candles)[..until]);

    private static async Task<string> ReadAsync(LiveServer service)
    {
        await LiveServer.UntilAsync(() =>
            service.Feeds.All(feed => service.Host.Board.Latest(feed.Market).AsOf == Some.Time)
        );
        // The answer appears shortly after the assessment: all hours are counted as an engine
        // counts them.
        var expected = Expected();
        while (true)
        {
            var list = await service.GetAsync("/api/v1/correlations");
            if (list.GetProperty("hours")[0][1].GetInt32() < expected.Hours)
                continue;
            Assert.Equal(expected.Value, list.GetProperty("correlations")[0][1].GetDouble());
            return list.GetRawText();
        }
    }

    private static Correlation Expected()
    {
        var engine = new RemoraEngine();
        foreach (var market in new[] { Some.Eth, Some.Btc })
            engine.Apply(MarketEvent.Recovered(market, History(market, ^0)));
        return engine.Correlations.Snapshot().Between(Some.Btc, Some.Eth);
    }
}
