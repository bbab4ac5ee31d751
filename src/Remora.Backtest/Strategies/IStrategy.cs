using Remora.Markets;

namespace Remora.Backtest.Strategies;

/// <summary>Rules that are told closed candles one by one and say what they would do at the next open.</summary>
public interface IStrategy
{
    /// <summary>Takes the next closed candle.</summary>
    Signals Update(in Candle candle);
}

/// <summary>What a strategy wants at the open after a candle.</summary>
[Flags]
public enum Signals
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>To buy, where there is no open trade.</summary>
    Enter = 1,

    /// <summary>To sell what is held.</summary>
    Exit = 2,
}
