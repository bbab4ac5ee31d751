namespace Remora.Store.Recording;

/// <summary>
/// Takes queued entries, encodes them as rows, and closes batches into the journal.
/// </summary>
internal sealed class BatchWriter(
    RecorderOptions options,
    TimeProvider time,
    RecorderLog log,
    EntryQueue<Entry> market,
    EntryQueue<RequestEntry> requests
)
{
    /// <summary>The kind of log event for batches that are set aside.</summary>
    public const string SetAside = "set aside";

    private const string Opening = "journal is opened",
        Writing = "journal is written";
    private const int MostHeld = 4; // times the rows of the queue
    private readonly OpenBatches _batches = new(time, options.RequestDelay);
    private readonly string _parent =
        Path.GetDirectoryName(Path.GetFullPath(options.JournalFolder)) ?? options.JournalFolder;
    private volatile Journal? _journal;
    private bool _wasOpen;
    private bool _isFinishing;
    private volatile bool _isBusy;
    private volatile bool _closesAll;
    private long _lostRows;
    private ulong? _epoch; // of the open batches
    private long _filled; // the lease whose waiting rows are in the journal
    private long _filledUpTo; // their last batch
    private RecorderLease? _lease;
    private Alarm? _alarm;

    /// <summary>Market data that waits until this service records; empty without a lease.</summary>
    public HeldEntries Held { get; } = new(options.Lease?.Reach ?? TimeSpan.Zero, MostHeld * options.QueueRows, time);

    /// <summary>The id of the journal; null until it is open.</summary>
    public string? JournalId => _journal?.Id;

    /// <summary>Whether rows of market data are on their way to the store.</summary>
    public bool HasMarketRows =>
        _batches.OfMarkets.Any(batch => batch.Rows > 0) || _journal is null or { FirstOfMarkets: not null };

    /// <summary>The rows that wait in <see cref="Held"/> and will be stored.</summary>
    public long HeldRows => _lease is { IsElsewhere: false } ? Held.Rows : 0;

    /// <summary>Rings when a batch was closed.</summary>
    public Alarm Closed { get; } = new();

    /// <summary>The journal; null until it is open.</summary>
    public Journal? Journal => _journal;

    /// <summary>Whether it is processing entries now. It may hold one of them.</summary>
    public bool IsBusy => _isBusy;

    /// <summary>The number of rows that are not in the journal yet.</summary>
    public int OpenRows => _batches.Rows;

    /// <summary>
    /// The number of rows that could not be encoded, or waited for a lease too long.
    /// </summary>
    public long LostRows => Interlocked.Read(ref _lostRows) + Held.DroppedRows;

    /// <summary>Sets the lease that market data is recorded under.</summary>
    public void Use(RecorderLease lease) => _lease = lease;

    /// <summary>Ends the wait for the next batch.</summary>
    public void Wake() => _alarm?.Ring();

    /// <summary>
    /// Returns whether everything that waited for a lease is in the store.
    /// </summary>
    public bool IsFilled(ulong epoch) =>
        Volatile.Read(ref _filled) == (long)epoch
        && _journal is { } journal
        && !(journal.FirstOfMarkets <= Interlocked.Read(ref _filledUpTo));

    public async Task RunAsync(Alarm alarm, CancellationToken cancellation)
    {
        _alarm = alarm;
        while (!cancellation.IsCancellationRequested)
        {
            TryOpen();
            await alarm.WaitAsync(options.BatchDelay, time, cancellation);
            var closesAll = _closesAll;
            _closesAll = false;
            Drain(closesAll);
        }
    }

    /// <summary>Closes all batches the next time, including those that could wait.</summary>
    public void CloseAll() => _closesAll = true;

    /// <summary>
    /// Moves the remaining entries to the journal, after <see cref="RunAsync"/> has ended.
    /// </summary>
    public void Finish()
    {
        try
        {
            _isFinishing = true;
            TryOpen();
            Drain(closesAll: true);
        }
        catch (Exception e) // must not delay the end; the journal keeps its batches
        {
            log.Happened("finish", $"the last rows were not written to the journal: {e}");
        }
    }

    /// <summary>Closes the journal and releases its folder.</summary>
    public void CloseJournal() => _journal?.Dispose();

    private void TryOpen()
    {
        if (_journal is not null)
            return;
        if (_wasOpen && !Directory.Exists(_parent))
        {
            log.Failed(
                Opening,
                $"the folder '{_parent}' is missing, and rows wait in memory until it exists: mount it, or create it"
            );
            return;
        }
        try
        {
            _journal = Journal.Open(options.JournalFolder, options.JournalBytes);
            foreach (var reason in _journal.SetAside)
                log.Happened(
                    SetAside,
                    $"a batch of the journal was moved to '{options.JournalFolder}/set-aside': {reason}"
                );
            log.Ended(Opening, "the journal is open");
            _wasOpen = true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.Failed(
                Opening,
                $"the journal '{options.JournalFolder}' cannot be opened, and nothing is recorded until then: "
                    + $"{DiskFault.Describe(e)}"
            );
        }
    }

    // Stops when a full batch cannot be written. The waiting entries stay in their bounded queue.
    private void Drain(bool closesAll)
    {
        _isBusy = true;
        try
        {
            var turn = _lease?.Turn;
            if (_lease is not null && !TryFollow(turn))
                return;
            while (CloseFull() && TryWriteNext(turn)) { }
            var isDone = true;
            foreach (var batch in _batches.All)
                if (closesAll || _batches.IsDue(batch))
                    isDone &= TryClose(batch);
            if (turn is not null && isDone)
                NoteFilled(turn);
            // While batches are written one by one as space becomes free, the problem continues.
            if (isDone && market.Count == 0 && requests.Count == 0)
                log.Ended(Writing, "the journal can be written again");
        }
        finally
        {
            _isBusy = false;
            Closed.Ring();
        }
    }

    private bool CloseFull()
    {
        foreach (var batch in _batches.All)
            if (batch.IsFull(options) && !TryClose(batch))
                return false;
        return true;
    }

    // Closes what was recorded under another lease. Without a turn, or before the waiting entries
    // of its begin are written, market data waits in memory.
    private bool TryFollow(Turn? turn)
    {
        if (turn?.Epoch != _epoch)
        {
            foreach (var batch in _batches.OfMarkets)
                if (!TryClose(batch))
                    return false;
            _epoch = turn?.Epoch;
            _filled = 0;
        }
        if (turn is null ? !IsOnItsOwn : _filled == 0)
            while (market.TryTake(out var entry))
                Held.Add(entry, _lease!.IsElsewhere);
        return true;
    }

    // While nobody can say who records, the journal takes the rows. They count as recorded under
    // no lease: what another service recorded meanwhile is left out when they are sent.
    private bool IsOnItsOwn => _lease!.IsUnknown || (_isFinishing && !_lease.IsElsewhere);

    private Entry? NextOfMarkets(Turn? turn)
    {
        if (_lease is not null)
        {
            if (turn is null && !IsOnItsOwn)
                return null;
            while (Held.Take() is { } held)
                if ((turn?.Stored is { } stored ? stored.Missing(held) : held) is { } missing)
                    return missing;
        }
        return market.TryTake(out var entry) ? entry : null;
    }

    // The waiting entries of the lease's begin are in the journal
    private void NoteFilled(Turn turn)
    {
        if ((long)turn.Epoch == _filled || Held.Rows > 0 || _journal is not { } journal)
            return;
        Interlocked.Exchange(ref _filledUpTo, journal.LastNumber);
        Volatile.Write(ref _filled, (long)turn.Epoch);
    }

    private bool TryWriteNext(Turn? turn)
    {
        if (NextOfMarkets(turn) is { } entry)
            Write(in entry);
        else if (requests.TryTake(out var request))
            Write(in request);
        else
            return false;
        return true;
    }

    private void Write<T>(in T entry)
        where T : IEntry
    {
        var lost = _batches.Write(in entry, out var failure);
        if (failure is null)
            return;
        log.Happened(
            $"lost {entry.GetType().Name}",
            $"{lost} rows could not be encoded and are lost. Report this bug: {failure}"
        );
        Interlocked.Add(ref _lostRows, lost);
    }

    private bool TryClose(OpenBatch batch)
    {
        if (batch.Rows == 0)
            return true;
        if (_journal is not { } journal)
            return false;
        try
        {
            journal.Append(
                batch.Close(LeasedInsert.IsLeased(batch.Table.Name.Value) ? _epoch : null),
                batch.Rows,
                time.GetUtcNow()
            );
        }
        catch (DirectoryNotFoundException)
        {
            var lost = journal.Abandon();
            Interlocked.Add(ref _lostRows, lost);
            journal.Dispose();
            _journal = null; // reopened at the next write
            log.Happened(
                "folder removed",
                $"the journal's folder '{options.JournalFolder}' was removed while the service was running: {lost} "
                    + $"rows in it are lost"
            );
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.Failed(
                Writing,
                $"the journal '{options.JournalFolder}' cannot be written, and rows wait in memory until then: "
                    + $"{DiskFault.Describe(e)}"
            );
            return false;
        }
        _batches.Clear(batch);
        return true;
    }
}
