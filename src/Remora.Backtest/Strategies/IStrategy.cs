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

/// <summary>A strategy that also determines the size of its position.</summary>
public interface ISizedStrategy : IStrategy
{
    /// <summary>
    /// The part of the plan's stake to hold from the next open on, (0, 1]. Only used with
    /// <see cref="Signals.Enter"/>.
    /// </summary>
    double Size { get; }
}

/// <summary>The signals of a strategy for the open after a candle.</summary>
[Flags]
public enum Signals
{
    /// <summary>No signal.</summary>
    None = 0,

    /// <summary>Enter, unless a trade is open: buy, or sell on the short side.</summary>
    Enter = 1,

    /// <summary>Close the open trade.</summary>
    Exit = 2,
}
