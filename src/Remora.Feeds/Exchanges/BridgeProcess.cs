using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Remora.Feeds.Keys;

namespace Remora.Feeds.Exchanges;

/// <summary>One life of the bridge process, from its start to its end. Every call that is pending at the end is answered with an error.</summary>
internal sealed class BridgeProcess : IAsyncDisposable
{
    private const int KeptErrorLines = 20;
    private const string LargeBlock = "8192"; // bytes
    private const int MostUnread = 10_000; // of a stream
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

    /// <summary>Completes when the process takes requests; never when it ends before.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Completes with the reason when the process has ended and every pending call has been answered.</summary>
    public Task<string> Ended { get; }

    public int Id => _process.Id;

    /// <summary>Starts a process.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">The program cannot be started.</exception>
    public static BridgeProcess Start(CcxtBridgeOptions options)
    {
        var start = new ProcessStartInfo(options.NodePath)
        {
            // A nursery of 48 MB, which V8 would allow itself, is worth nothing to a process that waits for exchanges. It collects by itself now and then.
            ArgumentList = { $"--max-old-space-size={options.MemoryLimitMegabytes}", "--max-semi-space-size=2", "--expose-gc", options.ScriptPath },
            Environment =
            {
                ["REMORA_BRIDGE_SETTINGS"] = BridgeAnswer.SettingsOf(options),
                // Bodies come and go in blocks of up to 64 KB: glibc is to give their memory back, instead of learning to keep it.
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
        foreach (var variable in ApiKeys.Variables) start.Environment.Remove(variable); // keys of other sources are none of its business
        return new(Process.Start(start)!);
    }

    /// <summary>Sends a request and waits for its answer.</summary>
    public async Task<JsonElement> CallAsync(BridgeRequest request, CancellationToken cancellation)
    {
        var id = Interlocked.Increment(ref _lastId);
        var answer = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        _pending[id] = answer;
        try
        {
            if (_ended is { } reason) throw Gone(reason); // asked after the pending calls were answered
            await WriteAsync(request.ToLine(id), cancellation);
            return await answer.Task.WaitAsync(cancellation);
        }
        finally
        {
            _pending.TryRemove(id, out _);
        }
    }

    /// <summary>Sends a request whose answer goes on: what comes, until the stream fails or is cancelled.</summary>
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
            // It has ended by itself.
        }
    }

    /// <summary>Closes standard input, upon which the process ends; it is killed when it does not.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            // The other end is closed already, or a write is stuck in it; then it will not end by itself.
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
            // The process is gone, or going, and its streams with it.
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
            Kill("it wrote something that is not an answer"); // its other answers cannot be trusted either
        }
    }

    private void Dispatch(JsonElement message)
    {
        if (message.TryGetProperty("ready", out _))
        {
            _ready.TrySetResult();
            return;
        }
        // An answer nobody waits for any more belongs to a call that was cancelled.
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

    /// <summary>The line that says most about why the process ended.</summary>
    private string Complaint() =>
        _errorLines.FirstOrDefault(line => line.Contains("Error", StringComparison.Ordinal) || line.Contains("FATAL", StringComparison.Ordinal)) ?? _errorLines.Last();

    private static ExchangeException Gone(string reason) => new(ExchangeErrorKind.Unavailable, $"the exchange bridge ended ({reason}) and is being replaced");
}
