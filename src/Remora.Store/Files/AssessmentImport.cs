using Remora.ClickHouse;
using Remora.ClickHouse.Rows;
using Remora.Markets;
using Remora.Store.Tables;

namespace Remora.Store.Files;

/// <summary>
/// Brings the assessments of a rebuilt past into the store, those of one market under one policy, in order. What was said of a candle stays: only
/// candles that nothing is kept of get a row. So the same past may be built again, and nothing is there twice, neither in the table nor in the rollups.
/// </summary>
/// <param name="store">The store, ready.</param>
public sealed class AssessmentImport(MarketStore store)
{
    private const int BatchRows = 5_000;

    private readonly RowWriter _rows = new();
    private HashSet<Instant>? _kept;
    private int _open;

    /// <summary>How many rows were written.</summary>
    public long Added { get; private set; }

    /// <summary>How many were there already.</summary>
    public long Present { get; private set; }

    /// <summary>Takes the next assessment; every now and then a batch is written.</summary>
    /// <exception cref="ClickHouseException">The store refuses.</exception>
    /// <exception cref="ClickHouseUnavailableException">It cannot be reached; the same past may be built again.</exception>
    public async ValueTask AddAsync(Assessment assessment, CancellationToken cancellation = default)
    {
        if (assessment.AsOf is not { } asOf) return;
        _kept ??= await store.Assessments.CandlesAssessedAsync(new(assessment.Exchange, assessment.Pair, assessment.Timeframe), assessment.Policy, cancellation);
        if (!_kept.Add(asOf))
        {
            Present++;
            return;
        }
        RowWriting.Assessment(_rows, assessment, store.Sequence);
        if (++_open == BatchRows) await FlushAsync(cancellation);
    }

    /// <summary>Writes what is left.</summary>
    public async Task FlushAsync(CancellationToken cancellation = default)
    {
        if (_open == 0) return;
        await store.Client.InsertAsync(
            StoreTable.Assessments.Name, StoreTable.Assessments.Columns, _rows, Guid.NewGuid().ToString("N"), new QueryOptions { Settings = store.InsertSettings }, cancellation);
        Added += _open;
        _open = 0;
        _rows.Clear();
    }
}
