using Remora.ClickHouse;
using Remora.Markets;

namespace Remora.Store.Tables;

/// <summary>The service ran at the start of a minute.</summary>
/// <param name="At">The start of the minute.</param>
/// <param name="Ready">Whether it could answer for any market.</param>
public sealed record Heartbeat(Instant At, bool Ready);

/// <summary>How much of a time the service was available, counted in minutes.</summary>
/// <param name="Ratio">The share of minutes at whose start it could answer, from 0 to 1.</param>
/// <param name="Minutes">The number of minutes.</param>
/// <param name="DownMinutes">The minutes at whose start it did not run or could not answer.</param>
/// <param name="Since">The first of these minutes.</param>
public sealed record Availability(double Ratio, int Minutes, int DownMinutes, Instant Since);

/// <summary>The heartbeats of the service.</summary>
public sealed class HeartbeatTable
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private readonly MarketStore _store;

    internal HeartbeatTable(MarketStore store) => _store = store;

    /// <summary>
    /// Stores heartbeats. One that is stored twice counts once, and of two services' the one that
    /// could answer.
    /// </summary>
    public Task AddAsync(IReadOnlyList<Heartbeat> heartbeats, CancellationToken cancellation = default) =>
        _store.Inserts.InsertAsync(
            StoreTable.Heartbeats,
            heartbeats,
            heartbeat => heartbeat.Ready ? _store.Sequence : 0,
            cancellation
        );

    /// <summary>
    /// Returns the availability over a span of whole minutes, which begins with the first heartbeat
    /// if that is later; null without a minute.
    /// </summary>
    /// <param name="from">The first moment.</param>
    /// <param name="to">The end, exclusive.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public async Task<Availability?> AvailabilityAsync(
        Instant from,
        Instant to,
        CancellationToken cancellation = default
    )
    {
        (from, to) = (from.Floor(Minute), to.Floor(Minute));
        var parameters = new QueryParameters().Add("from", from.UnixMilliseconds).Add("to", to.UnixMilliseconds);
        var (first, up) = await _store.Client.SingleAsync(
            "SELECT (SELECT minOrNull(at) FROM heartbeats), uniqExactIf(at, ready) FROM heartbeats WHERE "
                + "at >= fromUnixTimestamp64Milli({from:Int64}) AND at < fromUnixTimestamp64Milli({to:Int64})",
            row => (row.Nullable(value => Instant.From(value.DateTime64())), (int)row.UInt64()),
            parameters,
            cancellation
        );
        if (first is not { } since)
            return null;
        if (since < from)
            since = from;
        var minutes = (int)((to - since) / Minute);
        return minutes <= 0 ? null : new((double)up / minutes, minutes, minutes - up, since);
    }
}
