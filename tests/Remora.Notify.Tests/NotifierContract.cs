using System.Text.Json;
using Microsoft.Extensions.Logging;
using Remora.Bots.Tests;
using Remora.Supervision;
using Remora.Testing;

namespace Remora.Notify.Tests;

/// <summary>What every notifier must do, over real sockets.</summary>
public abstract class NotifierContract : IAsyncLifetime
{
    private readonly ManualClock _clock = new(Some.Time.ToDateTimeOffset());
    private readonly LogLines _log = new();
    private readonly CancellationTokenSource _stop = new();
    private StandIn _service = null!;
    private Task _running = Task.CompletedTask;

    private protected abstract Task<StandIn> StartAsync();

    /// <summary>Returns the recorded request of a block and of its all-clear.</summary>
    private protected abstract (string Block, string AllClear) Recorded(string url);

    /// <summary>Returns an attempt without what differs between two runs.</summary>
    private protected virtual string Stable(string attempt) => attempt;

    public async ValueTask InitializeAsync() => _service = await StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        await _service.DisposeAsync();
        _stop.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_block_and_its_all_clear_are_sent_in_the_recorded_format()
    {
        var outboxes = Run();
        outboxes.Post(Block());
        await UntilAsync(() => _service.Taken.Count == 1);
        outboxes.Post(AllClear());
        await UntilAsync(() => outboxes.Health[0].Delivered == 2);
        var (block, allClear) = Recorded(_service.Url);
        Assert.Equal([block, allClear], _service.Taken.Select(Stable));
        Assert.Equal(NotifierState.Healthy, outboxes.Health[0].State);
        Assert.Empty(_log.All);
    }

    [Fact]
    public async Task A_message_that_fails_is_sent_again_until_it_is_accepted_once()
    {
        _service.Mood = Mood.Fails;
        var outboxes = Run();
        outboxes.Post(Block());
        await UntilAsync(() => outboxes.Health[0].ConsecutiveFailures >= 3);
        Assert.Equal(NotifierState.Retrying, outboxes.Health[0].State);
        Assert.Equal(1, outboxes.Health[0].Waiting);
        _service.Mood = Mood.Accepts;
        await UntilAsync(() => outboxes.Health[0] is { Delivered: 1, Waiting: 0 });
        Assert.Single(_service.Taken);
        // One line at the beginning of the outage, and one at its end.
        Assert.Equal(2, _log.All.Count);
        AssertNoSecrets(outboxes);
    }

    [Fact]
    public async Task A_refused_message_is_dropped_and_the_next_one_is_tried()
    {
        _service.Mood = Mood.Refuses;
        var outboxes = Run();
        outboxes.Post(Block());
        await UntilAsync(() => outboxes.Health[0].Refused == 1);
        var attempts = _service.Attempts.Count;
        for (var i = 0; i < 20; i++)
            _clock.Advance(TimeSpan.FromMinutes(5));
        Assert.True(outboxes.Health[0] is { State: NotifierState.Refused, Waiting: 0 });
        Assert.Equal(attempts, _service.Attempts.Count);
        Assert.Contains(_log.All, line => line.Contains("refuses the message 'Entries blocked: BTC/USDT'"));
        AssertNoSecrets(outboxes);
        _service.Mood = Mood.Accepts;
        outboxes.Post(AllClear());
        await UntilAsync(() => outboxes.Health[0].Delivered == 1);
        Assert.Single(_service.Taken);
        Assert.Equal(NotifierState.Healthy, outboxes.Health[0].State);
    }

    [Fact]
    public async Task An_unreachable_service_puts_no_secret_into_log_and_health()
    {
        var (url, options) = (_service.Url, _service.Options);
        await _service.DisposeAsync();
        var outboxes = Run(url, options);
        outboxes.Post(Block());
        await UntilAsync(() => outboxes.Health[0].ConsecutiveFailures >= 2);
        Assert.Single(_log.All);
        AssertNoSecrets(outboxes);
        _service = await StartAsync();
    }

    private Outboxes Run() => Run(_service.Url, _service.Options);

    private Outboxes Run(string url, NotifierOptions notifiers)
    {
        var addresses = NotifierAddress.Parse(url, "test");
        Assert.All(_service.Secrets, secret => Assert.DoesNotContain(secret, addresses[0].ToString()));
        var outboxes = new Outboxes(addresses, new() { Notifiers = notifiers }, _clock, _log);
        _running = outboxes.RunAsync(
            new Supervisor(new() { Failed = task => _log.LogError("{Error}", task.Failure) }),
            _stop.Token
        );
        return outboxes;
    }

    private Notice Block() =>
        new(
            NoticeKind.Block,
            "BTC/USDT",
            "Entries in BTC/USDT are blocked: Risk is extreme at 0.90 & <rising>.",
            _clock.GetUtcNow(),
            new("http://127.0.0.1:8000/#/history?pair=BTC/USDT")
        );

    private Notice AllClear() =>
        new(NoticeKind.AllClear, "BTC/USDT", "Entries in BTC/USDT are allowed again.", _clock.GetUtcNow());

    private void AssertNoSecrets(Outboxes outboxes)
    {
        var text = string.Join('\n', _log.All) + JsonSerializer.Serialize(outboxes.Health);
        Assert.All(_service.Secrets, secret => Assert.DoesNotContain(secret, text));
    }

    private async Task UntilAsync(Func<bool> condition)
    {
        for (var i = 0; i < 6000 && !condition(); i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(10);
        }
        Assert.True(condition(), string.Join('\n', _log.All.Concat(_service.Attempts)));
    }
}
