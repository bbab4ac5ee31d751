using System.Globalization;
using Remora.ClickHouse;
using Remora.ClickHouse.Rollups;
using Remora.Supervision;

namespace Remora.Store.Recording;

/// <summary>
/// Sends the batches of the journal to the store in order. Retries each under its token until the
/// store acknowledges it.
/// </summary>
internal sealed class BatchSender(
    MarketStore store,
    RecorderOptions options,
    TimeProvider time,
    RecorderLog log,
    BatchWriter writer,
    RecorderLease? lease
)
{
    /// <summary>The number of attempts to read a file before its batch is set aside.</summary>
    private const int MostReads = 8;

    private const string Sending = "sending: ";
    private static readonly TimeSpan LeasePause = TimeSpan.FromMilliseconds(200);

    private volatile bool _isEnding;
    private volatile bool _isFailing;
    private volatile bool _isOpen;
    private volatile TaskCompletionSource _success = New();
    private readonly TaskCompletionSource _ended = New();

    /// <summary>
    /// Sends until it is cancelled, or until the journal is empty after <see cref="EndAsync"/>. Can
    /// run again after a failure.
    /// </summary>
    /// <param name="opened">
    /// Completes when the store has been opened elsewhere; null to open it here.
    /// </param>
    /// <param name="cancellation">Stops sending.</param>
    public async Task RunAsync(Task? opened, CancellationToken cancellation)
    {
        try
        {
            _isFailing = opened is not null && !_isOpen; // the store is not open yet
            if (!_isOpen)
                await (
                    opened?.WaitAsync(cancellation)
                    ?? UntilDoneAsync(
                        "the store cannot be opened",
                        () => store.PrepareAsync(cancellation),
                        cancellation
                    )
                );
            _isOpen = true;
            _isFailing = false;
            while (true)
            {
                if (writer.Journal is { } journal && journal.Take() is { } entry)
                {
                    await SendAsync(journal, entry, cancellation);
                    Interlocked.Exchange(ref _success, New()).TrySetResult();
                }
                else if (_isEnding)
                {
                    _ended.TrySetResult();
                    await Task.Delay(Timeout.InfiniteTimeSpan, cancellation);
                }
                else
                {
                    Interlocked.Exchange(ref _success, New()).TrySetResult();
                    await writer.Closed.WaitAsync(options.BatchDelay, time, cancellation);
                }
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The remaining batches stay in the journal.
        }
        catch
        {
            Fails();
            throw;
        }
    }

    /// <summary>
    /// Completes after the next batch was acknowledged, or when there was no batch to send.
    /// </summary>
    public Task NextSuccessAsync(CancellationToken cancellation) => _success.Task.WaitAsync(cancellation);

    /// <summary>
    /// Signals that no more batches follow. Completes when all are sent, one fails, or the time is
    /// over.
    /// </summary>
    public async Task EndAsync(TimeSpan patience)
    {
        _isEnding = true;
        writer.Closed.Ring();
        if (_isFailing)
            return;
        using var rest = new CancellationTokenSource();
        await Task.WhenAny(_ended.Task, Task.Delay(patience, time, rest.Token));
        await rest.CancelAsync();
    }

    /// <summary>Cancels all waits for a success, because nothing is sent any more.</summary>
    public void Close() => _success.TrySetCanceled(CancellationToken.None);

    private async Task SendAsync(Journal journal, JournalFile entry, CancellationToken cancellation)
    {
        JournalBatch? batch = null;
        var (reads, inserts) = (0, 0);
        await UntilDoneAsync($"{entry.Rows} rows of {entry.Table} wait in the journal", TrySendAsync, cancellation);

        async Task TrySendAsync()
        {
            batch ??= Read();
            if (batch is null)
                return;
            try
            {
                await InsertAsync(batch, cancellation);
                journal.Remove(entry);
                log.Wrote(entry.Table, entry.Rows);
            }
            catch (ClickHouseException e) when (Refusal.IsForEver(e, ++inserts))
            {
                PutAside(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"the store rejects its {entry.Rows} rows of {entry.Table}: {e.Message}"
                    )
                );
            }
        }

        // Returns null if the batch is done: its file is missing, damaged or unreadable.
        JournalBatch? Read()
        {
            try
            {
                return JournalBatch.Read(entry.Path);
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
            {
                journal.Lose(entry);
                log.Happened(
                    "removed",
                    $"the journal file {Path.GetFileName(entry.Path)} was removed before its rows were stored: "
                        + $"{entry.Rows} rows of {entry.Table} are lost"
                );
                return null;
            }
            catch (InvalidDataException e)
            {
                PutAside(e.Message);
                return null;
            }
            catch (Exception e)
                when (e is IOException or UnauthorizedAccessException
                    && !DiskFault.IsOfTheMoment(e)
                    && ++reads >= MostReads
                )
            {
                PutAside($"it cannot be read: {e.Message}");
                return null;
            }
        }

        void PutAside(string reason)
        {
            journal.PutAside(entry, reason);
            log.Happened(
                BatchWriter.SetAside,
                $"a batch of the journal was moved to '{options.JournalFolder}/set-aside': "
                    + $"{Path.GetFileName(entry.Path)}: {reason}"
            );
        }
    }

    private async Task InsertAsync(JournalBatch batch, CancellationToken cancellation)
    {
        var settings = new QueryOptions { Timeout = options.InsertTimeout, Settings = store.Inserts.Settings };
        if (lease is null || !LeasedInsert.IsLeased(batch.Table.Value))
        {
            await store.Client.InsertAsync(batch.Table, batch.Columns, batch.Rows, batch.Token, settings, cancellation);
            return;
        }
        settings = settings with { Settings = LeasedInsert.Settings(settings.Settings) };
        while (true)
        {
            var isPresent = lease.Own == batch.Epoch;
            if (!isPresent && !lease.MayAddLate)
            {
                await Task.Delay(LeasePause, time, cancellation);
                continue;
            }
            var sql = isPresent
                ? LeasedInsert.Fenced(lease.Table, batch.Epoch, batch)
                : LeasedInsert.Late(lease.Table, batch.Epoch, writer.JournalId!, batch);
            try
            {
                await store.Client.InsertAsync(sql, batch.Rows, batch.Token, settings, cancellation);
                return;
            }
            catch (ClickHouseException e) when (isPresent && e.Code == LeasedInsert.IsOver)
            {
                lease.Refused(batch.Epoch);
            }
        }
    }

    private async Task UntilDoneAsync(string what, Func<Task> act, CancellationToken cancellation)
    {
        var backoff = new Backoff(options.RetryDelay, options.LongestRetryDelay);
        for (var failures = 1; ; failures++)
        {
            try
            {
                await act();
                Works();
                return;
            }
            catch (Exception e)
                when (e
                        is ClickHouseUnavailableException
                            or ClickHouseException
                            or TimeoutException
                            or StoreException
                            or RollupException
                            or RollupDefinitionException
                            or IOException
                            or UnauthorizedAccessException
                )
            {
                var fault = e is ClickHouseException refused ? StoreFault.Describe(refused) : DiskFault.Describe(e);
                log.Failed(ProblemOf(e), $"{what}: {fault}");
                Fails();
                await Task.Delay(backoff.After(failures), time, cancellation);
            }
        }
    }

    // Each kind of problem is logged once, regardless of the rows and the number of retries.
    private static string ProblemOf(Exception e) =>
        Sending
        + (
            e is ClickHouseException refused ? refused.Name : $"{e.GetType().Name} {(e is IOException ? e.HResult : 0)}"
        );

    private void Works()
    {
        _isFailing = false;
        log.Ended(Sending, "the store accepts rows again");
    }

    private void Fails()
    {
        _isFailing = true;
        if (_isEnding)
            _ended.TrySetResult(); // retrying until the deadline would not help
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
