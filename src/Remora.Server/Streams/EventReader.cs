using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Threading.Channels;
using Remora.Markets;

namespace Remora.Server.Streams;

/// <summary>
/// One reader of the stream. Its backlog holds the latest unsent frame of each topic, so a stalled
/// reader costs one reference per topic. A reader that accepts no data for a while is dropped.
/// </summary>
/// <param name="named">The markets that the reader named; null for all, also later ones.</param>
internal sealed class EventReader(IReadOnlySet<MarketId>? named)
{
    private const int LargestWrite = 32 * 1024;
    private static readonly byte[] Beat = [.. ": still here\n\n"u8];

    private readonly Lock _lock = new();
    private readonly Dictionary<StreamTopic, StreamFrame> _pending = [];
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite }
    );
    private bool _beatDue;
    private bool _isCutOff;
    private long _lastWrite = Stopwatch.GetTimestamp();
    private long _blockedSince;

    /// <summary>Whether the reader gets the whole market: if it named no markets.</summary>
    public bool WantsWhole => named is null;

    /// <summary>The markets that the reader named; none if it reads all.</summary>
    public IEnumerable<MarketId> Named => named ?? Enumerable.Empty<MarketId>();

    /// <summary>Aborts the connection. Set by the code that accepted it.</summary>
    public Action Abort { get; init; } = () => { };

    /// <summary>Whether the reader may continue. Checked once per second.</summary>
    public Func<bool> IsAllowed { get; init; } = static () => true;

    /// <summary>The time since the last write.</summary>
    public TimeSpan Silence => Stopwatch.GetElapsedTime(Volatile.Read(ref _lastWrite));

    /// <summary>How long written data has not been accepted; zero if none waits.</summary>
    public TimeSpan Blocked =>
        Volatile.Read(ref _blockedSince) is var since and not 0 ? Stopwatch.GetElapsedTime(since) : TimeSpan.Zero;

    public bool Wants(MarketId market) => named?.Contains(market) != false;

    /// <summary>
    /// Replaces the unsent frame of a topic. Frames are posted in ascending sequence.
    /// </summary>
    public void Post(StreamTopic topic, StreamFrame frame)
    {
        lock (_lock)
            _pending[topic] = frame;
        _signal.Writer.TryWrite(true);
    }

    /// <summary>
    /// Posts a heartbeat, so that proxies and the reader detect a live connection.
    /// </summary>
    public void PostBeat()
    {
        lock (_lock)
            _beatDue = true;
        _signal.Writer.TryWrite(true);
    }

    /// <summary>Ends the stream after the pending frames are sent.</summary>
    public void Complete() => _signal.Writer.TryComplete();

    /// <summary>Ends the stream immediately, without the pending frames.</summary>
    public void CutOff()
    {
        lock (_lock)
            _isCutOff = true;
        Complete();
        if (Blocked > TimeSpan.Zero)
            Abort(); // earlier data has not been accepted either
    }

    /// <summary>
    /// Writes the posted frames until the stream is completed or the connection ends.
    /// </summary>
    public async Task WriteAsync(PipeWriter writer, CancellationToken cancellation)
    {
        var frames = new List<StreamFrame>();
        bool more;
        do
        {
            more = await _signal.Reader.WaitToReadAsync(cancellation);
            _signal.Reader.TryRead(out _);
            var isBeatDue = Take(frames);
            if (isBeatDue && frames.Count == 0)
                writer.Write(Beat);
            foreach (var frame in frames)
            {
                writer.Write(frame.Bytes);
                if (writer.CanGetUnflushedBytes && writer.UnflushedBytes >= LargestWrite)
                    await FlushAsync(writer, cancellation);
            }
            await FlushAsync(writer, cancellation);
        } while (more);
    }

    /// <summary>
    /// Takes the pending frames in ascending sequence. A reader that resumes after its last frame
    /// has therefore missed no earlier one.
    /// </summary>
    private bool Take(List<StreamFrame> frames)
    {
        frames.Clear();
        lock (_lock)
        {
            if (_isCutOff)
                return false;
            frames.AddRange(_pending.Values);
            _pending.Clear();
            var isBeatDue = _beatDue;
            _beatDue = false;
            frames.Sort((a, b) => a.Sequence.CompareTo(b.Sequence));
            return isBeatDue;
        }
    }

    private async ValueTask FlushAsync(PipeWriter writer, CancellationToken cancellation)
    {
        var flush = writer.FlushAsync(cancellation);
        if (!flush.IsCompleted)
        {
            Volatile.Write(ref _blockedSince, Stopwatch.GetTimestamp());
            await flush;
            Volatile.Write(ref _blockedSince, 0);
        }
        Volatile.Write(ref _lastWrite, Stopwatch.GetTimestamp());
    }
}
