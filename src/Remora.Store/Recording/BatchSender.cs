using System.Globalization;
using Remora.ClickHouse;
using Remora.ClickHouse.Rollups;

namespace Remora.Store.Recording;

/// <summary>Brings the journal's batches into the store, one after another, each under its token until it is acknowledged.</summary>
internal sealed class BatchSender(MarketStore store, RecorderOptions options, TimeProvider time, RecorderLog log, BatchWriter writer)
{
    private volatile bool _isEnding;
    private volatile bool _isFailing;
    private volatile TaskCompletionSource _success = New();
    private readonly TaskCompletionSource _ended = New();

    /// <param name="opened">Completes when the store has been opened by somebody else; null when that is to be done here.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task RunAsync(Task? opened, CancellationToken cancellation)
    {
        try
        {
            _isFailing = opened is not null; // nothing can be sent yet
            await (opened?.WaitAsync(cancellation) ?? UntilDoneAsync("the store cannot be opened", () => store.PrepareAsync(cancellation), cancellation));
            _isFailing = false;
            while (true)
            {
                if (writer.Journal?.Take() is { } entry)
                {
                    await SendAsync(writer.Journal!, entry, cancellation);
                    Interlocked.Exchange(ref _success, New()).TrySetResult();
                }
                else if (_isEnding)
                {
                    return;
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
            // what is left stays in the journal
        }
        finally
        {
            _ended.TrySetResult();
            _success.TrySetCanceled(CancellationToken.None);
        }
    }

    /// <summary>Completes after the next batch was acknowledged, or there was none to send.</summary>
    public Task NextSuccessAsync(CancellationToken cancellation) => _success.Task.WaitAsync(cancellation);

    /// <summary>No more batches come: completes when all are sent, one fails, or the time is over.</summary>
    public async Task EndAsync(TimeSpan patience)
    {
        _isEnding = true;
        writer.Closed.Ring();
        if (_isFailing) return;
        using var rest = new CancellationTokenSource();
        await Task.WhenAny(_ended.Task, Task.Delay(patience, time, rest.Token));
        await rest.CancelAsync();
    }

    private async Task SendAsync(Journal journal, JournalEntry entry, CancellationToken cancellation)
    {
        JournalBatch batch;
        try
        {
            batch = JournalBatch.Read(entry.Path);
        }
        catch (InvalidDataException e)
        {
            log.Failed($"a batch of the journal was set aside: {Path.GetFileName(entry.Path)}: {e.Message}");
            journal.PutAside(entry, e.Message);
            return;
        }
        var tries = 0;
        await UntilDoneAsync($"{entry.Rows} rows of {entry.Table} wait", InsertAsync, cancellation);

        async Task InsertAsync()
        {
            try
            {
                await store.Client.InsertAsync(batch.Table, batch.Columns, batch.Rows, batch.Token, new QueryOptions { Timeout = options.InsertTimeout, Settings = store.InsertSettings }, cancellation);
                journal.Remove(entry);
                log.Wrote(entry.Table, entry.Rows);
            }
            catch (ClickHouseException e) when (Refusal.IsForEver(e, ++tries))
            {
                log.Failed(string.Create(CultureInfo.InvariantCulture, $"{entry.Rows} rows of {entry.Table} were refused and set aside: {e.Message}"));
                journal.PutAside(entry, e.Message);
            }
        }
    }

    private async Task UntilDoneAsync(string what, Func<Task> act, CancellationToken cancellation)
    {
        for (var delay = options.RetryDelay; ; delay = delay * 2 < options.LongestRetryDelay ? delay * 2 : options.LongestRetryDelay)
        {
            try
            {
                await act();
                _isFailing = false;
                return;
            }
            catch (Exception e) when (e is ClickHouseUnavailableException or ClickHouseException or TimeoutException or StoreException or RollupException or RollupDefinitionException or IOException or UnauthorizedAccessException)
            {
                log.Failed($"{what}: {e.Message}");
                _isFailing = true;
                if (_isEnding) _ended.TrySetResult(); // it would be tried again for as long as there is time, and in vain
                await Task.Delay(delay, time, cancellation);
            }
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
