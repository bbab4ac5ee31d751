using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Threading.Channels;
using Remora.Feeds.Keys;
using Remora.Supervision.Processes;

namespace Remora.Feeds.Exchanges;

/// <summary>
/// One run of the bridge process, from its start to its end. Calls that are pending at the end fail
/// with an error.
/// </summary>
internal sealed class BridgeProcess : IChild
{
    private const string LargeBlock = "8192"; // bytes
    private const int MaxUnread = 10_000; // events of a stream
    private const int NoSuchFile = 2;
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<long, TaskCompletionSource<JsonElement>> _pending = new();
    private readonly ConcurrentDictionary<long, ChannelWriter<JsonElement>> _streams = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ChildProcess _child;
    private readonly Task _failingCalls;
    private volatile string? _ended;
    private long _lastId;

    private BridgeProcess(CcxtBridgeOptions options)
    {
        _child = new(
            new()
            {
                Name = "the process",
                Start = CommandOf(options),
                Output = Dispatch,
                StopTimeout = StopTimeout,
                Describe = Describe,
            }
        );
        _failingCalls = FailCallsAtTheEndAsync();
    }

    /// <inheritdoc/>
    public int Id => _child.Id;

    /// <inheritdoc/>
    public Task<string> Ended => _child.Ended;

    /// <summary>Starts a process. Returns it when it accepts requests.</summary>
    /// <exception cref="ChildException">The process cannot start.</exception>
    public static async Task<BridgeProcess> StartAsync(CcxtBridgeOptions options, CancellationToken cancellation)
    {
        if (!File.Exists(options.ScriptPath))
        {
            throw new ChildException(
                $"the bridge script {options.ScriptPath} is missing: install Remora again, or build it with ./build.sh"
            );
        }
        var bridge = new BridgeProcess(options);
        try
        {
            bridge._child.Start();
        }
        catch (Win32Exception e)
        {
            throw new ChildException(
                e.NativeErrorCode == NoSuchFile
                    ? $"Node.js was not found as '{options.NodePath}': install Node.js 20 or later, and put it on "
                        + $"the PATH of the service"
                    : $"Node.js cannot be started as '{options.NodePath}': {e.Message}"
            );
        }
        await bridge._child.ReadyAsync(bridge._ready.Task, options.StartDeadline, cancellation);
        return bridge;
    }

    /// <summary>Sends a request and waits for its response.</summary>
    public async Task<JsonElement> CallAsync(BridgeRequest request, CancellationToken cancellation)
    {
        var id = Interlocked.Increment(ref _lastId);
        var response = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        _pending[id] = response;
        try
        {
            // Checked after the pending calls have failed.
            if (_ended is { } reason)
                throw Unavailable(reason);
            await WriteAsync(request.ToLine(id), cancellation);
            return await response.Task.WaitAsync(cancellation);
        }
        finally
        {
            _pending.TryRemove(id, out _);
        }
    }

    /// <summary>
    /// Sends a request and returns its events until the stream fails or is cancelled.
    /// </summary>
    public async IAsyncEnumerable<JsonElement> StreamAsync(
        BridgeRequest request,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        var id = Interlocked.Increment(ref _lastId);
        var stream = Channel.CreateBounded<JsonElement>(new BoundedChannelOptions(MaxUnread) { SingleReader = true });
        _streams[id] = stream.Writer;
        try
        {
            if (_ended is { } reason)
                throw Unavailable(reason);
            await WriteAsync(request.ToLine(id), cancellation);
            await foreach (var message in stream.Reader.ReadAllAsync(cancellation))
                yield return message;
        }
        finally
        {
            if (_streams.TryRemove(id, out _) && _ended is null)
                await StopAsync(id);
        }
    }

    /// <inheritdoc/>
    public void Kill(string reason) => _child.Kill(reason);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _child.DisposeAsync();
        await _failingCalls;
    }

    private async Task StopAsync(long stream)
    {
        try
        {
            using var deadline = new CancellationTokenSource(StopTimeout);
            await CallAsync(new("stop") { Stream = stream }, deadline.Token);
        }
        catch (Exception e) when (e is ExchangeException or OperationCanceledException)
        {
            // The process has ended or is ending, and its streams with it.
        }
    }

    private async Task WriteAsync(string line, CancellationToken cancellation)
    {
        try
        {
            await _child.WriteLineAsync(line, cancellation);
        }
        catch (IOException)
        {
            throw Unavailable(_ended ?? "its input is closed");
        }
    }

    private async Task FailCallsAtTheEndAsync()
    {
        var reason = await _child.Ended;
        _ended = reason;
        foreach (var pending in _pending.Values)
            pending.TrySetException(Unavailable(reason));
        foreach (var stream in _streams.Values)
            stream.TryComplete(Unavailable(reason));
    }

    private void Dispatch(string line)
    {
        try
        {
            Dispatch(JsonElement.Parse(line));
        }
        catch (Exception e)
            when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            // Its other responses cannot be trusted either.
            Kill("it sent an invalid response");
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
        if (id.ValueKind != JsonValueKind.Number || !_pending.TryGetValue(id.GetInt64(), out var pending))
            return;
        if (message.TryGetProperty("error", out var error))
            pending.TrySetException(BridgeAnswer.ErrorOf(error));
        else
            pending.TrySetResult(message.GetProperty("ok"));
    }

    private static void DispatchTo(ChannelWriter<JsonElement> stream, JsonElement message)
    {
        if (message.TryGetProperty("event", out var happened))
        {
            if (!stream.TryWrite(happened))
                stream.TryComplete(
                    new ExchangeException(ExchangeErrorKind.Internal, $"a stream is not read: {MaxUnread} events wait")
                );
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

    private static ProcessStartInfo CommandOf(CcxtBridgeOptions options)
    {
        var start = new ProcessStartInfo(options.NodePath)
        {
            // V8 would allow itself a young generation of 48 MB, which a process that mostly waits
            // for exchanges does not need. It also collects at intervals.
            ArgumentList =
            {
                $"--max-old-space-size={options.MemoryLimitMegabytes}",
                "--max-semi-space-size=2",
                "--expose-gc",
                options.ScriptPath,
            },
            Environment =
            {
                ["REMORA_BRIDGE_SETTINGS"] = BridgeAnswer.SettingsOf(options),
                // Bodies are allocated in blocks of up to 64 KB. The fixed threshold makes glibc
                // return their memory instead of raising the threshold and keeping it.
                ["MALLOC_MMAP_THRESHOLD_"] = LargeBlock,
                ["MALLOC_TRIM_THRESHOLD_"] = LargeBlock,
            },
        };
        // The process does not need the keys of other sources.
        foreach (var variable in SourceKeys.Variables)
            start.Environment.Remove(variable);
        return start;
    }

    /// <summary>Names the line of standard error that best explains the end.</summary>
    private static string Describe(int code, IReadOnlyList<string> errors)
    {
        bool Explains(string line) =>
            line.Contains("Error", StringComparison.Ordinal) || line.Contains("FATAL", StringComparison.Ordinal);
        return errors.Count == 0
            ? $"exit code {code}"
            : $"exit code {code}: {errors.FirstOrDefault(Explains) ?? errors[^1]}";
    }

    private static ExchangeException Unavailable(string reason) =>
        new(ExchangeErrorKind.Unavailable, $"the exchange bridge ended ({reason}) and is being restarted");
}
