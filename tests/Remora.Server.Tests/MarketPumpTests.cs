using System.Diagnostics;
using System.Text.Json;
using Remora.Markets;
using Remora.Risk;
using Remora.Server.Answers;
using Remora.Supervision;
using Remora.Testing;

namespace Remora.Server.Tests;

public sealed class MarketPumpTests(ITestOutputHelper output)
{
    private static readonly RiskPolicy Strict = RiskPolicy.Default with
    {
        Name = "strict",
        Regime = new() { ConfirmCandles = 1 },
    };

    [Fact]
    public async Task What_is_on_the_board_is_what_the_engine_says_of_the_same_events_in_the_same_order()
    {
        IReadOnlyList<RiskPolicy> policies = [RiskPolicy.Default, Strict];
        var (pump, board) = Make([Some.Btc, Some.Eth], policies);
        var engine = new RemoraEngine(policies, []);
        var events = Events().ToList();
        var running = pump.RunAsync(CancellationToken.None);
        foreach (var marketEvent in events)
        {
            await pump.Events.WriteAsync(marketEvent);
            engine.Apply(marketEvent);
        }
        pump.Events.Complete();
        await running;
        foreach (var market in board.Markets)
            for (var policy = 0; policy < policies.Count; policy++)
                Assert.Equal(
                    JsonSerializer.Serialize(engine.Assess(market, policy, board.Now), RemoraJson.Options),
                    JsonSerializer.Serialize(board.Latest(market, policy), RemoraJson.Options)
                );
    }

    private static IEnumerable<MarketEvent> Events()
    {
        var half = Some.Time - TimeSpan.FromDays(1);
        yield return MarketEvent.Recovered(Some.Btc, Some.History(2800, half, 1));
        foreach (var candle in Some.CandlesUntil(400, Some.Time, 2))
            yield return MarketEvent.Closed(Some.Eth, candle);
        foreach (var candle in Some.CandlesUntil(288, Some.Time, 3))
            yield return MarketEvent.Closed(Some.Btc, candle);
        yield return MarketEvent.Observed(Some.Observation(Signal.FearGreed, 20, Some.Time));
        yield return MarketEvent.Observed(Some.Observation(Signal.FundingRate, 0.002, Some.Time, "ETH"));
    }

    [Fact]
    public async Task An_observation_of_one_currency_leaves_the_others_as_they_are()
    {
        var (pump, board) = Make([Some.Btc, Some.Eth], [RiskPolicy.Default]);
        var running = pump.RunAsync(CancellationToken.None);
        await pump.Events.WriteAsync(
            MarketEvent.Observed(Some.Observation(Signal.FundingRate, 0.002, Some.Time, "ETH"))
        );
        pump.Events.Complete();
        await running;
        Assert.Equal(0.002, board.Latest(Some.Eth).FundingRate);
        Assert.Equal(double.NaN, board.Latest(Some.Btc).FundingRate);
    }

    [Fact]
    public async Task A_shock_in_the_unfinished_candle_is_published_under_every_policy()
    {
        var (pump, board) = Make([Some.Btc], [RiskPolicy.Default, Strict]);
        var running = pump.RunAsync(CancellationToken.None);
        // The turnover of a market that forecasts were tested on.
        var history = Some.History(3000, Some.Time);
        var liquid = history with
        {
            Base = [.. history.Base.Select(candle => candle with { Volume = candle.Volume * 1_000_000 })],
        };
        var close = history.Base[^1].Close;
        var calm = new Candle(Some.Time, close, close, close, close, 1);
        await pump.Events.WriteAsync(MarketEvent.Recovered(Some.Btc, liquid));
        await pump.Events.WriteAsync(MarketEvent.Unfinished(Some.Btc, calm, Some.Time + TimeSpan.FromMinutes(1)));
        await LiveServer.UntilAsync(() => board.Latest(Some.Btc).EventFlags[RiskFlag.Shock] == false);

        var crash = calm with { Low = close / 2 };
        await pump.Events.WriteAsync(MarketEvent.Unfinished(Some.Btc, crash, Some.Time + TimeSpan.FromMinutes(2)));
        await LiveServer.UntilAsync(() => board.Latest(Some.Btc, 1).EventFlags[RiskFlag.Shock] == true);
        Assert.True(board.Latest(Some.Btc).EventFlags[RiskFlag.Shock]);
        Assert.Equal(Some.Time, board.Latest(Some.Btc).AsOf);

        await pump.Events.WriteAsync(MarketEvent.Closed(Some.Btc, calm));
        pump.Events.Complete();
        await running;
        Assert.NotEqual(true, board.Latest(Some.Btc).EventFlags[RiskFlag.Shock]);
    }

    [Fact]
    public async Task Five_hundred_markets_that_close_in_the_same_second_are_all_published()
    {
        var markets = Enumerable.Range(0, 500).Select(i => Some.MarketOf($"C{i}/USDT")).ToList();
        var (pump, board) = Make(markets, [RiskPolicy.Default, Strict]);
        var running = pump.RunAsync(CancellationToken.None);
        var before = Some.Time - Timeframe.FiveMinutes.Length;
        var history = Some.History(2600, before);
        foreach (var market in markets)
            await pump.Events.WriteAsync(MarketEvent.Recovered(market, history));
        await LiveServer.UntilAsync(() => board.Latest(markets[^1]).AsOf == before);

        var candle = Some.CandlesUntil(1, Some.Time)[0];
        var started = Stopwatch.GetTimestamp();
        foreach (var market in markets)
            await pump.Events.WriteAsync(MarketEvent.Closed(market, candle));
        pump.Events.Complete();
        await running;
        var took = Stopwatch.GetElapsedTime(started);

        Assert.All(markets, market => Assert.Equal(Some.Time, board.Latest(market).AsOf));
        var rendering = Stopwatch.GetTimestamp();
        foreach (var market in markets)
            board.Answer(board.MarketsOf(market.Pair.ToString())[0], 0, Side.Long);
        output.WriteLine(
            $"500 markets, 2 policies: published in {took.TotalMilliseconds:0.0} ms, all answers rendered in "
                + $"{Stopwatch.GetElapsedTime(rendering).TotalMilliseconds:0.0} ms"
        );
    }

    [Fact]
    public async Task A_bug_behind_the_pump_ends_the_service()
    {
        await using var service = await LiveServer.StartAsync();
        await service
            .Feeds[0]
            .SendAsync(MarketEvent.Closed(Some.MarketOf("NOT/TRACKED"), Some.CandlesUntil(1, Some.Time)[0]));
        await Assert.ThrowsAsync<KeyNotFoundException>(() => service.Host.Completion);
        await Assert.ThrowsAsync<HttpRequestException>(() => service.Http.GetAsync("/healthz"));
    }

    [Fact]
    public async Task A_feed_that_fails_is_started_again_and_status_and_metrics_say_so()
    {
        var told = new List<SupervisedTask>();
        await using var service = await LiveServer.StartAsync(
            supervisor: new(
                new() { Backoff = new(TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(30)), Failed = told.Add }
            )
        );
        await service.WarmAsync(feed: 1);
        service.Feeds[1].Fail(new InvalidOperationException("a bug"));
        await LiveServer.UntilAsync(() => Feed(service)?.Restarts == 1);
        await service.WarmAsync(feed: 1, candles: 2000); // it delivers again
        Assert.False(service.Host.Completion.IsCompleted);

        var tasks = (await service.GetAsync("/api/v1/status")).GetProperty("tasks").EnumerateArray().ToList();
        var failed = Assert.Single(tasks, task => task.GetProperty("restarts").GetInt32() > 0);
        Assert.Equal(
            ("feed binance ETH/USDT 5m", "running", "InvalidOperationException: a bug"),
            (
                failed.GetProperty("name").GetString(),
                failed.GetProperty("state").GetString(),
                failed.GetProperty("last_error").GetString()
            )
        );
        Assert.All(
            ["pump", "event stream: changes", "event stream: clock", "source test", "feed binance BTC/USDT 5m"],
            name => Assert.Single(tasks, task => task.GetProperty("name").GetString() == name)
        );
        var metrics = await service.Http.GetStringAsync("/metrics");
        Assert.Contains("remora_task_up{task=\"feed binance ETH/USDT 5m\"} 1", metrics, StringComparison.Ordinal);
        Assert.Contains(
            "remora_task_restarts_total{task=\"feed binance ETH/USDT 5m\"} 1",
            metrics,
            StringComparison.Ordinal
        );
        Assert.Contains("remora_task_restarts_total{task=\"pump\"} 0", metrics, StringComparison.Ordinal);
        Assert.Equal("InvalidOperationException: a bug", Assert.Single(told).LastError);

        static SupervisedTask? Feed(LiveServer service) =>
            service.Supervisor.Tasks.FirstOrDefault(task => task.Name == $"feed {service.Feeds[1].Market}");
    }

    private static (MarketPump Pump, AssessmentBoard Board) Make(
        IReadOnlyList<MarketId> markets,
        IReadOnlyList<RiskPolicy> policies
    )
    {
        var board = new AssessmentBoard(markets, policies, new ManualClock(Some.Time.ToDateTimeOffset()));
        return (new(new RemoraEngine(policies, []), board), board);
    }
}
