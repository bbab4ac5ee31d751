using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Threading.Channels;

namespace Remora.Server.Streams;

/// <summary>
/// One reader of the stream. What it has not been sent yet is kept as the latest frame of each topic, so a reader that stalls costs a reference for each topic and nothing more;
/// it is dropped when it takes nothing for a while.
/// </summary>
/// <param name="places">For each market of the board its place in this reader's backlog, or -1; shared by readers who want the same.</param>
/// <param name="topics">How many places there are, the whole market's included, which is the last one where it is wanted.</param>
internal sealed class EventReader(int[] places, int topics)
{
    private const int LargestWrite = 32 * 1024;
    private static readonly byte[] Beat = [.. ": still here\n\n"u8];

    private readonly Lock _lock = new();
    private readonly StreamFrame?[] _pending = new StreamFrame?[topics];
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { SingleReader = true, FullMode = BoundedChannelFullMode.DropWrite });
    private bool _beatDue;
    private bool _isCutOff;
    private long _lastWrite = Stopwatch.GetTimestamp();
    private long _blockedSince;

    public bool WantsWhole { get; init; }

    /// <summary>Ends the connection at once; for the one who accepted it to set.</summary>
    public Action Abort { get; init; } = () => { };

    /// <summary>Whether it may still read; asked once a second.</summary>
    public Func<bool> IsAllowed { get; init; } = static () => true;

    /// <summary>How long it has been since anything was written.</summary>
    public TimeSpan Silence => Stopwatch.GetElapsedTime(Volatile.Read(ref _lastWrite));

    /// <summary>For how long what was written has not been taken; zero while nothing waits.</summary>
    public TimeSpan Blocked => Volatile.Read(ref _blockedSince) is var since and not 0 ? Stopwatch.GetElapsedTime(since) : TimeSpan.Zero;

    public bool Wants(int market) => places[market] >= 0;

    /// <summary>Puts a market's frame in place of an older one that has not been sent. Frames are posted in the order of their sequence.</summary>
    public void Post(int market, StreamFrame frame) => PostAt(places[market], frame);

    public void PostWhole(StreamFrame frame) => PostAt(topics - 1, frame);

    /// <summary>Something must be written, so that proxies and the reader know the connection is alive.</summary>
    public void PostBeat()
    {
        lock (_lock) _beatDue = true;
        _signal.Writer.TryWrite(true);
    }

    /// <summary>Nothing more will come: what is pending is sent, then the stream ends.</summary>
    public void Complete() => _signal.Writer.TryComplete();

    /// <summary>Ends the stream at once, without what is pending.</summary>
    public void CutOff()
    {
        lock (_lock) _isCutOff = true;
        Complete();
        if (Blocked > TimeSpan.Zero) Abort(); // it does not even take what was written before
    }

    /// <summary>Writes what is posted, until it is completed or the connection ends.</summary>
    public async Task WriteAsync(PipeWriter writer, CancellationToken cancellation)
    {
        var frames = new List<StreamFrame>();
        bool more;
        do
        {
            more = await _signal.Reader.WaitToReadAsync(cancellation);
            _signal.Reader.TryRead(out _);
            var isBeatDue = Take(frames);
            if (isBeatDue && frames.Count == 0) writer.Write(Beat);
            foreach (var frame in frames)
            {
                writer.Write(frame.Bytes);
                if (writer.CanGetUnflushedBytes && writer.UnflushedBytes >= LargestWrite) await FlushAsync(writer, cancellation);
            }
            await FlushAsync(writer, cancellation);
        }
        while (more);
    }

    private void PostAt(int place, StreamFrame frame)
    {
        lock (_lock) _pending[place] = frame;
        _signal.Writer.TryWrite(true);
    }

    /// <summary>Takes what is pending in the order of its sequence: a reader who resumes after the last one it got has then missed nothing before.</summary>
    private bool Take(List<StreamFrame> frames)
    {
        frames.Clear();
        lock (_lock)
        {
            if (_isCutOff) return false;
            foreach (ref var frame in _pending.AsSpan())
            {
                if (frame is null) continue;
                frames.Add(frame);
                frame = null;
            }
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
