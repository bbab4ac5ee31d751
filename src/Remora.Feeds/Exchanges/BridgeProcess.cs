using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Remora.Feeds.Keys;

namespace Remora.Feeds.Exchanges;

/// <summary>
/// One run of the bridge process, from its start to its end. Calls that are pending at the end fail
/// with an error.
/// </summary>
internal sealed class BridgeProcess : IAsyncDisposable
{
    private const int KeptErrorLines = 20;
    private const string LargeBlock = "8192"; // bytes
    private const int MostUnread = 10_000; // events of a stream
    private static readonly TimeSpan ExitGrace = TimeSpan.FromSeconds(2);

    private readonly Process _process;
    private readonly ConcurrentDictionary<long, TaskCompletionSource<JsonElement>> _pending = new();
    private readonly ConcurrentDictionary<long, ChannelWriter<JsonElement>> _streams = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<string> _errorLines = new();
    private readonly SemaphoreSlim _writing = new(1, 1);
    private string? _killedBecause;
    private volatile string? _ended;
    private long _lastId;

    private BridgeProcess(Process process)
    {
        _process = process;
        Ended = ReadToEndAsync();
    }

    /// <summary>
    /// Completes when the process accepts requests. Never completes if the process ends before
    /// that.
    /// </summary>
    public Task Ready => _ready.Task;

    /// <summary>
    /// Completes with the reason when the process has ended and every pending call has failed.
    /// </summary>
    public Task<string> Ended { get; }

    public int Id => _process.Id;

    /// <summary>Starts a process.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">The program cannot be
    /// started.</exception>
    public static BridgeProcess Start(CcxtBridgeOptions options)
    {
        var start = new ProcessStartInfo(options.NodePath)
        {
            // V8 would allow itself a young generation of 48 MB, which a process that mostly waits
            // for exchanges does not need. It also collects at intervals.
            ArgumentList = { $"--max-old-space-size={options.MemoryLimitMegabytes}", "--max-semi-space-size=2", "--expose-gc", options.ScriptPath },
            Environment =
            {
                ["REMORA_BRIDGE_SETTINGS"] = BridgeAnswer.SettingsOf(options),
                // Bodies are allocated in blocks of up to 64 KB. The fixed threshold makes glibc
                // return their memory instead of raising the threshold and keeping it.
                ["MALLOC_MMAP_THRESHOLD_"] = LargeBlock,
                ["MALLOC_TRIM_THRESHOLD_"] = LargeBlock,
            },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            UseShellExecute = false,
            CreateNoWindow = true,
        };
        // The process does not need the keys of other sources.
        foreach (var variable in SourceKeys.Variables) start.Environment.Remove(variable);
        return new(Process.Start(start)!);
    }

    /// <summary>Sends a request and waits for its response.</summary>
    public async Task<JsonElement> CallAsync(BridgeRequest request, CancellationToken cancellation)
    {
        var id = Interlocked.Increment(ref _lastId);
        var answer = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        _pending[id] = answer;
        try
        {
            // Checked after the pending calls have failed.
            if (_ended is { } reason) throw Gone(reason);
            await WriteAsync(request.ToLine(id), cancellation);
            return await answer.Task.WaitAsync(cancellation);
        }
        finally
        {
            _pending.TryRemove(id, out _);
        }
    }

    /// <summary>
    /// Sends a request and returns its events until the stream fails or is cancelled.
    /// </summary>
    public async IAsyncEnumerable<JsonElement> StreamAsync(BridgeRequest request, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var id = Interlocked.Increment(ref _lastId);
        var stream = Channel.CreateBounded<JsonElement>(new BoundedChannelOptions(MostUnread) { SingleReader = true });
        _streams[id] = stream.Writer;
        try
        {
            if (_ended is { } reason) throw Gone(reason);
            await WriteAsync(request.ToLine(id), cancellation);
            await foreach (var message in stream.Reader.ReadAllAsync(cancellation)) yield return message;
        }
        finally
        {
            if (_streams.TryRemove(id, out _) && _ended is null) await StopAsync(id);
        }
    }

    public void Kill(string because)
    {
        _killedBecause ??= because;
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // The stream has ended already.
        }
    }

    /// <summary>
    /// Closes standard input, which ends the process, and kills the process if it does not end.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            // The other end is closed already, or a write is blocked. Then the process does not end
            // by itself.
        }
        await Task.WhenAny(Ended, Task.Delay(ExitGrace));
        if (!Ended.IsCompleted) Kill("it did not end by itself");
        await Ended;
        _process.Dispose();
        _writing.Dispose();
    }

    private async Task StopAsync(long stream)
    {
        try
        {
            using var deadline = new CancellationTokenSource(ExitGrace);
            await CallAsync(new("stop") { Stream = stream }, deadline.Token);
        }
        catch (Exception e) when (e is ExchangeException or OperationCanceledException)
        {
            // The process has ended or is ending, and its streams with it.
        }
    }

    private async Task WriteAsync(string line, CancellationToken cancellation)
    {
        await _writing.WaitAsync(cancellation);
        try
        {
            await _process.StandardInput.WriteAsync((line + "\n").AsMemory(), cancellation);
            await _process.StandardInput.FlushAsync(cancellation);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            throw Gone(_ended ?? "its input is closed");
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task<string> ReadToEndAsync()
    {
        var errors = ReadErrorsAsync();
        while (await _process.StandardOutput.ReadLineAsync() is { } line) Dispatch(line);
        await errors;
        await _process.WaitForExitAsync();
        var reason = _killedBecause ?? $"exit code {_process.ExitCode}{(_errorLines.IsEmpty ? "" : $": {Complaint()}")}";
        _ended = reason;
        foreach (var pending in _pending.Values) pending.TrySetException(Gone(reason));
        foreach (var stream in _streams.Values) stream.TryComplete(Gone(reason));
        return reason;
    }

    private async Task ReadErrorsAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            if (string.IsNullOrWhiteSpace(line)) continue;
            _errorLines.Enqueue(line.Trim());
            while (_errorLines.Count > KeptErrorLines) _errorLines.TryDequeue(out _);
        }
    }

    private void Dispatch(string line)
    {
        try
        {
            Dispatch(JsonElement.Parse(line));
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            // Its other responses cannot be trusted either.
            Kill("it wrote something that is not an answer");
        }
    }

    private void Dispatch(JsonElement message)
    {
        if (message.TryGetProperty("ready", out _))
        {
            _ready.TrySetResult();
            return;
        }
        // A response without a waiting call belongs to a call that was cancelled.
        var id = message.GetProperty("id");
        if (id.ValueKind == JsonValueKind.Number && _streams.TryGetValue(id.GetInt64(), out var stream))
        {
            DispatchTo(stream, message);
            return;
        }
        if (id.ValueKind != JsonValueKind.Number || !_pending.TryGetValue(id.GetInt64(), out var pending)) return;
        if (message.TryGetProperty("error", out var error)) pending.TrySetException(BridgeAnswer.ErrorOf(error));
        else pending.TrySetResult(message.GetProperty("ok"));
    }

    private static void DispatchTo(ChannelWriter<JsonElement> stream, JsonElement message)
    {
        if (message.TryGetProperty("event", out var happened))
        {
            if (!stream.TryWrite(happened)) stream.TryComplete(new ExchangeException(ExchangeErrorKind.Internal, $"a stream is not read: {MostUnread} messages wait"));
        }
        else if (message.TryGetProperty("error", out var error))
        {
            stream.TryComplete(BridgeAnswer.ErrorOf(error));
        }
        else
        {
            stream.TryComplete();
        }
    }

    /// <summary>Returns the line that best explains why the process ended.</summary>
    private string Complaint() =>
        _errorLines.FirstOrDefault(line => line.Contains("Error", StringComparison.Ordinal) || line.Contains("FATAL", StringComparison.Ordinal)) ?? _errorLines.Last();

    private static ExchangeException Gone(string reason) => new(ExchangeErrorKind.Unavailable, $"the exchange bridge ended ({reason}) and is being replaced");
}
