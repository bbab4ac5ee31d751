using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Remora.Bots.Tests;
using Remora.Testing;

namespace Remora.Client.Tests;

/// <summary>
/// Each fault follows OnError within the timeout, costs one attempt per breaker period, and is
/// logged once.
/// </summary>
public sealed class FaultTests
{
    public static TheoryData<string, OnError> Faults =>
        [.. FaultyServer.Faults.SelectMany(fault => Enum.GetValues<OnError>().Select(onError => (fault, onError)))];

    [Theory, MemberData(nameof(Faults))]
    public async Task A_fault_follows_on_error_and_is_requested_and_logged_once(string fault, OnError onError)
    {
        await using var server = new FaultyServer { Mode = fault };
        using var log = new LogLines();
        // The clock stands still, so the breaker stays open. Slow answers exceed a deadline by the
        // same clock, which the test moves.
        var clock = new ManualClock(DateTimeOffset.UnixEpoch);
        using var client = new RemoraClient(
            new() { Url = server.Url, OnError = onError },
            log.CreateLogger<RemoraClient>(),
            clock
        );

        var first = client.RiskAsync("BTC/USDT").AsTask();
        while (!first.IsCompleted)
        {
            if (!server.Requests.IsEmpty && fault is "slow" or "dribble")
                clock.Advance(TimeSpan.FromSeconds(2));
            await Task.WhenAny(first, Task.Delay(20));
        }
        Risk[] answers =
        [
            await first,
            await client.RiskAsync("BTC/USDT"),
            .. (await client.BatchAsync(["BTC/USDT"])).Values,
        ];
        // Last has no last answer here and allows the entry.
        Assert.All(
            answers,
            answer => Assert.Equal((onError != OnError.Block, false), (answer.SafeToTrade, answer.Answered))
        );
        Assert.Equal(onError != OnError.Block, await client.IsSafeAsync("BTC/USDT"));
        // .NET retries immediately when a connection breaks before the first byte.
        Assert.InRange(server.Requests.Count, 1, fault is "hangup" ? 4 : 1);
        Assert.Single(log.All);
        Assert.DoesNotContain("Exception", answers[0].Error!);
    }

    [Fact]
    public async Task The_default_timeout_applies_to_a_silent_server()
    {
        await using var server = new FaultyServer { Mode = "slow" };
        using var client = new RemoraClient(new() { Url = server.Url });
        var started = Stopwatch.GetTimestamp();
        var answer = await client.RiskAsync("BTC/USDT");
        Assert.True(Stopwatch.GetElapsedTime(started) > TimeSpan.FromSeconds(1.9));
        Assert.Contains("within 2 s", answer.Error);
        Assert.True(answer.SafeToTrade);
    }

    [Theory]
    [InlineData(OnError.Allow)]
    [InlineData(OnError.Block)]
    [InlineData(OnError.Last)]
    public async Task A_closed_port_follows_on_error(OnError onError)
    {
        using var log = new LogLines();
        using var client = new RemoraClient(
            new() { Url = "http://127.0.0.1:1", OnError = onError },
            log.CreateLogger<RemoraClient>()
        );
        Assert.Equal(onError != OnError.Block, await client.IsSafeAsync("BTC/USDT"));
        Assert.Equal(onError != OnError.Block, await client.IsSafeAsync("ETH/USDT"));
        Assert.Single(log.All);
    }

    [Fact]
    public async Task One_request_per_breaker_period_and_a_line_after_recovery()
    {
        await using var server = new FaultyServer { Mode = "500" };
        using var log = new LogLines();
        var clock = new ManualClock(DateTimeOffset.UnixEpoch);
        using var client = new RemoraClient(
            new() { Url = server.Url, CacheFor = TimeSpan.Zero },
            log.CreateLogger<RemoraClient>(),
            clock
        );
        for (var second = 0; second < 30; second++, clock.Advance(TimeSpan.FromSeconds(1)))
            await client.RiskAsync("BTC/USDT");
        Assert.Equal(3, server.Requests.Count);
        server.Mode = "well";
        Assert.True((await client.RiskAsync("BTC/USDT")).Answered);
        Assert.Equal([LogLevel.Warning, LogLevel.Information], log.Levels);
        Assert.Contains("30 calls had no answer", log.All[1]);
    }

    [Fact]
    public async Task Retry_after_is_respected()
    {
        await using var server = new FaultyServer { Mode = "429" };
        var clock = new ManualClock(DateTimeOffset.UnixEpoch);
        using var client = new RemoraClient(new() { Url = server.Url }, clock: clock);
        for (var second = 0; second < 61; second++, clock.Advance(TimeSpan.FromSeconds(1)))
            await client.RiskAsync("BTC/USDT");
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task Last_is_the_last_answer_while_it_is_recent()
    {
        await using var server = new FaultyServer { Safe = false };
        var clock = new ManualClock(DateTimeOffset.UnixEpoch);
        using var client = new RemoraClient(
            new()
            {
                Url = server.Url,
                OnError = OnError.Last,
                LastFor = TimeSpan.FromMinutes(1),
            },
            clock: clock
        );
        Assert.False(await client.IsSafeAsync("BTC/USDT"));
        server.Mode = "500";
        clock.Advance(TimeSpan.FromSeconds(30));
        var last = await client.RiskAsync("BTC/USDT");
        Assert.Equal((false, false), (last.SafeToTrade, last.Answered));
        Assert.Equal(["panic"], last.BlockedBy);
        Assert.True(await client.IsSafeAsync("BTC/USDT", "short")); // another question, which has no last answer
        clock.Advance(TimeSpan.FromSeconds(31));
        Assert.True(await client.IsSafeAsync("BTC/USDT"));
    }

    /// <summary>
    /// A service without market data counts as no answer: an answer that allows entries follows
    /// OnError in every method; an answer that blocks is kept.
    /// </summary>
    [Theory]
    [
        InlineData(OnError.Allow, "unknown", true, true, true),
        InlineData(OnError.Block, "unknown", true, false, false),
        InlineData(OnError.Last, "unknown", true, true, true)
    ]
    [InlineData(OnError.Allow, "unknown", false, false, true), InlineData(OnError.Block, "unknown", false, false, true)]
    [
        InlineData(OnError.Block, "warming_up", true, true, true),
        InlineData(OnError.Block, "stale", true, true, true),
        InlineData(OnError.Block, "ok", true, true, true)
    ]
    public async Task Unknown_states_follow_on_error(
        OnError onError,
        string state,
        bool says,
        bool isSafe,
        bool isAnswered
    )
    {
        await using var server = new FaultyServer { State = state, Safe = says };
        using var client = new RemoraClient(new() { Url = server.Url, OnError = onError });
        var risk = await client.RiskAsync("BTC/USDT");
        Assert.Equal((isSafe, isAnswered, state), (risk.SafeToTrade, risk.Answered, risk.State));
        Assert.Equal(isSafe, await client.IsSafeAsync("BTC/USDT")); // from the cache
        Assert.Equal(
            (isSafe, isAnswered),
            (await client.BatchAsync(["ETH/USDT"]))["ETH/USDT"] is var one ? (one.SafeToTrade, one.Answered) : default
        );
        server.Streams.Enqueue($"id: 1-1\nevent: assessment\ndata: {server.Answer("BTC/USDT")}\n\n");
        await foreach (var streamed in client.StreamAsync())
        {
            Assert.Equal((isSafe, isAnswered), (streamed.SafeToTrade, streamed.Answered));
            break;
        }
        if (isAnswered)
            return;
        Assert.Equal("there is no current market data for BTC/USDT: It is so.", risk.Error);
        Assert.Equal((0.0, "no_entry"), (risk.PositionScale, risk.Recommendation));
    }

    [Fact]
    public async Task Last_is_the_last_answer_with_market_data()
    {
        await using var server = new FaultyServer { Safe = false };
        var clock = new ManualClock(DateTimeOffset.UnixEpoch);
        using var client = new RemoraClient(
            new()
            {
                Url = server.Url,
                OnError = OnError.Last,
                LastFor = TimeSpan.FromMinutes(1),
                CacheFor = TimeSpan.Zero,
            },
            clock: clock
        );
        Assert.True((await client.RiskAsync("BTC/USDT")).Answered);
        (server.Safe, server.State) = (true, "unknown");
        foreach (var seconds in new[] { 20, 39 })
        {
            clock.Advance(TimeSpan.FromSeconds(seconds));
            var last = await client.RiskAsync("BTC/USDT");
            Assert.Equal((false, false, "ok"), (last.SafeToTrade, last.Answered, last.State));
            Assert.Contains("the last answer, because there is no current market data for BTC/USDT", last.Error);
        }
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.True(await client.IsSafeAsync("BTC/USDT"));
    }

    [Fact]
    public async Task A_refused_request_is_logged_once_and_does_not_open_the_breaker()
    {
        await using var server = new FaultyServer { Tracked = ["BTC/USDT"] };
        using var log = new LogLines();
        using var client = new RemoraClient(
            new()
            {
                Url = server.Url,
                OnError = OnError.Block,
                CacheFor = TimeSpan.Zero,
            },
            log.CreateLogger<RemoraClient>()
        );
        for (var i = 0; i < 3; i++)
        {
            var answers = await client.BatchAsync(["btc/usdt", "NOPE/USDT", "nonsense"]);
            Assert.Equal([true, false, false], answers.Values.Select(answer => answer.Answered));
            Assert.Equal("BTC/USDT", answers["btc/usdt"].Pair);
        }
        Assert.Equal((3, 2), (server.Requests.Count, log.All.Count)); // NOPE/USDT and nonsense, once each
        Assert.False((await client.BatchAsync(["NOPE/USDT"]))["NOPE/USDT"].SafeToTrade);
    }

    [Fact]
    public async Task Cancellation_is_not_an_outage()
    {
        await using var server = new FaultyServer { Mode = "slow" };
        using var log = new LogLines();
        using var client = new RemoraClient(
            new() { Url = server.Url, Timeout = TimeSpan.FromMinutes(1) },
            log.CreateLogger<RemoraClient>()
        );
        using var patience = new CancellationTokenSource();
        var asking = client.RiskAsync("BTC/USDT", cancellation: patience.Token).AsTask();
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        Assert.Empty(log.All);
        Assert.True(await client.IsSafeAsync("BTC/USDT", cancellation: patience.Token)); // never throws
    }
}
