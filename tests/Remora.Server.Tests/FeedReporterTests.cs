using Microsoft.Extensions.Logging;
using Remora.Bots.Tests;
using Remora.Feeds;
using Remora.Feeds.Calendar;
using Remora.Feeds.Exchanges;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Server.Tests;

/// <summary>
/// Tests the log of feeds: an outage is logged once, even if the feed fails intermittently.
/// </summary>
public sealed class FeedReporterTests : IDisposable
{
    private readonly LogLines _log = new();
    private readonly FakeSource _source = new("liquidations", Signal.Liquidations);
    private readonly FeedReporter _reporter;

    public FeedReporterTests() =>
        _reporter = new(
            new()
            {
                Markets = [],
                Sources = [_source],
                Log = _log,
            }
        );

    public void Dispose() => _log.Dispose();

    [Fact]
    public void Says_at_once_that_a_feed_is_there_and_that_it_fails()
    {
        Look(FeedState.Live);
        Look(FeedState.Live, 100);
        Look(FeedState.Degraded);
        Look(FeedState.Degraded, 100);
        Assert.Equal(
            ["liquidations is live", "liquidations is degraded: network, the connection was reset. Retrying."],
            _log.All
        );
    }

    [Fact]
    public void A_feed_that_comes_and_goes_is_one_outage()
    {
        Look(FeedState.Live);
        for (var i = 0; i < 50; i++)
        {
            Look(FeedState.Degraded, 1 + (i % 3));
            Look(FeedState.Live, 1 + (i % 59));
        }
        Look(FeedState.Live, 60);
        Assert.Equal(
            ["liquidations is live", "liquidations is degraded", "liquidations is live"],
            _log.All.Select(line => line.Split(':')[0])
        );
    }

    [Fact]
    public void Says_that_it_became_worse_but_not_that_it_is_half_as_bad_again()
    {
        Look(FeedState.Degraded);
        Look(FeedState.Unreachable);
        Look(FeedState.Degraded);
        Look(FeedState.Unreachable);
        Look(FeedState.Warming, 60);
        Look(FeedState.Live);
        Assert.Equal(
            ["degraded", "unreachable", "warming", "live"],
            _log.All.Select(line => line.Split(':')[0].Split(' ')[^1])
        );
    }

    [Fact]
    public void Says_what_is_missing_where_nothing_failed()
    {
        var market = new FakeFeed(Testing.Some.Btc);
        market.Health = market.Health with { State = FeedState.Degraded };
        _source.Health = _source.Health with { State = FeedState.Degraded };
        new FeedReporter(
            new()
            {
                Markets = [market],
                Sources = [_source],
                Log = _log,
            }
        ).Look();
        Assert.StartsWith("binance BTC/USDT 5m is degraded: no fresh candle. Retrying.", _log.All[0]);
        Assert.Equal("liquidations is degraded: no fresh value. Retrying.", _log.All[1]);
    }

    [Fact]
    public void A_calendar_of_forecasts_that_has_run_out_is_told_once()
    {
        var clock = new ManualClock(Some.Time.ToDateTimeOffset());
        var kinds = ForecastCalendar.KindsOfForecasts;
        ForecastCalendar Until(DateOnly day) => new([], kinds.ToDictionary(kind => kind, _ => day));
        var dates = new ForecastDates(Until(new(2024, 3, 2)));
        var folder = Directory.CreateTempSubdirectory("remora-calendar-").FullName;
        var reporter = new FeedReporter(
            new()
            {
                Markets = [],
                Calendar = new(Path.Combine(folder, "calendar.csv"), default, default, clock, dates: dates),
                Log = _log,
            }
        );
        reporter.Look();
        clock.Advance(TimeSpan.FromDays(2) - TimeSpan.FromSeconds(1));
        reporter.Look();
        Assert.Empty(_log.All);
        clock.Advance(TimeSpan.FromSeconds(1));
        for (var i = 0; i < 100; i++)
            reporter.Look();
        Assert.StartsWith(
            "the calendar of forecasts has run out of dates of cpi, nfp, fomc, holiday: forecasts count no such event. "
                + "Install a newer version, set contact_email",
            Assert.Single(_log.All),
            StringComparison.Ordinal
        );
        dates.SetOwn(Until(new(2024, 12, 31)));
        reporter.Look();
        Assert.Equal("the calendar of forecasts has dates of all kinds again", _log.All[^1]);
    }

    [Fact]
    public void A_bridge_that_does_not_run_is_told_once_and_not_for_each_feed_that_needs_it()
    {
        var bridge = new BridgeHealth(false, 1, "Node.js was not found as 'node': install Node.js 20 or later", null);
        var feeds = new[] { "BTC/USDT", "ETH/USDT" }.Select(pair => new FakeFeed(Some.MarketOf(pair))).ToList();
        foreach (var feed in feeds)
            feed.Health = feed.Health with
            {
                State = FeedState.Unreachable,
                LastError = new("unavailable", "the exchange bridge is not running", Some.Time),
            };
        var reporter = new FeedReporter(
            new()
            {
                Markets = [.. feeds],
                Sources = [_source],
                Log = _log,
                Bridge = () => bridge,
            }
        );
        _source.Health = _source.Health with
        {
            State = FeedState.Degraded,
            LastError = new("network", "the connection was reset.", default),
        };
        for (var i = 0; i < 100; i++)
            reporter.Look();
        bridge = bridge with { Restarts = 2 };
        for (var i = 0; i < 100; i++)
            reporter.Look();
        bridge = new(true, 2, bridge.LastFailure, 1234);
        foreach (var feed in feeds)
            feed.Health = feed.Health with { State = FeedState.Live };
        reporter.Look();
        Assert.Equal(
            [
                "the exchange bridge is not running, so no exchange can be reached: Node.js was not found as "
                    + "'node': install Node.js 20 or later. It is being restarted",
                "liquidations is degraded: network, the connection was reset. Retrying.",
                "the exchange bridge is running again",
                "binance BTC/USDT 5m is live",
                "binance ETH/USDT 5m is live",
            ],
            _log.All
        );
        // Recoveries are information.
        Assert.Equal(
            [LogLevel.Warning, LogLevel.Warning, LogLevel.Information, LogLevel.Information, LogLevel.Information],
            _log.Levels
        );
    }

    private void Look(FeedState state, int times = 1)
    {
        _source.Health = _source.Health with
        {
            State = state,
            LastError = new("network", "the connection was reset.", default),
        };
        for (var i = 0; i < times; i++)
            _reporter.Look();
    }
}
