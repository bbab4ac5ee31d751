using System.Collections.Frozen;
using Remora.ClickHouse;
using Remora.ClickHouse.Rows;
using Remora.Markets;

namespace Remora.Store.Tables;

/// <summary>The stored outside values.</summary>
public sealed class ObservationTable
{
    /// <summary>How far back anything looks that is made of outside values (30 days, of liquidations), and some days for values that are late.</summary>
    public static readonly TimeSpan Reach = TimeSpan.FromDays(45);

    private static readonly FrozenDictionary<string, Signal> Signals = Enum.GetValues<Signal>().ToFrozenDictionary(RemoraJson.NameOf);

    private readonly MarketStore _store;

    internal ObservationTable(MarketStore store) => _store = store;

    /// <summary>
    /// What was known at a moment, as far as it still matters then: in the order in which it became known, so that an engine that applies
    /// all of it knows what one knew that had been running. A value that became known later is not there, whatever time it tells of.
    /// </summary>
    public async Task<IReadOnlyList<Observation>> KnownAtAsync(Instant time, CancellationToken cancellation = default)
    {
        var parameters = new QueryParameters();
        var where = Span.UpTo(time, time - Reach).Where("knowable_at", parameters);
        var rows = await _store.Client.ListAsync(
            $"SELECT signal, base, value, held_at, knowable_at, time_to_live_ms, source FROM observations FINAL WHERE {where} ORDER BY knowable_at, held_at, sequence", Read, parameters, cancellation);
        return [.. rows.OfType<Observation>()];
    }

    /// <summary>The values of one signal, in the order in which they became known.</summary>
    /// <param name="signal">The signal.</param>
    /// <param name="base">The base currency; null for the whole market's.</param>
    /// <param name="span">Which of them, by when they became known.</param>
    public StoreQuery<Observation> Of(Signal signal, string? @base, Span span = default)
    {
        var parameters = new QueryParameters().Add("signal", RemoraJson.NameOf(signal)).Add("base", @base ?? "");
        return new(
            _store.Client,
            "SELECT signal, base, value, held_at, knowable_at, time_to_live_ms, source FROM observations FINAL " +
            $"WHERE signal = {{signal:String}} AND ifNull(base, '') = {{base:String}} AND {span.Where("knowable_at", parameters)}{span.Order("knowable_at, held_at", parameters)}",
            parameters, row => Read(row)!);
    }

    // Null for a signal that this program does not know: another version may have recorded it.
    private static Observation? Read(RowReader row)
    {
        var name = row.String();
        var (@base, value, heldAt, knowableAt, timeToLive, source) = (row.NullableString(), row.Float64(), row.DateTime64(), row.DateTime64(), row.Int64(), row.String());
        return Signals.TryGetValue(name, out var signal)
            ? new(signal, @base, value, Instant.From(heldAt), Instant.From(knowableAt), TimeSpan.FromMilliseconds(timeToLive), source)
            : null;
    }
}
