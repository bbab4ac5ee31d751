using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Remora.Supervision.Processes;

/// <summary>
/// One run of a program that reads lines from standard input, writes lines to standard output, and
/// ends when its input closes. Therefore it never outlives this process. The last lines of standard
/// error explain its end.
/// </summary>
public sealed class ChildProcess : IChild
{
    private const int MaxErrorLines = 20;

    private readonly ChildOptions _options;
    private readonly TimeProvider _clock;
    private readonly Process _process;
    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly SemaphoreSlim _writing = new(1, 1);
    private string? _killed;

    /// <summary>Creates a child process that is not started yet.</summary>
    /// <param name="options">The program, and how it is stopped.</param>
    /// <param name="clock">The clock of the timeouts; the system clock if null.</param>
    public ChildProcess(ChildOptions options, TimeProvider? clock = null)
    {
        (_options, _clock) = (options, clock ?? TimeProvider.System);
        var start = options.Start;
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        start.StandardOutputEncoding = start.StandardErrorEncoding = Encoding.UTF8;
        start.UseShellExecute = false;
        start.CreateNoWindow = true;
        _process = new() { StartInfo = start };
    }

    /// <inheritdoc/>
    public int Id { get; private set; }

    /// <inheritdoc/>
    public Task<string> Ended => _ended.Task;

    /// <summary>Starts the program. Called once.</summary>
    /// <exception cref="Win32Exception">The program cannot be started.</exception>
    public void Start()
    {
        _process.Start();
        Id = _process.Id;
        _ = ReadToEndAsync();
    }

    /// <summary>
    /// Waits until the process is ready. Ends a process that is not ready in time.
    /// </summary>
    /// <param name="ready">Completes when the process is ready, or fails.</param>
    /// <param name="timeout">How long to wait.</param>
    /// <param name="cancellation">Ends the process.</param>
    /// <exception cref="ChildException">The process has ended, or was not ready in
    /// time.</exception>
    public async Task ReadyAsync(Task ready, TimeSpan timeout, CancellationToken cancellation)
    {
        try
        {
            var first = await Task.WhenAny(ready, Ended).WaitAsync(timeout, _clock, cancellation);
            // Output that was written before the end counts.
            if (first == Ended && !ready.IsCompleted)
                throw new ChildException(await Ended);
            await ready;
        }
        catch (Exception e)
        {
            if (e is TimeoutException)
                Kill($"{_options.Name} was not ready within {timeout.TotalSeconds:0.##} s");
            await DisposeAsync();
            if (e is TimeoutException)
                throw new ChildException(await Ended);
            throw;
        }
    }

    /// <summary>Writes a line to standard input.</summary>
    /// <exception cref="IOException">The input is closed.</exception>
    public async Task WriteLineAsync(string line, CancellationToken cancellation)
    {
        await _writing.WaitAsync(cancellation);
        try
        {
            await _process.StandardInput.WriteAsync((line + "\n").AsMemory(), cancellation);
            await _process.StandardInput.FlushAsync(cancellation);
        }
        catch (InvalidOperationException e)
        {
            throw new IOException("the input of the process is closed", e);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <inheritdoc/>
    public void Kill(string reason)
    {
        try
        {
            if (_process.HasExited)
                return;
            Interlocked.CompareExchange(ref _killed, reason, null);
            _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // The process has ended.
        }
    }

    /// <summary>
    /// Closes standard input, which ends the process, and kills a process that does not end in
    /// time.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Id == 0)
            return; // not started
        try
        {
            _process.StandardInput.Close();
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            // The other end is closed, or a write is blocked. Then the process does not end by
            // itself.
        }
        try
        {
            await Ended.WaitAsync(_options.StopTimeout, _clock);
        }
        catch (TimeoutException)
        {
            Kill($"{_options.Name} did not end within {_options.StopTimeout.TotalSeconds:0.##} s");
            await Ended;
        }
        _process.Dispose();
    }

    private async Task ReadToEndAsync()
    {
        try
        {
            var errors = ReadErrorsAsync();
            while (await _process.StandardOutput.ReadLineAsync() is { } line)
                _options.Output(line);
            await errors;
            await _process.WaitForExitAsync();
            _ended.SetResult(_killed ?? _options.Describe(_process.ExitCode, [.. _errors]));
        }
        catch (Exception e) // a bug in the receiver of the lines
        {
            _ended.SetException(e);
        }
    }

    private async Task ReadErrorsAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            if (string.IsNullOrWhiteSpace(line))
                continue;
            _errors.Enqueue(line.Trim());
            if (_errors.Count > MaxErrorLines)
                _errors.TryDequeue(out _);
        }
    }
}
