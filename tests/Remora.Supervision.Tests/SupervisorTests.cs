using Remora.Testing;

namespace Remora.Supervision.Tests;

public sealed class SupervisorTests : IDisposable
{
    private readonly ManualClock _clock = new(DateTimeOffset.UnixEpoch);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<string?> _told = [];
    private readonly Supervisor _supervisor;

    public SupervisorTests() => _supervisor = new(new() { Failed = task => _told.Add(task.LastError) }, _clock);

    public void Dispose() => _stop.Dispose();

    [Fact]
    public async Task A_task_that_fails_is_started_again_after_growing_pauses_and_told_once()
    {
        var task = new ControlledTask();
        var running = _supervisor.RunAsync("recorder", task.RunAsync, _stop.Token);
        Assert.Equal(("recorder", SupervisedState.Running, 0), (Health.Name, Health.State, Health.Restarts));
        foreach (var pause in new[] { 0.5, 1, 2, 4, 8, 16, 30, 30 })
        {
            task.Fail(new IOException("too many open files"));
            Assert.Equal(
                (SupervisedState.Restarting, "IOException: too many open files", _clock.GetUtcNow()),
                (Health.State, Health.LastError, Health.LastErrorAt)
            );
            var runs = task.Runs;
            _clock.Advance(TimeSpan.FromSeconds(pause) - TimeSpan.FromTicks(1));
            Assert.Equal(runs, task.Runs);
            _clock.Advance(TimeSpan.FromTicks(1));
            await EventuallyAsync(() => task.Runs == runs + 1 && Health.State == SupervisedState.Running);
        }
        Assert.Equal(8, Health.Restarts);
        Assert.Equal(["IOException: too many open files"], _told);

        _clock.Advance(TimeSpan.FromMinutes(1)); // it runs well for a while: the next failure is another one
        task.Fail(new IOException("no such file"));
        Assert.Equal("IOException: no such file", _told[^1]);
        _clock.Advance(TimeSpan.FromSeconds(0.5));
        await EventuallyAsync(() => Health.State == SupervisedState.Running);

        await _stop.CancelAsync();
        await running;
        Assert.Empty(_supervisor.Tasks);
        Assert.Equal(2, _told.Count);
    }

    [Fact]
    public async Task A_task_that_ends_by_itself_is_started_again()
    {
        var task = new ControlledTask();
        var running = _supervisor.RunAsync("feed", task.RunAsync, _stop.Token);
        task.End();
        Assert.Contains("ended unexpectedly", Health.LastError);
        _clock.Advance(TimeSpan.FromSeconds(0.5));
        await EventuallyAsync(() => task.Runs == 2);
        await _stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task A_task_that_waits_to_be_started_again_can_be_stopped()
    {
        var running = _supervisor.RunAsync("feed", _ => throw new InvalidOperationException("at once"), _stop.Token);
        Assert.Equal(SupervisedState.Restarting, Health.State);
        await _stop.CancelAsync();
        await running;
        Assert.Empty(_supervisor.Tasks);
    }

    [Fact]
    public async Task A_task_that_must_not_be_started_again_hands_its_failure_on()
    {
        var task = new ControlledTask();
        var running = _supervisor.RunOnceAsync("pump", task.RunAsync, _stop.Token);
        Assert.Equal("pump", Health.Name);
        task.Fail(new KeyNotFoundException("a market"));
        await Assert.ThrowsAsync<KeyNotFoundException>(() => running);
        task = new();
        running = _supervisor.RunOnceAsync("pump", task.RunAsync, _stop.Token);
        task.End();
        Assert.Contains("'pump' ended", (await Assert.ThrowsAsync<InvalidOperationException>(() => running)).Message);
        Assert.Equal(1, task.Runs);
    }

    [Fact]
    public void A_problem_is_told_when_it_begins_and_when_it_has_ended()
    {
        var lines = new List<string>();
        var incidents = new Incidents(lines.Add);
        incidents.End("disk", "there is room again");
        for (var i = 0; i < 3; i++)
            incidents.Begin("disk", $"the disk is full, {i} rows wait");
        incidents.Begin("node", "Node.js is missing");
        Assert.Equal(["the disk is full, 2 rows wait", "Node.js is missing"], incidents.Current);
        incidents.End("disk", "there is room again");
        incidents.End("disk", "there is room again");
        incidents.Begin("disk", "the disk is full");
        incidents.Once("damaged", "a file is damaged");
        incidents.Once("damaged", "another file is damaged");
        Assert.Equal(
            [
                "the disk is full, 0 rows wait",
                "Node.js is missing",
                "there is room again",
                "the disk is full",
                "a file is damaged",
            ],
            lines
        );
        Assert.Equal(["Node.js is missing", "the disk is full"], incidents.Current);
    }

    /// <summary>A log has them at different levels.</summary>
    [Fact]
    public void Problems_and_recoveries_can_be_told_apart()
    {
        var (problems, recoveries) = (new List<string>(), new List<string>());
        var incidents = new Incidents(problems.Add, recoveries.Add);
        incidents.Begin("disk", "the disk is full");
        incidents.End("disk", "the disk has room");
        incidents.Begin("send: a", "a is unreachable");
        incidents.EndAll("send: ", "a is reachable");
        Assert.Equal(["the disk is full", "a is unreachable"], problems);
        Assert.Equal(["the disk has room", "a is reachable"], recoveries);
    }

    private SupervisedTask Health => Assert.Single(_supervisor.Tasks);

    // The clock fires timers on this thread, but what waits for them may go on later.
    private static async Task EventuallyAsync(Func<bool> holds)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!holds())
        {
            Assert.False(deadline.IsCancellationRequested, "it did not happen within a minute");
            await Task.Delay(5, CancellationToken.None);
        }
    }

    private sealed class ControlledTask
    {
        private TaskCompletionSource _end = new();

        public int Runs { get; private set; }

        public async Task RunAsync(CancellationToken cancellation)
        {
            _end = new();
            Runs++;
            await _end.Task.WaitAsync(cancellation);
        }

        public void Fail(Exception e) => _end.SetException(e);

        public void End() => _end.SetResult();
    }
}
