using Remora.Markets;

namespace Remora.Sandbox.Replay;

/// <summary>Recorded candles of one market, as read from a file: ascending, without duplicates, holes allowed.</summary>
/// <param name="Timeframe">The timeframe of the candles.</param>
/// <param name="Candles">The candles.</param>
public sealed record ReplayTape(Timeframe Timeframe, IReadOnlyList<Candle> Candles);
