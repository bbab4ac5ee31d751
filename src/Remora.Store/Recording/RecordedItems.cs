using Remora.Markets;

namespace Remora.Store.Recording;

/// <summary>Candles of a market, of its timeframe or another, upon which nothing was said.</summary>
/// <remarks>
/// What is handed over is one reference, whose type says what is to be written down: an <see cref="Assessment"/> that was made upon its candle stands for both,
/// so that nothing has to be made for it; everything else is one of these two, or an observation.
/// </remarks>
internal sealed record LoneCandles(MarketId Market, Timeframe Timeframe, IReadOnlyList<Candle> Candles);

/// <summary>An assessment upon something else than its candle, or by one more policy.</summary>
internal sealed record LoneAssessment(Assessment Said);
