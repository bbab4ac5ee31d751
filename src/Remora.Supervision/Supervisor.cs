namespace Remora.Supervision;

/// <summary>
/// Runs background tasks. A task that fails, or that ends without being stopped, is restarted
/// after a delay that grows while it keeps failing. <see cref="Tasks"/> contains the health of each
/// task.
/// </summary>
public sealed class Supervisor
{
    private readonly SupervisorOptions _options;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly List<Entry> _entries = [];

    /// <param name="options">The delays, and the receiver of failures.</param>
    /// <param name="time">The clock of the delays; the system clock if null.</param>
    public Supervisor(SupervisorOptions? options = null, TimeProvider? time = null)
    {
        _options = options ?? new();
        _time = time ?? TimeProvider.System;
    }

    /// <summary>The supervised tasks, in the order in which they were started.</summary>
    public IReadOnlyList<SupervisedTask> Tasks
    {
        get
        {
            lock (_lock)
                return [.. _entries.Select(entry => entry.Health)];
        }
    }

    /// <summary>
    /// Runs a task until it is cancelled, and restarts it whenever it fails. Throws nothing.
    /// </summary>
    /// <param name="name">The task's name in health, metrics and log.</param>
    /// <param name="run">The task. It may be run several times, one after another.</param>
    /// <param name="cancellation">Stops the task. The result completes when the task has
    /// ended.</param>
    public async Task RunAsync(string name, Func<CancellationToken, Task> run, CancellationToken cancellation)
    {
        var entry = Add(name);
        try
        {
            var failures = 0;
            while (true)
            {
                var started = _time.GetTimestamp();
                if (await FailureAsync(run, cancellation) is not { } failure)
                    return;
                if (_time.GetElapsedTime(started) >= _options.SteadyAfter)
                    failures = 0;
                entry.Failed(failure, _time.GetUtcNow());
                if (++failures == 1)
                    _options.Failed?.Invoke(entry.Health);
                await Task.Delay(_options.Backoff.After(failures), _time, cancellation)
                    .UntilCancelledAsync(cancellation);
                if (cancellation.IsCancellationRequested)
                    return;
                entry.Restarted();
            }
        }
        finally
        {
            lock (_lock)
                _entries.Remove(entry);
        }
    }

    /// <summary>
    /// Runs a task that must not be restarted, because the state it leaves behind cannot be
    /// trusted.
    /// </summary>
    /// <param name="name">The task's name in health and metrics.</param>
    /// <param name="run">The task.</param>
    /// <param name="cancellation">Stops the task.</param>
    /// <exception cref="InvalidOperationException">The task ended although nothing stopped
    /// it.</exception>
    /// <remarks>
    /// Exceptions of the task are thrown to the caller, which decides what ends with it.
    /// </remarks>
    public async Task RunOnceAsync(string name, Func<CancellationToken, Task> run, CancellationToken cancellation)
    {
        var entry = Add(name);
        try
        {
            await run(cancellation).UntilCancelledAsync(cancellation);
            if (!cancellation.IsCancellationRequested)
                throw Ended($"the task '{name}'");
        }
        finally
        {
            lock (_lock)
                _entries.Remove(entry);
        }
    }

    private static async Task<Exception?> FailureAsync(
        Func<CancellationToken, Task> run,
        CancellationToken cancellation
    )
    {
        try
        {
            await run(cancellation);
            return cancellation.IsCancellationRequested ? null : Ended("it");
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception e) // any exception ends the task, and the failure must be visible
        {
            return e;
        }
    }

    private Entry Add(string name)
    {
        var entry = new Entry(name);
        lock (_lock)
            _entries.Add(entry);
        return entry;
    }

    private static InvalidOperationException Ended(string what) =>
        new($"{what} ended unexpectedly: it was not stopped");

    private sealed class Entry(string name)
    {
        private volatile SupervisedTask _health = new(
            name,
            SupervisedState.Running,
            Restarts: 0,
            LastError: null,
            LastErrorAt: null
        );

        public SupervisedTask Health => _health;

        public void Failed(Exception e, DateTimeOffset at) =>
            _health = _health with
            {
                State = SupervisedState.Restarting,
                LastError = $"{e.GetType().Name}: {e.Message}",
                LastErrorAt = at,
                Failure = e,
            };

        public void Restarted() =>
            _health = _health with { State = SupervisedState.Running, Restarts = _health.Restarts + 1 };
    }
}
