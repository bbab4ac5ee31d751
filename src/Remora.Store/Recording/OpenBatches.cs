using Remora.Markets;
using Remora.Store.Tables;

namespace Remora.Store.Recording;

/// <summary>The open batches of all tables. Only one thread adds rows.</summary>
internal sealed class OpenBatches(TimeProvider time, TimeSpan requestDelay)
{
    private readonly OpenBatch<StoredCandle> _candles = new(StoreTable.Candles);
    private readonly OpenBatch<Observation> _observations = new(StoreTable.Observations);
    private readonly OpenBatch<BothSides> _assessments = new(StoreTable.Assessments);
    private readonly OpenBatch<RequestRow> _requests = new(StoreTable.Requests, requestDelay);
    private ulong _sequence;
    private int _rows;

    public IEnumerable<OpenBatch> All => [_candles, _observations, _assessments, _requests];

    /// <summary>The batches of market data, which one service records.</summary>
    public IEnumerable<OpenBatch> OfMarkets => [_candles, _observations, _assessments];

    /// <summary>The number of rows in all batches. Can be read by any thread.</summary>
    public int Rows => Volatile.Read(ref _rows);

    /// <summary>Adds the rows of an entry.</summary>
    /// <returns>The number of rows that could not be encoded, because of a bug.</returns>
    public int Write<T>(in T entry, out Exception? failure)
        where T : IEntry
    {
        // The order of rows: by the clock, and strictly increasing.
        var now = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        _sequence = Math.Max(_sequence, (ulong)now);
        var before = _rows;
        try
        {
            entry.WriteTo(this);
            failure = null;
        }
        catch (Exception e)
        {
            foreach (var batch in All)
                batch.RemovePartialRow();
            failure = e;
        }
        return entry.Rows - (_rows - before);
    }

    /// <summary>Whether a batch has waited for its delay.</summary>
    public bool IsDue(OpenBatch batch) => time.GetElapsedTime(batch.Began) >= batch.Delay;

    /// <summary>Removes the rows of a batch.</summary>
    public void Clear(OpenBatch batch)
    {
        Volatile.Write(ref _rows, _rows - batch.Rows);
        batch.Clear();
    }

    public void Add(in StoredCandle candle) => Add(_candles, in candle);

    public void Add(Observation observation) => Add(_observations, observation);

    public void Add(in BothSides assessment) => Add(_assessments, in assessment);

    public void Add(in RequestRow request) => Add(_requests, in request);

    private void Add<T>(OpenBatch<T> batch, in T row)
    {
        if (batch.Rows == 0)
            batch.Began = time.GetTimestamp();
        batch.Add(in row, ++_sequence);
        Volatile.Write(ref _rows, _rows + 1);
    }
}
