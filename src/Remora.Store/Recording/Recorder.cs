using System.Numerics;
using Remora.Markets;
using Remora.Supervision;

namespace Remora.Store.Recording;

/// <summary>
/// Records market events, assessments and requests. Callers hand over a reference and continue. The
/// recorder's tasks always do the same: collect rows into batches, write each batch to the journal
/// on disk, insert it under its own token, and then remove it. So each batch counts once after any
/// kill, and the store can be unreachable for as long as the journal has room.
/// </summary>
public sealed class Recorder
{
    private readonly RecorderOptions _options;
    private readonly EntryQueue<Entry> _market; // written by the pump only
    private readonly EntryQueue<RequestEntry> _requests; // separate, so that requests cannot displace market data
    private readonly BatchWriter _writer;
    private readonly BatchSender _sender;
    private readonly RecorderLease? _lease;
    private readonly RecorderLog _log;
    private readonly Supervisor _supervisor;
    private readonly Alarm _alarm = new();
    private readonly long _wakeMask; // a mask is faster than a division, which matters to the pump

    // Numbers of rows handed over; written by the pump only
    private long _candleCount,
        _observationCount,
        _assessmentCount;

    /// <param name="store">The store for the rows. It need not be open yet.</param>
    /// <param name="options">The options.</param>
    /// <param name="time">The clock for delays and for the order of rows.</param>
    public Recorder(MarketStore store, RecorderOptions options, TimeProvider? time = null)
    {
        var clock = time ?? TimeProvider.System;
        _options = options;
        _log = new(clock, options.Notice, options.Recovery);
        _supervisor = options.Supervisor ?? new(time: clock);
        _market = new(options.QueueRows);
        _requests = new(options.QueueRows);
        _wakeMask = Math.Max(1, BitOperations.RoundUpToPowerOf2((uint)options.QueueRows) / 2) - 1;
        _writer = new(options, clock, _log, _market, _requests);
        if (options.Lease is not null)
        {
            _lease = new(store, options, clock, _writer);
            _writer.Use(_lease);
        }
        _sender = new(store, options, clock, _log, _writer, _lease);
    }

    /// <summary>The current health.</summary>
    public RecorderHealth Health
    {
        get
        {
            var journal = _writer.Journal;
            return new(
                _market.Count + _requests.Count + _writer.OpenRows + _writer.HeldRows,
                journal?.Count ?? 0,
                journal?.Bytes ?? 0,
                _log.Written,
                _market.DroppedRows + _requests.DroppedRows + _writer.LostRows + (journal?.DroppedRows ?? 0),
                journal?.SetAside ?? [],
                _log.LastError,
                _log.LastErrorAt,
                _log.LastSuccess,
                journal?.Oldest,
                HandedOver,
                _log.IsWell
            );
        }
    }

    /// <summary>Which service records.</summary>
    public RecordingHealth Recording => _lease?.Health ?? new(true, null, null);

    /// <summary>
    /// Records a closed candle. This and the next four methods are called by one thread at a time,
    /// the pump.
    /// </summary>
    /// <param name="market">The market of the candle.</param>
    /// <param name="candle">The candle.</param>
    public void Candle(MarketId market, in Candle candle) => Candles(market, market.Timeframe, [candle]);

    /// <summary>
    /// Records a market's closed candle and its assessment. One call for both costs the pump less
    /// time than two.
    /// </summary>
    /// <param name="assessment">The assessment. Its readings contain the candle.</param>
    /// <param name="published">When it was published; null when it was not.</param>
    public void CandleAndAssessment(Assessment assessment, Instant? published = null)
    {
        Volatile.Write(ref _candleCount, _candleCount + 1);
        Volatile.Write(ref _assessmentCount, _assessmentCount + 1);
        Add(new AssessmentEntry(assessment, WithCandle: true, published));
    }

    /// <summary>
    /// Records fetched history: many candles in one call, of the market's timeframe or another one.
    /// </summary>
    public void Candles(MarketId market, Timeframe timeframe, IReadOnlyList<Candle> candles)
    {
        Volatile.Write(ref _candleCount, _candleCount + candles.Count);
        if (candles.Count > 0)
            Add(new CandleEntry(market, timeframe, candles));
    }

    /// <summary>Records an observation.</summary>
    public void Observation(Observation observation)
    {
        Volatile.Write(ref _observationCount, _observationCount + 1);
        Add(new ObservationEntry(observation));
    }

    /// <summary>Records an assessment without a new candle, or by another policy.</summary>
    /// <param name="assessment">The assessment.</param>
    /// <param name="published">When it was published; null when it was not.</param>
    public void Assessment(Assessment assessment, Instant? published = null)
    {
        Volatile.Write(ref _assessmentCount, _assessmentCount + 1);
        Add(new AssessmentEntry(assessment, WithCandle: false, published));
    }

    /// <summary>Records a request. Thread-safe.</summary>
    public void Request(in RequestRow request) => _requests.Add(new RequestEntry(request));

    /// <summary>
    /// Records until it is cancelled. Then writes the queued rows to the journal, and to the store
    /// as far as <see cref="RecorderOptions.StopTimeout"/> allows. Errors appear in
    /// <see cref="Health"/>; nothing is thrown.
    /// </summary>
    public Task RunAsync(CancellationToken cancellation) => RunAsync(null, cancellation);

    /// <inheritdoc cref="RunAsync(CancellationToken)"/>
    /// <param name="opened">
    /// Completes when the store has been opened and prepared elsewhere; null to do it here.
    /// </param>
    /// <param name="cancellation">Stops recording.</param>
    public async Task RunAsync(Task? opened, CancellationToken cancellation)
    {
        using var sending = new CancellationTokenSource();
        var sender = RunAsync("recorder: journal to store", token => _sender.RunAsync(opened, token), sending.Token);
        var lease = _lease is null
            ? Task.CompletedTask
            : RunAsync("recorder: lease", token => _lease.RunAsync(opened, token), cancellation);
        await RunAsync("recorder: memory to journal", token => _writer.RunAsync(_alarm, token), cancellation);
        await lease;
        _writer.Finish();
        await _sender.EndAsync(_options.StopTimeout);
        await sending.CancelAsync();
        await sender;
        if (_lease is not null)
            await _lease.ReleaseAsync();
        _sender.Close();
        _writer.CloseJournal();
    }

    // The health also reports a failed task until it runs again.
    private Task RunAsync(string name, Func<CancellationToken, Task> run, CancellationToken cancellation) =>
        _supervisor.RunAsync(
            name,
            token =>
                Task.Run(
                    async () =>
                    {
                        try
                        {
                            await run(token);
                        }
                        catch (Exception e) when (e is not OperationCanceledException)
                        {
                            _log.Stopped(
                                $"the task '{name}' failed ({e.GetType().Name}: {e.Message}) and is restarted"
                            );
                            throw;
                        }
                    },
                    CancellationToken.None
                ),
            cancellation
        );

    /// <summary>Completes when all rows handed over until then are in the store.</summary>
    public async Task FlushAsync(CancellationToken cancellation = default)
    {
        while (!IsIdle)
        {
            _writer.CloseAll();
            _alarm.Ring();
            await _sender.NextSuccessAsync(cancellation);
        }
    }

    /// <summary>
    /// Completes when all batches that an earlier recorder left in the journal are in the store.
    /// Until then, the store is incomplete.
    /// </summary>
    public async Task SettleAsync(CancellationToken cancellation = default)
    {
        while (_writer.Journal is not { HasLeft: false })
            await _sender.NextSuccessAsync(cancellation);
    }

    private Dictionary<string, long> HandedOver =>
        new(StringComparer.Ordinal)
        {
            [StoreTable.Candles.Name.Value] = Volatile.Read(ref _candleCount),
            [StoreTable.Observations.Name.Value] = Volatile.Read(ref _observationCount),
            [StoreTable.Assessments.Name.Value] = Volatile.Read(ref _assessmentCount),
            [StoreTable.Requests.Name.Value] = _requests.HandedOver,
        };

    // Checked in the order in which a row moves, so that no row is missed.
    private bool IsIdle =>
        _market.Count == 0
        && _requests.Count == 0
        && !_writer.IsBusy
        && _writer.HeldRows == 0
        && _writer.OpenRows == 0
        && _writer.Journal is { Count: 0 };

    private void Add(Entry entry)
    {
        if ((_market.Add(entry) & _wakeMask) == 0)
            _alarm.Ring();
    }
}
