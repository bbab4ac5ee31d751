using System.Numerics;
using Remora.Markets;
using Remora.Supervision;

namespace Remora.Store.Recording;

/// <summary>
/// Keeps what happens. Callers hand over a reference and go on; everything else is done by the recorder's own tasks, in one way on good
/// days and bad: rows are put together to batches, every batch is written to the journal on disk, inserted under a token of its own, and
/// only then removed. So a batch counts once, whatever is killed in between, and the store may be away for as long as the journal has room.
/// </summary>
public sealed class Recorder
{
    private readonly RecorderOptions _options;
    private readonly HandoverQueue _market; // the pump's
    private readonly RequestQueue _requests;
    private readonly BatchWriter _writer;
    private readonly BatchSender _sender;
    private readonly RecorderLog _log;
    private readonly Supervisor _supervisor;
    private readonly Alarm _alarm = new();
    private readonly long _wakeMask; // the pump has no time for a division
    private long _droppedMarket;
    private long _candleCount, _observationCount, _assessmentCount; // handed over; written by the pump alone

    /// <param name="store">Where rows go; it need not answer yet.</param>
    /// <param name="options">How.</param>
    /// <param name="time">The clock of delays and of the order in which rows were recorded.</param>
    public Recorder(MarketStore store, RecorderOptions options, TimeProvider? time = null)
    {
        var clock = time ?? TimeProvider.System;
        _options = options;
        _log = new(clock, options.Notice);
        _supervisor = options.Supervisor ?? new(time: clock);
        _market = new(options.QueueRows);
        _requests = new(options.QueueRows);
        _wakeMask = Math.Max(1, BitOperations.RoundUpToPowerOf2((uint)options.QueueRows) / 2) - 1;
        _writer = new(options, clock, _log, _market, _requests);
        _sender = new(store, options, clock, _log, _writer);
    }

    /// <summary>How it is.</summary>
    public RecorderHealth Health
    {
        get
        {
            var journal = _writer.Journal;
            return new(
                _market.Count + _requests.Count + _writer.OpenRows, journal?.Count ?? 0, journal?.Bytes ?? 0, _log.Written,
                Interlocked.Read(ref _droppedMarket) + _requests.Dropped + _writer.LostRows + (journal?.DroppedRows ?? 0),
                journal?.SetAside ?? [], _log.LastError, _log.LastErrorAt, _log.LastSuccess, journal?.Oldest, HandedOver, _log.IsWell);
        }
    }

    /// <summary>A candle has closed. This and the next four are called by one thread at a time: the pump's.</summary>
    /// <param name="market">Whose candle it is.</param>
    /// <param name="candle">The candle.</param>
    public void Candle(MarketId market, in Candle candle)
    {
        Candles(market, market.Timeframe, [candle]);
    }

    /// <summary>A market's own candle has closed, and it was assessed upon it. One step for both takes less of the pump's time than two.</summary>
    /// <param name="said">The assessment; its candle is the one in its readings.</param>
    public void CandleAndAssessment(Assessment said)
    {
        Volatile.Write(ref _candleCount, _candleCount + 1);
        Volatile.Write(ref _assessmentCount, _assessmentCount + 1);
        Add(said, rows: 2);
    }

    /// <summary>A past has been fetched: many candles in one step, of the market's timeframe or another.</summary>
    public void Candles(MarketId market, Timeframe timeframe, IReadOnlyList<Candle> candles)
    {
        Volatile.Write(ref _candleCount, _candleCount + candles.Count);
        if (candles.Count > 0) Add(new LoneCandles(market, timeframe, candles), candles.Count);
    }

    /// <summary>An outside value has become known.</summary>
    public void Observation(Observation observation)
    {
        Volatile.Write(ref _observationCount, _observationCount + 1);
        Add(observation, rows: 1);
    }

    /// <summary>A market was assessed, upon something else than a candle or by one more policy.</summary>
    public void Assessment(Assessment assessment)
    {
        Volatile.Write(ref _assessmentCount, _assessmentCount + 1);
        Add(new LoneAssessment(assessment), rows: 1);
    }

    /// <summary>A request was answered. Called by any thread.</summary>
    public void Request(RequestRow request) => _requests.Add(request);

    /// <summary>
    /// Records until it is cancelled; then what was handed over is put into the journal, and into the store as far as
    /// <see cref="RecorderOptions.StopTimeout"/> allows. Errors show in <see cref="Health"/>; nothing is thrown.
    /// </summary>
    public Task RunAsync(CancellationToken cancellation) => RunAsync(null, cancellation);

    /// <inheritdoc cref="RunAsync(CancellationToken)"/>
    /// <param name="opened">Completes when somebody else has opened and prepared the store; null when the recorder is to do it.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task RunAsync(Task? opened, CancellationToken cancellation)
    {
        using var sending = new CancellationTokenSource();
        var sender = RunAsync("recorder: journal to store", token => _sender.RunAsync(opened, token), sending.Token);
        await RunAsync("recorder: memory to journal", token => _writer.RunAsync(_alarm, token), cancellation);
        _writer.Finish();
        await _sender.EndAsync(_options.StopTimeout);
        await sending.CancelAsync();
        await sender;
        _sender.Close();
        _writer.CloseJournal();
    }

    // A task that is dead shows in the recorder's health too, until it runs again.
    private Task RunAsync(string name, Func<CancellationToken, Task> run, CancellationToken cancellation) => _supervisor.RunAsync(name, token => Task.Run(async () =>
    {
        try
        {
            await run(token);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _log.Stopped($"the task '{name}' failed ({e.GetType().Name}: {e.Message}) and is started again");
            throw;
        }
    }, CancellationToken.None), cancellation);

    /// <summary>Completes when everything handed over so far, and since, is in the store.</summary>
    public async Task FlushAsync(CancellationToken cancellation = default)
    {
        while (!IsIdle)
        {
            _alarm.Ring();
            await _sender.NextSuccessAsync(cancellation);
        }
    }

    /// <summary>Completes when everything that an earlier recorder left in the journal is in the store: until then the store does not know all that was kept.</summary>
    public async Task SettleAsync(CancellationToken cancellation = default)
    {
        while (_writer.Journal is not { HasLeft: false }) await _sender.NextSuccessAsync(cancellation);
    }

    private Dictionary<string, long> HandedOver => new(StringComparer.Ordinal)
    {
        [StoreTable.Candles.Name.Value] = Volatile.Read(ref _candleCount),
        [StoreTable.Observations.Name.Value] = Volatile.Read(ref _observationCount),
        [StoreTable.Assessments.Name.Value] = Volatile.Read(ref _assessmentCount),
        [StoreTable.Requests.Name.Value] = _requests.HandedOver,
    };

    // In the order in which a row travels, so that none is overlooked on its way.
    private bool IsIdle => _market.Count == 0 && _requests.Count == 0 && !_writer.IsBusy && _writer.OpenRows == 0 && _writer.Journal is { Count: 0 };

    private void Add(object content, int rows)
    {
        if (!_market.TryAdd(content, out var added)) Interlocked.Add(ref _droppedMarket, rows);
        else if ((added & _wakeMask) == 0) _alarm.Ring();
    }
}
