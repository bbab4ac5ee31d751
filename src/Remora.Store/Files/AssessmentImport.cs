using Remora.ClickHouse;
using Remora.ClickHouse.Rows;
using Remora.Markets;
using Remora.Store.Tables;

namespace Remora.Store.Files;

/// <summary>
/// Imports rebuilt assessments of one market and policy into the store, in order. Existing
/// assessments stay: only candles without one get a row. The same history can be built again
/// without duplicate rows in tables or rollups.
/// </summary>
/// <param name="store">The prepared store.</param>
public sealed class AssessmentImport(MarketStore store)
{
    private const int BatchRows = 5_000;

    private readonly RowWriter _rows = new();
    private HashSet<Instant>? _kept;
    private int _open;

    /// <summary>The number of rows written.</summary>
    public long Added { get; private set; }

    /// <summary>The number of candles that had an assessment already.</summary>
    public long Present { get; private set; }

    /// <summary>Adds the next assessment. Writes a batch when enough are collected.</summary>
    /// <exception cref="ClickHouseException">ClickHouse reports an error.</exception>
    /// <exception cref="ClickHouseUnavailableException">
    /// The store is unreachable. The same history can be built again.
    /// </exception>
    public async ValueTask AddAsync(Assessment assessment, CancellationToken cancellation = default)
    {
        if (assessment.AsOf is not { } asOf)
            return;
        _kept ??= await store.Assessments.CandlesAssessedAsync(
            new(assessment.Exchange, assessment.Pair, assessment.Timeframe),
            assessment.Policy,
            cancellation
        );
        if (!_kept.Add(asOf))
        {
            Present++;
            return;
        }
        StoreTable.Assessments.Write(_rows, BothSides.Of(assessment), store.Sequence);
        if (++_open == BatchRows)
            await FlushAsync(cancellation);
    }

    /// <summary>Writes the remaining rows.</summary>
    public async Task FlushAsync(CancellationToken cancellation = default)
    {
        if (_open == 0)
            return;
        await store.Inserts.InsertAsync(StoreTable.Assessments, _rows, cancellation);
        Added += _open;
        _open = 0;
        _rows.Clear();
    }
}
