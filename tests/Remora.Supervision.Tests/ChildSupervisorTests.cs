using Remora.Supervision.Processes;
using Remora.Testing;

namespace Remora.Supervision.Tests;

/// <summary>The restarts of a child process, on a clock that the test moves.</summary>
public sealed class ChildSupervisorTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(5);

    private readonly ManualClock _clock = new(DateTimeOffset.UnixEpoch);
    private readonly Supervisor _tasks;
    private readonly List<ChildHealth> _changes = [];
    private readonly ChildSupervisor<FakeChild> _child;
    private string? _startFailure;
    private Func<bool> _ping = () => true;
    private int _starts;
    private int _pings;

    public ChildSupervisorTests()
    {
        _tasks = new(time: _clock);
        _child = new(
            new()
            {
                Name = "the child",
                Start = StartAsync,
                Ping = (_, _) =>
                {
                    Interlocked.Increment(ref _pings);
                    return Task.FromResult(_ping());
                },
                PingInterval = PingInterval,
                PingTimeout = TimeSpan.FromSeconds(1),
                MaxMissedPings = 2,
                Backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(8)),
                Changed = health =>
                {
                    lock (_changes)
                        _changes.Add(health);
                },
            },
            _clock
        );
    }

    public ValueTask DisposeAsync() => _child.DisposeAsync();

    [Fact]
    public async Task A_new_supervisor_starts_nothing()
    {
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal((0, ChildState.Starting), (_starts, _child.Health.State));
        Assert.Null(_child.Last);
        _child.Start("child", _tasks);
        await UntilAsync(() => _child.Health.State == ChildState.Running);
        Assert.Equal((1, 1), (_starts, _child.Health.ProcessId));
    }

    [Fact]
    public async Task A_child_that_ends_is_replaced_after_growing_delays_that_start_over_when_it_was_steady()
    {
        await _child.StartReadyAsync("child", _tasks, CancellationToken.None);
        Assert.Equal(ChildState.Running, _child.Health.State);
        var restarts = 0;
        foreach (var delay in new[] { 1, 2, 4, 8, 8 })
        {
            _child.Last!.End($"end {restarts}");
            await UntilAsync(() => _child.Health.State == ChildState.Restarting);
            Assert.Equal($"end {restarts}", _child.Health.LastError);
            await AdvanceToStartAsync(TimeSpan.FromSeconds(delay));
            restarts++;
            await UntilAsync(() => _child.Health.State == ChildState.Running);
            Assert.Equal((restarts, restarts + 1), (_child.Health.Restarts, _child.Health.ProcessId));
        }
        _clock.Advance(TimeSpan.FromMinutes(1));
        _child.Last!.End("much later");
        await UntilAsync(() => _child.Health.State == ChildState.Restarting);
        await AdvanceToStartAsync(TimeSpan.FromSeconds(1));
        await UntilAsync(() => _child.Health.State == ChildState.Running);
        Assert.Equal("much later", _child.Health.LastError);
        lock (_changes)
            Assert.Equal(13, _changes.Count); // running, then 6 times restarting and running
    }

    [Fact]
    public async Task A_child_that_misses_too_many_pings_is_killed_and_replaced()
    {
        await _child.StartReadyAsync("child", _tasks, CancellationToken.None);
        await PingAsync();
        var answers = new Queue<bool>([false, true, false, false]);
        _ping = () => answers.Count == 0 || answers.Dequeue();
        for (var i = 0; i < 3; i++)
            await PingAsync();
        Assert.Equal(0, _child.Health.Restarts);
        await PingAsync();
        await UntilAsync(() => _child.Health.State == ChildState.Restarting);
        Assert.Equal("the child did not answer a ping within 1 s", _child.Health.LastError);
        await AdvanceToStartAsync(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_useless_child_is_killed_at_once()
    {
        await _child.StartReadyAsync("child", _tasks, CancellationToken.None);
        _ping = () => throw new ChildException("its folder was removed");
        await PingAsync();
        await UntilAsync(() => _child.Health is { State: ChildState.Restarting, LastError: "its folder was removed" });
        await UntilAsync(() => _child.Last!.IsDisposed);
    }

    [Fact]
    public async Task Callers_fail_while_it_cannot_start_and_wait_while_it_is_replaced()
    {
        _startFailure = "no such program";
        _child.Start("child", _tasks);
        var failure = await Assert.ThrowsAsync<ChildException>(() =>
            _child.RunningAsync(Patience, CancellationToken.None)
        );
        Assert.Equal("no such program", failure.Message);
        await UntilAsync(() => _child.Health.State == ChildState.Restarting);
        _startFailure = null;
        await AdvanceToStartAsync(TimeSpan.FromSeconds(1));
        await UntilAsync(() => _child.Health.State == ChildState.Running);
        Assert.Equal(0, _child.Health.Restarts); // the first that was ready
        var first = await _child.RunningAsync(Patience, CancellationToken.None);
        first.End("killed");
        await UntilAsync(() => _child.Health.State == ChildState.Restarting);
        var waiting = _child.RunningAsync(Patience, CancellationToken.None);
        Assert.False(waiting.IsCompleted);
        await AdvanceToStartAsync(TimeSpan.FromSeconds(2));
        Assert.NotSame(first, await waiting);
    }

    [Fact]
    public async Task A_first_start_that_fails_is_the_callers_and_starts_no_supervision()
    {
        _startFailure = "the folder is open in another process";
        var failure = await Assert.ThrowsAsync<ChildException>(() =>
            _child.StartReadyAsync("child", _tasks, CancellationToken.None)
        );
        Assert.Equal(_startFailure, failure.Message);
        Assert.Empty(_tasks.Tasks);
    }

    [Fact]
    public async Task Disposal_ends_the_child_and_refuses_callers()
    {
        await _child.StartReadyAsync("child", _tasks, CancellationToken.None);
        var child = _child.Last!;
        await _child.DisposeAsync();
        await _child.DisposeAsync();
        Assert.True(child.IsDisposed);
        Assert.Equal(ChildState.Stopped, _child.Health.State);
        Assert.Empty(_tasks.Tasks);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => _child.RunningAsync(Patience, CancellationToken.None));
    }

    private Task<FakeChild> StartAsync(CancellationToken cancellation)
    {
        var id = Interlocked.Increment(ref _starts);
        return _startFailure is { } failure
            ? Task.FromException<FakeChild>(new ChildException(failure))
            : Task.FromResult(new FakeChild(id));
    }

    /// <summary>
    /// Advances the clock to the next start. It happens at the end of the delay, not earlier.
    /// </summary>
    private async Task AdvanceToStartAsync(TimeSpan delay)
    {
        var starts = _starts;
        await UntilAsync(() => _clock.NextDue == delay);
        _clock.Advance(delay - TimeSpan.FromTicks(1));
        Assert.Equal(starts, _starts);
        _clock.Advance(TimeSpan.FromTicks(1));
        await UntilAsync(() => _starts == starts + 1);
    }

    private async Task PingAsync()
    {
        var pings = _pings;
        await UntilAsync(() => _clock.NextDue == PingInterval);
        _clock.Advance(PingInterval);
        await UntilAsync(() => _pings == pings + 1);
    }

    // The clock fires timers on this thread, but what waits for them may go on later.
    private static async Task UntilAsync(Func<bool> holds)
    {
        using var deadline = new CancellationTokenSource(Patience);
        while (!holds())
        {
            Assert.False(deadline.IsCancellationRequested, "it did not happen within a minute");
            await Task.Delay(5, CancellationToken.None);
        }
    }
}
