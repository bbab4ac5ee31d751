using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Remora.Testing;

namespace Remora.Client.Tests;

public sealed class ClientTests
{
    [Fact]
    public async Task Answers_are_typed_and_unknown_fields_are_kept()
    {
        await using var server = new FaultyServer { Safe = false };
        using var client = new RemoraClient(new() { Url = server.Url });
        var risk = await client.RiskAsync("btc/usdt", "long", "remora-1", "binance", "5m");
        Assert.True(risk.Answered, risk.Error);
        Assert.Equal(
            (false, 0.25, "tidal", DateTimeOffset.Parse("2026-01-01T00:05:00Z")),
            (risk.SafeToTrade, risk.RiskScore, risk.Regime, risk.AsOf)
        );
        Assert.Equal("panic: It is so.", risk.Why);
        Assert.Null(risk.Vix);
        Assert.Equal(1, risk.More!["something_new"][0].GetInt32());
        Assert.StartsWith(
            "GET /api/v1/risk?pair=btc%2Fusdt&side=long&policy=remora-1&exchange=binance&timeframe=5m HTTP/1.1",
            server.Requests.First()
        );
    }

    [Fact]
    public async Task A_forecast_is_typed_and_unknown_values_are_null()
    {
        await using var server = new FaultyServer();
        using var client = new RemoraClient(new() { Url = server.Url });
        var forecast = (await client.RiskAsync("BTC/USDT")).Forecast!;
        Assert.Equal(
            (12.5, false, new DateOnly(2027, 12, 31), null),
            (forecast.HistoryDays, forecast.InTestedRange, forecast.CalendarKnownUntil, forecast.Confidence)
        );
        Assert.Equal(2, forecast.More!["newest"].GetInt32());
        var horizon = forecast.Horizons["4h"];
        Assert.Equal((0.011, null, 2.0), (horizon.Volatility, horizon.Percentile, horizon.Factors["moon"]));
        Assert.Null(horizon.ProbabilityOfDrawdown["0.02"]);
        Assert.Empty(horizon.StopDistances);
        Assert.Empty(horizon.ReturnQuantiles);
        Assert.Equal(1, horizon.More!["newer"].GetInt32());

        var none = await client.ForecastAsync("BTC/USDT");
        Assert.Equal((null, "warming_up"), (none.Forecast, none.NoForecast));
        var answer = await client.ForecastAsync("btc/usdt", "4h", 0.00001, 0.5, "binance", "5m");
        Assert.Equal(("BTC/USDT", 0.011), (answer.Pair, answer.Forecast!.Horizons["4h"].Volatility));
        Assert.StartsWith(
            "GET /api/v1/forecast?pair=btc%2Fusdt&exchange=binance&timeframe=5m&horizon=4h&fall=0.00001&rise=0.5 ",
            server.Requests.Last()
        );
    }

    [Fact]
    public async Task A_missing_forecast_throws_and_wrong_thresholds_are_not_sent()
    {
        await using var server = new FaultyServer();
        using var client = new RemoraClient(new() { Url = server.Url });
        foreach (var ratio in new[] { 0, 1, -0.1, double.NaN })
        {
            await Assert.ThrowsAsync<ArgumentException>(() => client.ForecastAsync("BTC/USDT", fall: ratio));
            await Assert.ThrowsAsync<ArgumentException>(() => client.ForecastAsync("BTC/USDT", rise: ratio));
        }
        await Assert.ThrowsAsync<ArgumentException>(() => client.ForecastAsync("BTCUSDT"));
        Assert.Empty(server.Requests);
        foreach (
            var (mode, fault) in new[]
            {
                ("404", RemoraFault.Status),
                ("schema", RemoraFault.NotAnAssessment),
                ("null", RemoraFault.NotAnAssessment),
                ("other_pair", RemoraFault.NotAnAssessment),
            }
        )
        {
            server.Mode = mode;
            using var fresh = new RemoraClient(new() { Url = server.Url });
            var error = await Assert.ThrowsAsync<RemoraException>(() => fresh.ForecastAsync("BTC/USDT"));
            Assert.Equal(fault, error.Fault);
        }
    }

    [Fact]
    public async Task A_portfolio_is_posted_and_reports_are_typed()
    {
        await using var server = new FaultyServer();
        using var client = new RemoraClient(new() { Url = server.Url });
        var risk = await client.PortfolioAsync(1000, [new("BTC/USDT") { Notional = 500, StopPrice = 90 }], limit: 0.02);
        Assert.StartsWith("POST /api/v1/portfolio/risk ", server.Requests.Last());
        Assert.Contains("Content-Type: application/json", server.Requests.Last());
        Assert.Equal((0.02, 0.03, true), (risk.Volatility, risk.ValueAtRisk["0.95"], risk.OverLimit));
        Assert.Null(risk.ValueAtRisk["0.99"]);
        Assert.Equal((0, null), (risk.Positions[0].Without!.Volatility, risk.Positions[0].Stop));
        Assert.Equal(-0.39, risk.Stress[0].Return);
        Assert.Empty(risk.Unknown);
        Assert.Equal(1, risk.More!["newer"].GetInt32());

        var together = await client.CorrelationsAsync(["BTC/USDT", "ETH/USDT"]);
        Assert.Equal((0.8, true), (together.Correlations[0][1], together.Assumed[0][1]));

        var record = await client.ScorecardAsync("BTC/USDT", "4h", DateTimeOffset.UnixEpoch);
        Assert.StartsWith(
            "GET /api/v1/scorecard?pair=BTC%2FUSDT&horizon=4h&from=1970-01-01T00%3A00%3A00.000Z ",
            server.Requests.Last()
        );
        var horizon = record.Horizons["4h"];
        Assert.Equal(
            (1L, null, 0.05),
            (horizon.Graded, horizon.Models["remora-2"].R2, horizon.ValueAtRisk["0.95"].Share)
        );
        Assert.Equal(("0.99", 3L), (record.Alarm!.Days![0].Claims![0].Level, record.Alarm.Days[0].Claims![0].Hits));
        Assert.Empty(horizon.Vintages);

        var books = await client.BookScorecardsAsync(DateTimeOffset.UnixEpoch);
        Assert.StartsWith("GET /api/v1/scorecard/books?from=1970-01-01T00%3A00%3A00.000Z ", server.Requests.Last());
        var hedged = Assert.Single(books.Books);
        Assert.Equal(("hedged", null, 23L), (hedged.Name, hedged.Bias, hedged.NotGraded["gap"]));
        Assert.Equal((1L, 1.2), (hedged.ValueAtRisk["0.95"].Hits, hedged.ValueAtRisk["0.95"].Shortfall));

        foreach (var wallet in new[] { 0, -1, double.NaN, double.PositiveInfinity })
            await Assert.ThrowsAsync<ArgumentException>(() =>
                client.PortfolioAsync(wallet, [new("BTC/USDT") { Notional = 1 }])
            );
        await Assert.ThrowsAsync<ArgumentException>(() => client.PortfolioAsync(1, []));
        await Assert.ThrowsAsync<ArgumentException>(() => client.PortfolioAsync(1, [new("BTCUSDT") { Notional = 1 }]));
        foreach (var mode in new[] { "null", "list", "schema", "empty" })
        {
            server.Mode = mode;
            using var fresh = new RemoraClient(new() { Url = server.Url });
            var error = await Assert.ThrowsAsync<RemoraException>(() =>
                fresh.PortfolioAsync(1, [new("BTC/USDT") { Notional = 1 }])
            );
            Assert.Equal(RemoraFault.NotAnAssessment, error.Fault);
            await Assert.ThrowsAsync<RemoraException>(() => fresh.ScorecardAsync("BTC/USDT"));
            await Assert.ThrowsAsync<RemoraException>(() => fresh.BookScorecardsAsync());
        }
    }

    [Fact]
    public async Task A_recent_answer_is_cached_until_the_machine_was_suspended()
    {
        await using var server = new FaultyServer();
        var clock = new ManualClock(DateTimeOffset.UnixEpoch);
        using var client = new RemoraClient(new() { Url = server.Url }, clock: clock);
        await client.BatchAsync(["BTC/USDT"]);
        clock.Advance(TimeSpan.FromSeconds(4));
        await client.RiskAsync("BTC/USDT");
        Assert.Single(server.Requests);
        clock.Advance(TimeSpan.FromSeconds(2));
        await client.RiskAsync("BTC/USDT");
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task Cached_answers_allocate_nothing()
    {
        await using var server = new FaultyServer();
        using var client = new RemoraClient(new() { Url = server.Url, CacheFor = TimeSpan.FromHours(1) });
        Assert.True(await client.IsSafeAsync("BTC/USDT"));
        var least = long.MaxValue; // of several rounds, because the runtime itself allocates occasionally
        for (var round = 0; round < 5; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 1000; i++)
            {
                Assert.True((await client.RiskAsync("BTC/USDT")).Answered);
                Assert.True(await client.IsSafeAsync("BTC/USDT"));
            }
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.Equal(0, least);
    }

    [Fact]
    public async Task Two_hundred_and_sixty_pairs_are_two_requests()
    {
        await using var server = new FaultyServer();
        using var client = new RemoraClient(new() { Url = server.Url });
        var answers = await client.BatchAsync(Enumerable.Range(0, 260).Select(n => $"C{n}/USDT"));
        Assert.Equal(
            (260, 2),
            (answers.Count(answer => answer.Value.Answered && answer.Value.Pair == answer.Key), server.Requests.Count)
        );
    }

    [Fact]
    public async Task History_combines_its_pages_and_throws_errors()
    {
        await using var server = new FaultyServer();
        using var client = new RemoraClient(new() { Url = server.Url });
        var buckets = await client
            .HistoryAsync("BTC/USDT", new(2025, 1, 1, 1, 0, 0, TimeSpan.FromHours(1)), interval: "1h")
            .ToListAsync();
        Assert.Equal([0, 1, 2], buckets.Select(bucket => bucket.Time.Hour));
        Assert.Equal(
            (12, 12, 0.0, null, "panic"),
            (
                buckets[2].Assessments,
                buckets[2].Blocked,
                buckets[2].SafeShare,
                buckets[2].RiskMean,
                buckets[2].RegimeLast
            )
        );
        Assert.Equal(7, buckets[2].More!["new_column"].GetInt32());
        Assert.StartsWith(
            "GET /api/v1/history?pair=BTC%2FUSDT&from=2025-01-01T00%3A00%3A00.000Z&interval=1h ",
            server.Requests.First()
        );

        await client.HistoryAsync("BTC/USDT", side: "short").ToListAsync();
        Assert.Contains("&side=short ", server.Requests.Last());
        Assert.Equal(2, (await client.HistoryAsync("BTC/USDT").ToListAsync()).Count); // without a start: one page
        // The second page would be empty, and is refused.
        Assert.Equal(2, (await client.HistoryAsync("FULL/USDT", DateTimeOffset.UnixEpoch).ToListAsync()).Count);

        foreach (
            var (mode, fault) in new[]
            {
                ("503", RemoraFault.Status),
                ("html", RemoraFault.NotAnAssessment),
                ("schema", RemoraFault.NotAnAssessment),
                ("truncated", RemoraFault.NotAnAssessment),
            }
        )
        {
            server.Mode = mode;
            Assert.Equal(
                fault,
                (
                    await Assert.ThrowsAsync<RemoraException>(async () =>
                        await client.HistoryAsync("BTC/USDT").ToListAsync()
                    )
                ).Fault
            );
        }
        server.Mode = "well";
        Assert.True((await client.RiskAsync("BTC/USDT")).Answered); // the breaker is not affected
    }

    [Fact]
    public async Task A_key_is_sent_only_to_the_service()
    {
        await using var server = new FaultyServer { Mode = "redirect" };
        using var client = new RemoraClient(new() { Url = server.Url, ApiKey = "secret" });
        Assert.False((await client.RiskAsync("BTC/USDT")).Answered);
        Assert.Contains("Authorization: Bearer secret", Assert.Single(server.Requests));
    }

    [Fact]
    public async Task An_invalid_request_throws_except_in_is_safe()
    {
        using var client = new RemoraClient(new() { Url = "http://127.0.0.1:1", OnError = OnError.Block });
        foreach (var pair in new[] { "", "BTCUSDT", "A,B/C", "/", "A/B:" })
        {
            await Assert.ThrowsAsync<ArgumentException>(async () => await client.RiskAsync(pair));
            Assert.False(await client.IsSafeAsync(pair));
        }
        await Assert.ThrowsAsync<ArgumentException>(async () => await client.RiskAsync("BTC/USDT", side: "up"));
    }

    [Fact]
    public void Invalid_options_are_named_without_a_misplaced_key()
    {
        RemoraClientOptions[] wrong =
        [
            new() { Url = "s3cret" },
            new() { Url = "ftp://x" },
            new() { Url = "http://me:s3cret@x" },
            new() { ApiKey = "s3cret\r\nX: y" },
            new() { OnError = (OnError)7 },
            new() { Timeout = TimeSpan.Zero },
            new() { CacheFor = TimeSpan.FromSeconds(-1) },
            new() { BreakerPeriod = TimeSpan.MaxValue },
            new() { LastFor = TimeSpan.MinValue },
        ];
        string[] named = ["Url", "Url", "Url", "ApiKey", "OnError", "Timeout", "CacheFor", "BreakerPeriod", "LastFor"];
        foreach (var (options, name) in wrong.Zip(named))
        {
            var complaint = Assert.Throws<ArgumentException>(() => new RemoraClient(options)).Message;
            Assert.Contains(name, complaint);
            Assert.DoesNotContain("s3cret", complaint);
        }
    }

    [Fact]
    public async Task A_host_has_one_client_and_validates_its_options_at_start()
    {
        await using var server = new FaultyServer();
        await using var provider = new ServiceCollection()
            .AddRemoraClient(options => options.Url = server.Url)
            .BuildServiceProvider();
        Assert.Same(provider.GetRequiredService<RemoraClient>(), provider.GetRequiredService<RemoraClient>());
        Assert.True((await provider.GetRequiredService<RemoraClient>().RiskAsync("BTC/USDT")).Answered);

        await using var broken = new ServiceCollection()
            .AddRemoraClient(options => options.Timeout = TimeSpan.Zero)
            .BuildServiceProvider();
        Assert.Contains(
            "Timeout",
            Assert
                .Throws<OptionsValidationException>(() => broken.GetRequiredService<IStartupValidator>().Validate())
                .Message
        );
    }
}
