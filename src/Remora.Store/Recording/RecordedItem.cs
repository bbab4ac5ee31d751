using Remora.Markets;

namespace Remora.Store.Recording;

/// <summary>What is handed to the recorder: a reference, and for a candle its values. Nothing is worked out here.</summary>
internal struct RecordedItem
{
    /// <summary>An assessment, an observation, a request, a <see cref="CandlePast"/>; or the market whose candle this is.</summary>
    public object Content;

    /// <summary>The candle of a market; nothing otherwise.</summary>
    public Candle Candle;
}

/// <summary>Many candles of a market in one step.</summary>
internal sealed record CandlePast(MarketId Market, Timeframe Timeframe, IReadOnlyList<Candle> Candles);
