using Remora.Markets;

namespace Remora.Store.Recording;

/// <summary>A candle that is handed to the recorder, with what was said upon it, or many in one step. Nothing is worked out here.</summary>
internal struct RecordedCandle
{
    /// <summary>The market whose candle this is, or a <see cref="CandlePast"/>.</summary>
    public object Of;

    /// <summary>The assessment that came of the candle; null where none is kept.</summary>
    public Assessment? Said;

    /// <summary>The candle of a market; nothing with a past.</summary>
    public Candle Candle;
}

/// <summary>Many candles of a market in one step.</summary>
internal sealed record CandlePast(MarketId Market, Timeframe Timeframe, IReadOnlyList<Candle> Candles);

/// <summary>What comes by itself: an assessment or an observation, as a reference. (An array of references themselves would ask for their type with each.)</summary>
internal struct RecordedReference
{
    public object Content;
}
