using Remora.Bots.Tests;
using Remora.Markets;
using Remora.Notify;
using Remora.Notify.Tests;
using Remora.Risk;
using Remora.Server.Settings;
using Remora.Testing;

namespace Remora.Server.Tests.Notify;

/// <summary>Messages of the whole service, over real sockets.</summary>
public sealed class NotificationTests
{
    [Fact]
    public async Task A_block_and_its_all_clear_are_sent_with_reason_and_link_and_no_secret_is_shown()
    {
        await using var ntfy = await HttpStandIn.StartAsync(
            new() { [Mood.Accepts] = (200, "{}") },
            url => $"ntfy://me:p4ssw0rd@{url.Authority}/s3cretTopic",
            (_, options) => options
        );
        using var log = new LogLines();
        await using var service = await LiveServer.StartAsync(
            LiveServer.Settings with
            {
                Notify = new()
                {
                    Addresses = NotifierAddress.Parse(ntfy.Url, "test"),
                    Pairs = [Some.Btc.Pair],
                    Events = ["block", "all_clear"],
                },
                NotifyOptions = new() { Gather = TimeSpan.FromMilliseconds(100) },
                PublicUrl = new("https://remora.example.org/risk"),
            },
            log: log
        );
        await service.WarmAsync();
        var wasSafe = service.Host.Board.Latest(Some.Btc).SafeToTrade;
        Assert.True(wasSafe, "the test needs a market that is safe");
        await service.ObserveAsync(
            Some.Observation(Signal.FearGreed, 5, Some.Time, timeToLive: TimeSpan.FromMinutes(2))
        );
        await Eventually.TrueAsync(() => ntfy.Taken.Count == 1, () => string.Join('\n', log.All));
        service.Clock.Advance(TimeSpan.FromMinutes(3)); // the value has expired
        await Eventually.TrueAsync(() => ntfy.Taken.Count == 2, () => string.Join('\n', log.All));

        var (block, allClear) = (ntfy.Taken.First(), ntfy.Taken.Last());
        Assert.Contains("\"title\":\"Entries blocked: BTC/USDT\"", block);
        Assert.Contains("\"message\":\"Long entries in BTC/USDT are blocked: extreme fear", block);
        Assert.DoesNotContain("usually", block); // there is no store
        Assert.Contains("\"click\":\"https://remora.example.org/risk/#/history?pair=BTC/USDT\"", block);
        Assert.Contains("\"message\":\"Long entries in BTC/USDT are allowed again after ", allClear);
        var status = (await service.GetAsync("/api/v1/status")).GetProperty("notifications");
        var health = Assert.Single(status.GetProperty("notifiers").EnumerateArray());
        Assert.Equal(
            ("ntfy", "healthy", 2),
            (
                health.GetProperty("name").GetString(),
                health.GetProperty("state").GetString(),
                health.GetProperty("delivered").GetInt32()
            )
        );
        var metrics = await service.Http.GetStringAsync("/metrics");
        Assert.Contains("\nremora_notifier_up{notifier=\"ntfy\"} 1\n", metrics);
        Assert.Contains("\nremora_notifier_messages_total{notifier=\"ntfy\",result=\"delivered\"} 2\n", metrics);
        Assert.Contains("\nremora_task_up{task=\"notifier ntfy\"} 1\n", metrics);
        var shown = status.GetRawText() + metrics + string.Join('\n', log.All);
        Assert.DoesNotContain("p4ssw0rd", shown);
        Assert.DoesNotContain("s3cretTopic", shown);
    }

    [Fact]
    public async Task The_heartbeat_is_called_once_the_service_answers()
    {
        var calls = 0;
        await using var monitor = await LoopbackServer.StartAsync(context =>
        {
            Interlocked.Increment(ref calls);
            context.Response.StatusCode = context.Request.Path == "/ping/s3cret" ? 200 : 404;
            return Task.CompletedTask;
        });
        var clock = new ManualClock(Some.Time.ToDateTimeOffset());
        var isWell = false;
        using var log = new LogLines();
        using var stop = new CancellationTokenSource();
        var heartbeat = new Heartbeat(new(monitor.Url, "/ping/s3cret"), () => Volatile.Read(ref isWell), clock, log);
        var running = heartbeat.RunAsync(stop.Token);
        for (var i = 0; i < 10; i++)
            clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(0, Volatile.Read(ref calls));
        Volatile.Write(ref isWell, true);
        await MoveUntilAsync(() => Volatile.Read(ref calls) >= 2);
        Assert.NotNull(heartbeat.Health.LastSuccess);
        await monitor.DisposeAsync();
        await MoveUntilAsync(() => log.All.Count > 0);
        Assert.Single(log.All);
        Assert.NotNull(heartbeat.Health.LastError);
        Assert.DoesNotContain("s3cret", log.All[0] + heartbeat.Health);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);

        async Task MoveUntilAsync(Func<bool> condition)
        {
            for (var i = 0; i < 6000 && !condition(); i++)
            {
                clock.Advance(TimeSpan.FromMinutes(1));
                await Task.Delay(10);
            }
            Assert.True(condition(), string.Join('\n', log.All));
        }
    }

    [Fact]
    public void The_settings_are_read_from_file_and_environment()
    {
        using var folder = new TemporaryFile(
            """
            {
              "notify_events": ["block"], "notify_pairs": ["btc/usdt"], "notify_side": "short", "notify_per_hour": 3,
              "notify_digest": 15, "notify_quiet": "22:00-07:00", "notify_time_zone": "UTC",
              "public_url": "https://example.org", "heartbeat_url": "https://hc-ping.com/1"
            }
            """
        );
        var settings = SettingsReader.Read(
            folder.Path,
            new Dictionary<string, string> { ["REMORA_NOTIFY_URLS"] = "ntfy://a, mailto://me:p@example.org" },
            new Dictionary<string, string>()
        );
        var notify = settings.Notify;
        Assert.Equal(["ntfy", "email"], notify.Addresses.Select(address => address.Kind));
        Assert.Equal(("block", Side.Short, 3), (Assert.Single(notify.Events), notify.Side, notify.PerHour));
        Assert.Equal([Some.Btc.Pair], notify.Pairs!);
        Assert.Equal((TimeSpan.FromMinutes(15), "22:00-07:00"), (notify.DigestInterval, notify.Quiet.ToString()));
        Assert.Equal("hc-ping.com", settings.HeartbeatUrl?.Host);
    }

    [Theory]
    [InlineData("{}", "discord://1/s3cret", "REMORA_NOTIFY_URLS: discord: expected discord://WEBHOOK_ID/WEBHOOK_TOKEN")]
    [InlineData("""{ "notify_urls": "x" }""", "", "set the environment variable REMORA_NOTIFY_URLS instead")]
    [InlineData(
        """{ "notify_quiet": "22-7" }""",
        "",
        "notify_quiet is '22-7': expected a time span such as 22:00-07:00"
    )]
    [InlineData("""{ "notify_time_zone": "Mars" }""", "", "expected an IANA time zone such as Europe/Berlin")]
    [InlineData(
        """{ "notify_events": ["price"] }""",
        "",
        "expected block, all_clear, trouble, book, decisions, or several of them"
    )]
    [InlineData("""{ "notify_per_hour": 0 }""", "", "expected a whole number from 1 to 1000")]
    public void What_is_wrong_is_named(string file, string urls, string complaint)
    {
        using var folder = new TemporaryFile(file);
        var errors = Assert
            .Throws<SettingsException>(() =>
                SettingsReader.Read(
                    folder.Path,
                    new Dictionary<string, string> { ["REMORA_NOTIFY_URLS"] = urls },
                    new Dictionary<string, string>()
                )
            )
            .Errors;
        Assert.Contains(complaint, Assert.Single(errors));
        Assert.DoesNotContain("s3cret", errors[0]);
    }

    private sealed class TemporaryFile : IDisposable
    {
        public TemporaryFile(string content) => File.WriteAllText(Path, content);

        public string Path { get; } = System.IO.Path.GetTempFileName();

        public void Dispose() => File.Delete(Path);
    }
}
