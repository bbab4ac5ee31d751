using Remora.Markets;

namespace Remora.Backtest.Strategies;

/// <summary>
/// Trading rules that receive closed candles one by one and return signals for the next open.
/// </summary>
public interface IStrategy
{
    /// <summary>Adds the next closed candle and returns the signals.</summary>
    Signals Update(in Candle candle);
}

/// <summary>The signals of a strategy for the open after a candle.</summary>
[Flags]
public enum Signals
{
    /// <summary>No signal.</summary>
    None = 0,

    /// <summary>Buy, unless a trade is open.</summary>
    Enter = 1,

    /// <summary>Sell the open trade.</summary>
    Exit = 2,
}
