using Remora.Markets;
using Remora.Store.Tables;

namespace Remora.Store.Recording;

/// <summary>
/// Takes queued items, encodes them as rows, and closes batches into the journal.
/// </summary>
internal sealed class BatchWriter(
    RecorderOptions options, TimeProvider time, RecorderLog log, HandoverQueue market, RequestQueue requests)
{
    /// <summary>The kind of log event for batches that are set aside.</summary>
    public const string SetAside = "set aside";

    private const string Opening = "journal is opened", Writing = "journal is written";
    private readonly OpenBatch _candles = new(StoreTable.Candles);
    private readonly OpenBatch _observations = new(StoreTable.Observations);
    private readonly OpenBatch _assessments = new(StoreTable.Assessments);
    private readonly OpenBatch _requests = new(StoreTable.Requests);
    private readonly string _parent = Path.GetDirectoryName(Path.GetFullPath(options.JournalFolder)) ?? options.JournalFolder;
    private volatile Journal? _journal;
    private bool _wasOpen;
    private volatile bool _isBusy;
    private ulong _sequence;
    private long _lostRows;
    private int _openRows;

    /// <summary>Rings when a batch was closed.</summary>
    public Alarm Closed { get; } = new();

    /// <summary>The journal; null until it is open.</summary>
    public Journal? Journal => _journal;

    /// <summary>Whether it is processing items now. It may hold one of them.</summary>
    public bool IsBusy => _isBusy;

    /// <summary>The number of rows that are not in the journal yet.</summary>
    public int OpenRows => Volatile.Read(ref _openRows);

    /// <summary>The number of rows that could not be encoded.</summary>
    public long LostRows => Interlocked.Read(ref _lostRows);

    private IEnumerable<OpenBatch> Batches => [_candles, _observations, _assessments, _requests];

    public async Task RunAsync(Alarm alarm, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            TryOpen();
            await alarm.WaitAsync(options.BatchDelay, time, cancellation);
            Drain();
        }
    }

    /// <summary>
    /// Moves the remaining items to the journal, after <see cref="RunAsync"/> has ended.
    /// </summary>
    public void Finish()
    {
        try
        {
            TryOpen();
            Drain();
        }
        catch (Exception e) // must not delay the end; the journal keeps its batches
        {
            log.Happened("finish", $"what was handed over last was not written to the journal: {e}");
        }
    }

    /// <summary>Closes the journal and releases its folder.</summary>
    public void CloseJournal() => _journal?.Dispose();

    private void TryOpen()
    {
        if (_journal is not null) return;
        if (_wasOpen && !Directory.Exists(_parent))
        {
            log.Failed(Opening, $"the folder '{_parent}' is gone, and rows wait in memory until it is back: mount it, or make it again");
            return;
        }
        try
        {
            _journal = Journal.Open(options.JournalFolder, options.JournalBytes);
            foreach (var reason in _journal.SetAside) log.Happened(SetAside, $"a batch of the journal was set aside, into '{options.JournalFolder}/set-aside': {reason}");
            log.Ended(Opening, "the journal is open");
            _wasOpen = true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.Failed(Opening, $"the journal '{options.JournalFolder}' cannot be opened, and nothing is recorded until it can: {DiskFault.Describe(e)}");
        }
    }

    // Stops when a full batch cannot be written. The waiting items stay in their bounded queue.
    private void Drain()
    {
        _isBusy = true;
        try
        {
            while (CloseFull() && TryWriteNext()) { }
            var isDone = true;
            foreach (var batch in Batches) isDone &= TryClose(batch);
            // While batches are written one by one as space becomes free, the problem continues.
            if (isDone && market.Count == 0 && requests.Count == 0) log.Ended(Writing, "the journal is written again");
        }
        finally
        {
            _isBusy = false;
            Closed.Ring();
        }
    }

    private bool CloseFull()
    {
        foreach (var batch in Batches)
            if (batch.IsFull(options) && !TryClose(batch)) return false;
        return true;
    }

    private bool TryWriteNext()
    {
        if (market.TryTake(out var item)) Write(item);
        else if (requests.TryTake(out var request)) Write(_requests, request!);
        else return false;
        return true;
    }

    private void Write(object content)
    {
        switch (content)
        {
            case Assessment said: Write(_candles, said); Write(_assessments, said); break;
            case LoneAssessment lone: Write(_assessments, lone.Said); break;
            case LoneCandles past: Write(_candles, past); break;
            case Observation observation: Write(_observations, observation); break;
        }
    }

    private void Write(OpenBatch batch, object content)
    {
        // The order of rows: by the clock, and strictly increasing.
        _sequence = Math.Max(_sequence, (ulong)((time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond));
        try
        {
            switch (content)
            {
                case Assessment said when batch == _candles: RowWriting.Candle(batch.Writer, said.Exchange, said.Pair, said.Timeframe, said.GetReadings().Candle!.Value, ++_sequence); break;
                case Assessment assessment: RowWriting.Assessment(batch.Writer, assessment, ++_sequence); break;
                case Observation observation: RowWriting.Observation(batch.Writer, observation, ++_sequence); break;
                case RequestRow request: RowWriting.Request(batch.Writer, request, ++_sequence); break;
                case LoneCandles past: foreach (var each in past.Candles) RowWriting.Candle(batch.Writer, past.Market.Exchange, past.Market.Pair, past.Timeframe, each, ++_sequence); Count(past.Candles.Count - 1); break;
            }
            Count(1);
        }
        catch (Exception e) // a bug in the encoding: a partial row corrupts the batch, so the batch is dropped
        {
            log.Happened($"lost {batch.Table.Name}", $"{batch.Rows + 1} rows of {batch.Table.Name} were lost, which is a bug: {e}");
            Interlocked.Add(ref _lostRows, batch.Rows + 1);
            Clear(batch);
        }

        void Count(int rows)
        {
            batch.Rows += rows;
            Interlocked.Add(ref _openRows, rows);
        }
    }

    private bool TryClose(OpenBatch batch)
    {
        if (batch.Rows == 0) return true;
        if (_journal is not { } journal) return false;
        try
        {
            journal.Append(batch.Close(), batch.Rows, time.GetUtcNow());
        }
        catch (DirectoryNotFoundException)
        {
            var lost = journal.Abandon();
            Interlocked.Add(ref _lostRows, lost);
            journal.Dispose();
            _journal = null; // reopened at the next write
            log.Happened("folder removed", $"the journal's folder '{options.JournalFolder}' was removed while the service ran: {lost} rows that waited in it are lost");
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.Failed(Writing, $"the journal '{options.JournalFolder}' cannot be written, and rows wait in memory until it can: {DiskFault.Describe(e)}");
            return false;
        }
        Clear(batch);
        return true;
    }

    private void Clear(OpenBatch batch)
    {
        Interlocked.Add(ref _openRows, -batch.Rows);
        batch.Clear();
    }
}
