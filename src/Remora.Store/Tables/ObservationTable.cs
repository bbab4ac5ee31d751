using System.Collections.Frozen;
using Remora.ClickHouse;
using Remora.ClickHouse.Rows;
using Remora.Columns;
using Remora.Markets;

namespace Remora.Store.Tables;

/// <summary>The stored observations.</summary>
public sealed class ObservationTable
{
    private static readonly FrozenDictionary<string, Signal> Signals = Enum.GetValues<Signal>()
        .ToFrozenDictionary(RemoraJson.NameOf);

    private static readonly string Values = SelectList.Of(ObservationColumns.All);

    private readonly MarketStore _store;

    internal ObservationTable(MarketStore store) => _store = store;

    /// <summary>
    /// Returns the observations that were knowable at a moment and still matter then, in the order
    /// in which they became knowable. An engine that applies them has the same state as one that
    /// was running. Observations that became knowable later are excluded, whatever time they
    /// describe.
    /// </summary>
    public async Task<IReadOnlyList<Observation>> KnownAtAsync(Instant time, CancellationToken cancellation = default)
    {
        return await KnownWithinAsync(Span.UpTo(time, time - RequiredHistory.Observations), cancellation);
    }

    /// <summary>
    /// Returns the observations that became knowable within a span, in the order in which they did.
    /// </summary>
    public async Task<IReadOnlyList<Observation>> KnownWithinAsync(Span span, CancellationToken cancellation = default)
    {
        var parameters = new QueryParameters();
        var where = span.Where("knowable_at", parameters);
        var rows = await _store.Client.ListAsync(
            $"SELECT {Values} FROM observations FINAL WHERE {where} ORDER BY knowable_at, held_at, sequence",
            Read,
            parameters,
            cancellation
        );
        return [.. rows.OfType<Observation>()];
    }

    /// <summary>
    /// Returns the observations of one signal, in the order in which they became knowable.
    /// </summary>
    /// <param name="signal">The signal.</param>
    /// <param name="base">The base currency; null for the whole market.</param>
    /// <param name="span">The span of times at which they became knowable.</param>
    public StoreQuery<Observation> Of(Signal signal, string? @base, Span span = default)
    {
        var parameters = new QueryParameters().Add("signal", RemoraJson.NameOf(signal)).Add("base", @base ?? "");
        return new(
            _store.Client,
            $"SELECT {Values} FROM observations FINAL "
                + $"WHERE signal = {{signal:String}} AND ifNull(base, '') = {{base:String}} AND "
                + $"{span.Where("knowable_at", parameters)}{span.Order("knowable_at, held_at", parameters)}",
            parameters,
            row => Read(row)!
        );
    }

    // Returns null for an unknown signal, which another version may have recorded.
    private static Observation? Read(RowReader row)
    {
        var (name, @base, source, value) = (row.String(), row.NullableString(), row.String(), row.Float64());
        var (heldAt, knowableAt, timeToLive) = (row.DateTime64(), row.DateTime64(), row.Int64());
        return Signals.TryGetValue(name, out var signal)
            ? new(
                signal,
                @base,
                value,
                Instant.From(heldAt),
                Instant.From(knowableAt),
                TimeSpan.FromMilliseconds(timeToLive),
                source
            )
            : null;
    }
}
