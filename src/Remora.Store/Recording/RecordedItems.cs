using Remora.Markets;

namespace Remora.Store.Recording;

/// <summary>A candle that is handed to the recorder, with what was said upon it, or many in one step. Nothing is worked out here.</summary>
internal struct RecordedCandle
{
    /// <summary>
    /// The assessment that was made upon the candle, which says whose it is; the market where none was; or a <see cref="CandlePast"/>.
    /// One reference and not two: the garbage collector has to be told of each.
    /// </summary>
    public object Of;

    /// <summary>The candle; nothing with a past.</summary>
    public Candle Candle;
}

/// <summary>Many candles of a market in one step.</summary>
internal sealed record CandlePast(MarketId Market, Timeframe Timeframe, IReadOnlyList<Candle> Candles);

/// <summary>What comes by itself: an assessment or an observation, as a reference. (An array of references themselves would ask for their type with each.)</summary>
internal struct RecordedReference
{
    public object Content;
}
