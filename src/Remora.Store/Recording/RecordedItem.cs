using Remora.Markets;

namespace Remora.Store.Recording;

/// <summary>What is handed to the recorder: a reference, or a candle and its market. Nothing is worked out here.</summary>
/// <param name="Content">An assessment, an observation, or candles of a past; null for a single candle.</param>
/// <param name="Market">Whose candle or candles.</param>
/// <param name="Timeframe">Of candles.</param>
/// <param name="Candle">The single candle.</param>
internal readonly record struct RecordedItem(object? Content, MarketId? Market, Timeframe? Timeframe, Candle Candle);
