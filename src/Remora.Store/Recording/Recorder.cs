using System.Collections.Concurrent;
using Remora.Markets;

namespace Remora.Store.Recording;

/// <summary>
/// Keeps what happens. Callers hand over a reference and go on; everything else is done by the recorder's own tasks, in one way on good
/// days and bad: rows are put together to batches, every batch is written to the journal on disk, inserted under a token of its own, and
/// only then removed. So a batch counts once, whatever is killed in between, and the store may be away for as long as the journal has room.
/// </summary>
public sealed class Recorder
{
    private readonly RecorderOptions _options;
    private readonly HandoverRing<RecordedItem> _market;
    private readonly ConcurrentQueue<RequestRow> _requests = new();
    private readonly BatchWriter _writer;
    private readonly BatchSender _sender;
    private readonly RecorderLog _log;
    private readonly Alarm _alarm = new();
    private readonly int _wakeMask;
    private int _waitingRequests;
    private long _added;
    private long _droppedMarket;
    private long _droppedRequests;
    private long _candles, _observations, _assessments, _requestCount; // the market's are written by the pump alone

    /// <param name="store">Where rows go; it need not answer yet.</param>
    /// <param name="options">How.</param>
    /// <param name="time">The clock of delays and of the order in which rows were recorded.</param>
    public Recorder(MarketStore store, RecorderOptions options, TimeProvider? time = null)
        : this(store, options, time, store.PrepareAsync)
    {
    }

    /// <param name="store">Where rows go.</param>
    /// <param name="options">How.</param>
    /// <param name="time">The clock.</param>
    /// <param name="prepare">Completes when the store takes rows; fails while it does not.</param>
    internal Recorder(MarketStore store, RecorderOptions options, TimeProvider? time, Func<CancellationToken, Task> prepare)
    {
        var clock = time ?? TimeProvider.System;
        _options = options;
        _log = new(clock);
        _market = new(options.QueueRows);
        _wakeMask = Math.Max(1, _market.Capacity / 2) - 1;
        _writer = new(options, clock, _log, TryTake);
        _sender = new(store, options, clock, _log, _writer, prepare);
    }

    /// <summary>How it is.</summary>
    public RecorderHealth Health
    {
        get
        {
            var journal = _writer.Journal;
            return new(
                _market.Count + Volatile.Read(ref _waitingRequests) + _writer.OpenRows, journal?.Count ?? 0, journal?.Bytes ?? 0, _log.Written,
                Interlocked.Read(ref _droppedMarket) + Interlocked.Read(ref _droppedRequests) + _writer.LostRows + (journal?.DroppedRows ?? 0),
                journal?.SetAside ?? [], _log.LastError, _log.LastErrorAt, _log.LastSuccess, journal?.Oldest, HandedOver);
        }
    }

    /// <summary>A candle has closed. This and the next three are called by one thread at a time: the pump's.</summary>
    public void Candle(MarketId market, in Candle candle)
    {
        Volatile.Write(ref _candles, _candles + 1);
        Add(new(Content: null, market, market.Timeframe, candle));
    }

    /// <summary>A past has been fetched: many candles in one step, of the market's timeframe or another.</summary>
    public void Candles(MarketId market, Timeframe timeframe, IReadOnlyList<Candle> candles)
    {
        if (candles.Count == 0) return;
        Volatile.Write(ref _candles, _candles + candles.Count);
        Add(new(candles, market, timeframe, default));
    }

    /// <summary>An outside value has become known.</summary>
    public void Observation(Observation observation)
    {
        Volatile.Write(ref _observations, _observations + 1);
        Add(new(observation, Market: null, Timeframe: null, default));
    }

    /// <summary>A market was assessed.</summary>
    public void Assessment(Assessment assessment)
    {
        Volatile.Write(ref _assessments, _assessments + 1);
        Add(new(assessment, Market: null, Timeframe: null, default));
    }

    /// <summary>A request was answered. Called by any thread.</summary>
    public void Request(RequestRow request)
    {
        Interlocked.Increment(ref _requestCount);
        if (Interlocked.Increment(ref _waitingRequests) <= _options.QueueRows)
        {
            _requests.Enqueue(request);
            return;
        }
        Interlocked.Decrement(ref _waitingRequests);
        Interlocked.Increment(ref _droppedRequests);
    }

    /// <summary>
    /// Records until it is cancelled; then what was handed over is put into the journal, and into the store as far as
    /// <see cref="RecorderOptions.StopTimeout"/> allows. Errors show in <see cref="Health"/>; nothing is thrown.
    /// </summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var sending = new CancellationTokenSource();
        var sender = Task.Run(() => _sender.RunAsync(sending.Token), CancellationToken.None);
        await Task.Run(() => _writer.RunAsync(_alarm, cancellation), CancellationToken.None);
        await _sender.EndAsync(_options.StopTimeout);
        await sending.CancelAsync();
        await sender;
        _writer.CloseJournal();
    }

    /// <summary>Completes when everything handed over so far, and since, is in the store.</summary>
    public async Task FlushAsync(CancellationToken cancellation = default)
    {
        while (!IsIdle)
        {
            _alarm.Ring();
            await _sender.NextSuccessAsync(cancellation);
        }
    }

    private Dictionary<string, long> HandedOver => new(StringComparer.Ordinal)
    {
        [StoreTable.Candles.Name.Value] = Volatile.Read(ref _candles),
        [StoreTable.Observations.Name.Value] = Volatile.Read(ref _observations),
        [StoreTable.Assessments.Name.Value] = Volatile.Read(ref _assessments),
        [StoreTable.Requests.Name.Value] = Interlocked.Read(ref _requestCount),
    };

    // In the order in which a row travels, so that none is overlooked on its way.
    private bool IsIdle => _market.Count == 0 && Volatile.Read(ref _waitingRequests) == 0 && !_writer.IsBusy && _writer.OpenRows == 0 && _writer.Journal is { Count: 0 };

    private void Add(in RecordedItem item)
    {
        if (!_market.TryAdd(item)) Interlocked.Increment(ref _droppedMarket);
        else if ((++_added & _wakeMask) == 0) _alarm.Ring();
    }

    private bool TryTake(out RecordedItem item)
    {
        if (_market.TryTake(out item)) return true;
        if (!_requests.TryDequeue(out var request)) return false;
        Interlocked.Decrement(ref _waitingRequests);
        item = new(request, Market: null, Timeframe: null, default);
        return true;
    }
}
