using System.Globalization;
using Remora.Markets;
using Remora.Supervision;

namespace Remora.Store.Recording;

/// <summary>The right to record, from the moment at which nothing of others is under way.</summary>
/// <param name="Epoch">The number of the lease.</param>
/// <param name="Stored">What is stored already; null if nobody else recorded meanwhile.</param>
internal sealed record Turn(ulong Epoch, StoredUntil? Stored);

/// <summary>
/// Decides which of several services on one store records. The holder of the lease renews it; when
/// it does not, another service takes the next one, waits until inserts under older leases have
/// ended, and adds what is missing from its own memory. The server refuses inserts under older
/// leases, so a holder that was paused needs no clock to notice.
/// </summary>
internal sealed class RecorderLease
{
    private const double Silence = 1.5; // lengths of a lease without a renewal, by the own clock
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan KillAfter = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Release = TimeSpan.FromSeconds(1);
    private static readonly Backoff Backoff = new(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(2));

    private readonly MarketStore _store;
    private readonly LeaseTable _table;
    private readonly LeaseOptions _options;
    private readonly TimeProvider _time;
    private readonly Action<string>? _notice;
    private readonly Action<string>? _info;
    private readonly BatchWriter _writer;
    private readonly Lock _lock = new();
    private readonly Alarm _lost = new();
    private readonly string _process;
    private volatile Lease? _mine;
    private volatile Turn? _turn;
    private volatile Lease? _newest;
    private long _seen; // when the newest lease was read
    private (long Renewals, long At) _lastRenewal; // of another service
    private Instant _coveredFrom;
    private long _renewed;
    private long _taken;
    private bool _hasHeld; // this process has had a lease
    private ulong _told;
    private ulong _lostEpoch;

    public RecorderLease(MarketStore store, RecorderOptions options, TimeProvider time, BatchWriter writer)
    {
        (_store, _options, _time, _writer) = (store, options.Lease!, time, writer);
        (_notice, _info) = (options.Notice, options.Recovery ?? options.Notice);
        _table = new(store);
        _seen = time.GetTimestamp();
        _process = string.Create(
            CultureInfo.InvariantCulture,
            $"process {Environment.ProcessId} on {Environment.MachineName}, since "
                + $"{time.GetUtcNow():yyyy-MM-dd HH:mm:ss} UTC"
        );
    }

    public LeaseTable Table => _table;

    /// <summary>The right to record; null while another service, or nobody, has it.</summary>
    public Turn? Turn => _turn;

    /// <summary>The number of the own lease; null without one.</summary>
    public ulong? Own => _mine?.Epoch;

    /// <summary>Whether another service is known to record.</summary>
    public bool IsElsewhere =>
        _mine is null
        && _newest is { HasExpired: false } newest
        && _time.GetElapsedTime(Interlocked.Read(ref _seen)) < newest.Length;

    /// <summary>Whether the store could not be asked for a while.</summary>
    public bool IsUnknown => _mine is null && _time.GetElapsedTime(Interlocked.Read(ref _seen)) > 2 * _options.Length;

    /// <summary>
    /// Whether rows of earlier leases can be added: the present holder has added its own, so that
    /// it is clear which are missing.
    /// </summary>
    public bool MayAddLate =>
        _mine is not null
        || (IsElsewhere && _newest is { IsSettled: true } newest && newest.Holder != _writer.JournalId);

    public RecordingHealth Health =>
        _turn is { } turn ? new(true, _process, (long)turn.Epoch)
        : IsElsewhere && _newest is { } newest ? new(false, newest.Process, (long)newest.Epoch)
        : new(false, null, (long?)_newest?.Epoch);

    /// <summary>Takes part until it is canceled.</summary>
    /// <param name="opened">Completes when the store is open; null to begin at once.</param>
    /// <param name="cancellation">Ends it. The lease remains until it is released.</param>
    public async Task RunAsync(Task? opened, CancellationToken cancellation)
    {
        if (opened is not null)
            await opened.WaitAsync(cancellation);
        var isThere = false;
        for (var failures = 0; ; )
        {
            try
            {
                if (!isThere)
                    await _table.CreateAsync(cancellation);
                isThere = true;
                await StepAsync(cancellation);
                failures = 0;
            }
            catch (Exception e) when (StoreFault.Is(e, cancellation))
            {
                failures++; // the store's health reports that it is unreachable
            }
            var delay =
                failures > 0 ? Backoff.After(failures)
                : _mine is null ? _options.Look
                : _turn is null || !_mine.IsSettled ? Pause
                : _options.Renewal;
            await _lost.WaitAsync(delay, _time, cancellation);
            cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <summary>The server refused an insert, because there is a newer lease.</summary>
    public void Refused(ulong epoch)
    {
        if (_mine?.Epoch == epoch)
            Lose();
    }

    /// <summary>Ends the lease, so that another service need not wait for its end.</summary>
    public async Task ReleaseAsync()
    {
        if (_mine is not { } mine || _writer.HasMarketRows)
            return;
        try
        {
            using var patience = new CancellationTokenSource(Release, _time);
            await RenewAsync(mine with { Length = TimeSpan.Zero }, patience.Token);
        }
        catch (Exception e) when (StoreFault.Is(e, CancellationToken.None))
        {
            // it runs out
        }
    }

    private Instant Now => Instant.From(_options.RowClock.GetUtcNow());

    private async Task StepAsync(CancellationToken cancellation)
    {
        if (_writer.JournalId is not { } id)
            return;
        if (_mine is { } mine)
        {
            await KeepAsync(mine, cancellation);
            return;
        }
        var lease = await ReadAsync(cancellation);
        if (lease is not null && !IsFree(lease, id))
        {
            _writer.Held.Prune();
            if (_told != lease.Epoch)
                _info?.Invoke($"another service records ({lease.Process}); this one answers, and waits to take over");
            _told = lease.Epoch;
            return;
        }
        await TakeAsync(lease, id, cancellation);
    }

    // By the server's clock; also when that clock was set back.
    private bool IsFree(Lease lease, string id)
    {
        if (lease.HasExpired || (lease.Holder == id && !_hasHeld))
            return true;
        if (_lastRenewal.Renewals != lease.Renewals)
            _lastRenewal = (lease.Renewals, _time.GetTimestamp());
        return _time.GetElapsedTime(_lastRenewal.At) > Silence * lease.Length;
    }

    private async Task TakeAsync(Lease? last, string id, CancellationToken cancellation)
    {
        // The own lease of before a restart goes on: the journal is locked, so its holder has ended
        var isOwn = last is not null && last.Holder == id && !_hasHeld;
        var mine = new Lease(
            isOwn ? last!.Epoch : Math.Max(last?.Epoch ?? 0, _lostEpoch) + 1,
            id,
            _process,
            IsSettled: false,
            Renewals: 0,
            TimeSpan.Zero,
            _options.Length,
            isOwn ? last!.CoveredFrom : _writer.Held.Since ?? Now
        );
        _coveredFrom = mine.CoveredFrom;
        if (isOwn)
            await RenewAsync(mine, cancellation);
        else
            await _table.TakeAsync(mine, _coveredFrom, Now, cancellation);
        var newest = await ReadAsync(cancellation);
        if (newest is null || !IsSame(newest, mine))
        {
            // Its row was lost with a server, which still knows the token
            if (newest is null || newest.Epoch < mine.Epoch)
                _lostEpoch = mine.Epoch;
            return;
        }
        _hasHeld = true;
        _renewed = _taken = _time.GetTimestamp();
        lock (_lock)
        {
            _mine = mine;
            _turn = isOwn ? new(mine.Epoch, null) : null;
        }
        var before =
            last is null || isOwn ? ""
            : last.Length == TimeSpan.Zero ? $"; before, it was {last.Process}"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"; the last sign of {last.Process} was {last.Age.TotalSeconds:0} s ago"
            );
        _info?.Invoke($"this service records (lease {mine.Epoch}){before}");
        await KeepAsync(mine, cancellation);
    }

    private async Task KeepAsync(Lease mine, CancellationToken cancellation)
    {
        if (_time.GetElapsedTime(_renewed) >= _options.Renewal)
            await RenewAsync(mine, cancellation);
        if (await ReadAsync(cancellation) is { } newest && !IsSame(newest, mine))
        {
            Lose();
            return;
        }
        if (_turn is null)
            await BeginAsync(mine, cancellation);
        else if (!mine.IsSettled && _writer.IsFilled(mine.Epoch))
        {
            var settled = mine with { IsSettled = true };
            await RenewAsync(settled, cancellation);
            lock (_lock)
                if (_mine == mine)
                    _mine = settled;
        }
    }

    private async Task BeginAsync(Lease mine, CancellationToken cancellation)
    {
        if (await _table.OlderInsertsAsync(mine.Epoch, cancellation) > 0)
        {
            if (_time.GetElapsedTime(_taken) > KillAfter)
                await _table.KillOlderInsertsAsync(mine.Epoch, cancellation);
            return;
        }
        if (_writer.HasMarketRows)
            return; // of an earlier lease: they come first
        var stored = await StoredUntil.ReadAsync(_store, _coveredFrom - TimeSpan.FromDays(1), cancellation);
        lock (_lock)
            if (_mine == mine)
                _turn = new(mine.Epoch, stored);
        _writer.Wake();
    }

    private void Lose()
    {
        lock (_lock)
        {
            if (_mine is null)
                return;
            (_mine, _turn) = (null, null);
        }
        _lost.Ring();
        _notice?.Invoke("another service has taken over recording, because this one did not renew its lease in time");
    }

    private async Task RenewAsync(Lease mine, CancellationToken cancellation)
    {
        var begun = _time.GetTimestamp();
        await _table.RenewAsync(mine, _coveredFrom, Now, cancellation);
        _renewed = begun;
    }

    private async Task<Lease?> ReadAsync(CancellationToken cancellation)
    {
        var lease = await _table.ReadAsync(cancellation);
        _newest = lease;
        Interlocked.Exchange(ref _seen, _time.GetTimestamp());
        return lease;
    }

    private static bool IsSame(Lease one, Lease other) =>
        one.Epoch == other.Epoch && one.Holder == other.Holder && one.Process == other.Process;
}
