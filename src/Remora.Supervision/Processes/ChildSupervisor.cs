namespace Remora.Supervision.Processes;

/// <summary>
/// Keeps one child process running: starts it, pings it, kills it when it stops answering, and
/// replaces it after a growing delay when it ends. Disposal ends the process.
/// </summary>
/// <typeparam name="TChild">One run of the process.</typeparam>
public sealed class ChildSupervisor<TChild> : IAsyncDisposable
    where TChild : class, IChild
{
    private readonly ChildSupervisorOptions<TChild> _options;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _stop = new();
    private volatile TaskCompletionSource<TChild> _running = NewSource();
    private volatile ChildHealth _health;
    private volatile TChild? _last;
    private TChild? _first;
    private Task _supervision = Task.CompletedTask;
    private int _failures;
    private int _disposed;

    /// <summary>Creates a supervisor. It starts nothing.</summary>
    /// <param name="options">The process, and how it is supervised.</param>
    /// <param name="clock">The clock of all delays; the system clock if null.</param>
    public ChildSupervisor(ChildSupervisorOptions<TChild> options, TimeProvider? clock = null)
    {
        _options = options;
        _clock = clock ?? TimeProvider.System;
        _health = new(ChildState.Starting, _clock.GetUtcNow(), Restarts: 0, LastError: null, ProcessId: null);
    }

    /// <summary>The health of the process.</summary>
    public ChildHealth Health => _health;

    /// <summary>The process that was ready last, even if it has ended; null before that.</summary>
    public TChild? Last => _last;

    /// <summary>Starts the process in the background, and supervises it from then on.</summary>
    /// <param name="task">The name of the background task.</param>
    /// <param name="supervisor">Runs the background task.</param>
    public void Start(string task, Supervisor supervisor) =>
        _supervision = supervisor.RunAsync(task, RunAsync, _stop.Token);

    /// <summary>Starts the process and supervises it once it is ready.</summary>
    /// <param name="task">The name of the background task.</param>
    /// <param name="supervisor">Runs the background task.</param>
    /// <param name="cancellation">Cancels the start.</param>
    /// <exception cref="ChildException">The process cannot start. Nothing is
    /// supervised.</exception>
    public async Task StartReadyAsync(string task, Supervisor supervisor, CancellationToken cancellation)
    {
        _first = await _options.Start(cancellation);
        Start(task, supervisor);
    }

    /// <summary>
    /// Returns the running process. Waits while it starts or is replaced.
    /// </summary>
    /// <param name="timeout">How long to wait.</param>
    /// <param name="cancellation">Cancels the wait.</param>
    /// <exception cref="ChildException">
    /// The last start failed, so that waiting would not help, or the time is over.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The supervisor is disposed.</exception>
    public async Task<TChild> RunningAsync(TimeSpan timeout, CancellationToken cancellation)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) == 1, this);
        try
        {
            while (true)
            {
                var source = _running;
                var child = await source.Task.WaitAsync(timeout, cancellation);
                if (!child.Ended.IsCompleted)
                    return child;
                Renew(source);
            }
        }
        catch (TimeoutException)
        {
            throw new ChildException(_health.LastError ?? $"{_options.Name} is starting");
        }
    }

    /// <summary>Ends the process and its supervision.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
            return;
        await _stop.CancelAsync();
        await _supervision;
        Became(ChildState.Stopped, _health.LastError);
        Refuse(new ObjectDisposedException(_options.Name));
        _stop.Dispose();
    }

    private async Task RunAsync(CancellationToken stop)
    {
        while (true)
        {
            if (_running.Task.IsFaulted)
                _running = NewSource();
            Became(ChildState.Restarting, await RunOnceAsync(stop));
            await Task.Delay(_options.Backoff.After(++_failures), _clock, stop);
        }
    }

    /// <summary>Runs the process until it ends. Returns the reason.</summary>
    private async Task<string> RunOnceAsync(CancellationToken stop)
    {
        TChild child;
        try
        {
            child = Interlocked.Exchange(ref _first, null) ?? await _options.Start(stop);
        }
        catch (ChildException e)
        {
            Refuse(new ChildException(e.Message));
            return e.Message;
        }
        await using (child)
        {
            var isRestart = _last is not null;
            _last = child;
            _health = _health with { Restarts = _health.Restarts + (isRestart ? 1 : 0) };
            Became(ChildState.Running, _health.LastError, child.Id);
            var running = _running;
            running.TrySetResult(child);
            var started = _clock.GetTimestamp();
            try
            {
                return await WatchAsync(child, stop);
            }
            finally
            {
                if (_clock.GetElapsedTime(started) >= _options.SteadyAfter)
                    _failures = 0;
                Renew(running);
            }
        }
    }

    /// <summary>Pings the process until it ends or does not answer. Returns the reason.</summary>
    private async Task<string> WatchAsync(TChild child, CancellationToken stop)
    {
        try
        {
            for (var missed = 0; missed < _options.MaxMissedPings; )
            {
                if (await EndsWithinAsync(child, _options.PingInterval, stop))
                    return await child.Ended;
                missed = await AnswersAsync(child, stop) ? 0 : missed + 1;
            }
            child.Kill($"{_options.Name} did not answer a ping within {_options.PingTimeout.TotalSeconds:0.##} s");
        }
        catch (ChildException e)
        {
            child.Kill(e.Message);
        }
        return await child.Ended;
    }

    private async Task<bool> EndsWithinAsync(TChild child, TimeSpan time, CancellationToken stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var first = await Task.WhenAny(child.Ended, Task.Delay(time, _clock, over.Token));
        await over.CancelAsync();
        stop.ThrowIfCancellationRequested();
        return first == child.Ended;
    }

    private async Task<bool> AnswersAsync(TChild child, CancellationToken stop)
    {
        using var deadline = new CancellationTokenSource(_options.PingTimeout, _clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, stop);
        try
        {
            return await _options.Ping(child, both.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return false;
        }
    }

    private void Became(ChildState state, string? error, int? processId = null)
    {
        _health = new(state, _clock.GetUtcNow(), _health.Restarts, error, processId);
        _options.Changed?.Invoke(_health);
    }

    /// <summary>Makes callers fail at once until the process is started again.</summary>
    private void Refuse(Exception reason)
    {
        _running.TrySetException(reason);
        _ = _running.Task.Exception; // observes the exception: there may be no caller
    }

    /// <summary>Makes callers wait for the next process.</summary>
    private void Renew(TaskCompletionSource<TChild> ended) =>
        Interlocked.CompareExchange(ref _running, NewSource(), ended);

    private static TaskCompletionSource<TChild> NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
