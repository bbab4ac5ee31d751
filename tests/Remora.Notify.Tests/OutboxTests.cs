using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Logging;
using Remora.Bots.Tests;
using Remora.Supervision;
using Remora.Testing;

namespace Remora.Notify.Tests;

public sealed class OutboxTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly ManualClock _clock = new(Noon);
    private readonly LogLines _log = new();
    private readonly CancellationTokenSource _stop = new();
    private StandIn _service = null!;
    private Task _running = Task.CompletedTask;

    public async ValueTask InitializeAsync() =>
        _service = await HttpStandIn.StartAsync(
            new()
            {
                [Mood.Accepts] = (200, ""),
                [Mood.Fails] = (503, ""),
                [Mood.Refuses] = (403, ""),
            },
            url => $"ntfy://{url.Authority}/topic",
            (_, options) => options
        );

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        await _service.DisposeAsync();
        _stop.Dispose();
    }

    [Fact]
    public async Task Simultaneous_notices_become_one_message()
    {
        var outboxes = Run(new());
        foreach (var pair in new[] { "BTC/USDT", "ETH/USDT", "SOL/USDT", "XRP/USDT", "ADA/USDT" })
            outboxes.Post(Block(pair));
        outboxes.Post(Trouble("store"));
        await UntilAsync(() => _service.Taken.Count == 1);
        Assert.Contains(
            "\"Entries blocked: BTC/USDT, ETH/USDT, SOL/USDT and 2 more; Remora has trouble: store\"",
            Only()
        );
        Assert.Contains("01-01 12:00  ADA/USDT is blocked.\\n01-01 12:00  store fails.", Only());
        Assert.Contains("\"click\":\"http://remora/\"", Only()); // the page for all
    }

    [Fact]
    public async Task A_block_that_reverses_at_once_is_not_sent()
    {
        var outboxes = Run(new());
        outboxes.Post(Block("BTC/USDT"));
        outboxes.Post(Clear("BTC/USDT"));
        outboxes.Post(Block("ETH/USDT"));
        await UntilAsync(() => _service.Taken.Count == 1);
        Assert.DoesNotContain("BTC/USDT", Only());
    }

    [Fact]
    public async Task Quiet_hours_hold_messages_until_their_end_in_local_time()
    {
        var outboxes = Run(
            new()
            {
                Quiet = new(new(22, 0), new(7, 0)),
                Zone = TimeZoneInfo.CreateCustomTimeZone("+3", TimeSpan.FromHours(3), "+3", "+3"),
            }
        );
        _clock.Advance(TimeSpan.FromHours(8)); // 23:00 there
        outboxes.Post(Block("BTC/USDT"));
        await AdvanceAsync(TimeSpan.FromHours(4));
        outboxes.Post(Clear("BTC/USDT"));
        await AdvanceAsync(new TimeSpan(3, 59, 0));
        Assert.Empty(_service.Attempts);
        Assert.Equal(2, outboxes.Health[0].Waiting);
        await UntilAsync(() => _service.Taken.Count == 1);
        Assert.Contains("01-01 23:00  BTC/USDT is blocked.\\n01-02 03:00  BTC/USDT is allowed.", Only());
    }

    [Fact]
    public async Task At_most_so_many_messages_are_sent_per_hour_and_the_rest_is_one_message()
    {
        var outboxes = Run(new() { PerHour = 2 });
        for (var i = 1; i <= 2; i++)
        {
            outboxes.Post(Block($"A{i}/USDT"));
            await UntilAsync(() => outboxes.Health[0].Delivered == i);
        }
        for (var i = 3; i <= 40; i++)
        {
            outboxes.Post(Block($"A{i}/USDT"));
            await AdvanceAsync(TimeSpan.FromMinutes(1));
        }
        Assert.Equal(2, _service.Attempts.Count);
        await UntilAsync(() => outboxes.Health[0].Delivered == 3);
        Assert.Contains("18 earlier messages are left out.", _service.Taken.Last());
        Assert.Contains("A40/USDT is blocked.", _service.Taken.Last());
    }

    [Fact]
    public async Task A_digest_collects_for_its_interval()
    {
        var outboxes = Run(new() { DigestInterval = TimeSpan.FromHours(1) });
        outboxes.Post(Block("BTC/USDT"));
        await AdvanceAsync(TimeSpan.FromMinutes(59));
        outboxes.Post(Clear("BTC/USDT"));
        Assert.Empty(_service.Attempts);
        await UntilAsync(() => _service.Taken.Count == 1);
        Assert.Contains("is blocked", Only());
        Assert.Contains("is allowed", Only());
    }

    [Fact]
    public async Task A_long_outage_keeps_a_bounded_number_of_notices_and_counts_the_others()
    {
        _service.Mood = Mood.Fails;
        var outboxes = Run(new());
        for (var i = 0; i < Outbox.Capacity + 30; i++)
            outboxes.Post(Block($"A{i}/USDT"));
        Assert.True(outboxes.Health[0] is { Waiting: Outbox.Capacity, Dropped: 30 });
        await UntilAsync(() => outboxes.Health[0].ConsecutiveFailures >= 2);
        _service.Mood = Mood.Accepts;
        await UntilAsync(() => outboxes.Health[0].Delivered == 1);
        Assert.Contains($"{Outbox.Capacity + 30 - 20} earlier messages are left out.", Only());
        outboxes.Post(Block("BTC/USDT"));
        await UntilAsync(() => outboxes.Health[0].Delivered == 2);
        Assert.DoesNotContain("left out", _service.Taken.Last());
    }

    [Fact]
    public async Task The_delay_that_a_receiver_requests_is_respected()
    {
        _service.Mood = Mood.Fails;
        ((HttpStandIn)_service).RetryAfter = "600";
        var outboxes = Run(new());
        outboxes.Post(Block("BTC/USDT"));
        await UntilAsync(() => outboxes.Health[0].ConsecutiveFailures == 1);
        _service.Mood = Mood.Accepts;
        await AdvanceAsync(TimeSpan.FromMinutes(9));
        Assert.Single(_service.Attempts);
        await UntilAsync(() => outboxes.Health[0].Delivered == 1);
        Assert.Equal(2, _service.Attempts.Count);
    }

    [Fact]
    public async Task What_is_older_than_a_day_is_no_longer_sent()
    {
        _service.Mood = Mood.Fails;
        var outboxes = Run(new());
        outboxes.Post(Block("BTC/USDT"));
        await UntilAsync(() => outboxes.Health[0].ConsecutiveFailures >= 1);
        await UntilAsync(() => outboxes.Health[0] is { Waiting: 0, Dropped: 1 }, TimeSpan.FromMinutes(10));
        Assert.Empty(_service.Taken);
    }

    [Fact]
    public void A_time_is_quiet_exactly_within_its_hours() =>
        Prop.ForAll(
                ArbMap.Default.ArbFor<(ushort, ushort, uint)>(),
                drawn =>
                {
                    var (from, to, minute) = (drawn.Item1 % 1440, drawn.Item2 % 1440, drawn.Item3 % 1440);
                    var text = $"{from / 60:00}:{from % 60:00}-{to / 60:00}:{to % 60:00}";
                    if (!QuietHours.TryParse(text, out var hours))
                        return from == to;
                    var isQuiet = from < to ? minute >= from && minute < to : minute >= from || minute < to;
                    var rest = hours.Value.Rest(Noon.AddHours(-12).AddMinutes(minute), TimeZoneInfo.Utc);
                    var expected = isQuiet ? (to - minute + 1440) % 1440 : 0;
                    return hours.Value.ToString() == text && rest == TimeSpan.FromMinutes(expected);
                }
            )
            .QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("22:00")]
    [InlineData("22-7")]
    [InlineData("22:00-24:00")]
    [InlineData("07:00-07:00")]
    [InlineData("07:00-08:00-09:00")]
    public void Invalid_quiet_hours_are_refused(string text) => Assert.False(QuietHours.TryParse(text, out _));

    private Outboxes Run(NotifyOptions options)
    {
        var outboxes = new Outboxes(
            NotifierAddress.Parse(_service.Url, "test"),
            options with
            {
                Link = new("http://remora/"),
                Notifiers = _service.Options,
            },
            _clock,
            _log
        );
        _running = outboxes.RunAsync(
            new Supervisor(new() { Failed = task => _log.LogError("{Error}", task.Failure) }),
            _stop.Token
        );
        return outboxes;
    }

    private Notice Block(string pair) => new(NoticeKind.Block, pair, $"{pair} is blocked.", _clock.GetUtcNow());

    private Notice Clear(string pair) => new(NoticeKind.AllClear, pair, $"{pair} is allowed.", _clock.GetUtcNow());

    private Notice Trouble(string part) => new(NoticeKind.Trouble, part, $"{part} fails.", _clock.GetUtcNow());

    private string Only() => Assert.Single(_service.Taken);

    /// <summary>Advances in steps, so that the task of the outbox can react to each.</summary>
    private async Task AdvanceAsync(TimeSpan by)
    {
        for (var i = 0; i < 10; i++)
        {
            _clock.Advance(by / 10);
            await Task.Delay(1);
        }
    }

    private async Task UntilAsync(Func<bool> condition, TimeSpan? step = null)
    {
        for (var i = 0; i < 6000 && !condition(); i++)
        {
            _clock.Advance(step ?? TimeSpan.FromSeconds(1));
            await Task.Delay(10);
        }
        Assert.True(condition(), string.Join('\n', _log.All.Concat(_service.Attempts)));
    }
}
