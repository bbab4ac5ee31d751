using Remora.Markets;

namespace Remora.Store.Recording;

/// <summary>Candles of a market, of its timeframe or another one, without an assessment.</summary>
/// <remarks>
/// An item of the queue is one reference, and its type determines the rows. An
/// <see cref="Assessment"/> that was made at its candle stands for both, so that no object is
/// allocated. All other items are one of these two records or an observation.
/// </remarks>
internal sealed record LoneCandles(MarketId Market, Timeframe Timeframe, IReadOnlyList<Candle> Candles);

/// <summary>An assessment without a new candle, or by another policy.</summary>
internal sealed record LoneAssessment(Assessment Said);
