using Remora.Markets;
using Remora.Store.Tables;

namespace Remora.Store.Recording;

/// <summary>What is handed to the recorder at once. Each case writes its own rows.</summary>
internal interface IEntry
{
    /// <summary>The number of rows.</summary>
    int Rows { get; }

    /// <summary>Adds the rows to the open batches.</summary>
    void WriteTo(OpenBatches batches);
}

/// <summary>An event of a market or a source.</summary>
internal abstract record Entry : IEntry
{
    public abstract int Rows { get; }

    /// <summary>The moment from which on it is part of the record; null if it has no own.</summary>
    public virtual Instant? Moment => null;

    public abstract void WriteTo(OpenBatches batches);
}

/// <summary>Candles of a market, of its timeframe or another one.</summary>
internal sealed record CandleEntry(MarketId Market, Timeframe Timeframe, IReadOnlyList<Candle> Candles) : Entry
{
    public override int Rows => Candles.Count;

    public override void WriteTo(OpenBatches batches)
    {
        foreach (var candle in Candles)
            batches.Add(StoredCandle.Of(Market.Exchange, Market.Pair, Timeframe, candle));
    }
}

/// <summary>A value of a source.</summary>
internal sealed record ObservationEntry(Observation Observation) : Entry
{
    public override int Rows => 1;

    public override Instant? Moment => Observation.KnowableAt;

    public override void WriteTo(OpenBatches batches) => batches.Add(Observation);
}

/// <summary>An assessment, and the closed candle that caused it, if one did.</summary>
internal sealed record AssessmentEntry(Assessment Assessment, bool WithCandle, Instant? Published) : Entry
{
    public override int Rows => WithCandle ? 2 : 1;

    public override Instant? Moment => Assessment.AssessedAt;

    public override void WriteTo(OpenBatches batches)
    {
        var (assessment, candle) = (Assessment, Assessment.GetReadings().Candle);
        if (WithCandle)
            batches.Add(StoredCandle.Of(assessment.Exchange, assessment.Pair, assessment.Timeframe, candle!.Value));
        batches.Add(BothSides.Of(assessment, Published));
    }
}

/// <summary>
/// A request that the service answered. A value, because there can be tens of thousands per second,
/// each of which waits for a while.
/// </summary>
internal readonly record struct RequestEntry(RequestRow Request) : IEntry
{
    public int Rows => 1;

    public void WriteTo(OpenBatches batches) => batches.Add(Request);
}
