using Remora.Markets;

namespace Remora.Backtest.Strategies;

/// <summary>
/// DailyTrend, for 1h candles: the channel breakout of R. Donchian with the turtle traders' 20 and
/// 10 days. Buys when the close is above every close of the 20 days before, sells when it is below
/// every close of the 10 days before. Its parameters are not tuned.
/// </summary>
public sealed class DailyTrend : IStrategy
{
    private const int EntryHours = 20 * 24;
    private const int ExitHours = 10 * 24;

    /// <summary>The number of hourly candles for the warm-up.</summary>
    public const int StartupCandles = EntryHours + 1;

    private readonly Queue<double> _closes = new(EntryHours);

    /// <inheritdoc/>
    public Signals Update(in Candle candle)
    {
        var signals = Signals.None;
        if (_closes.Count == EntryHours)
        {
            var (highest, lowest) = (double.MinValue, double.MaxValue);
            var age = EntryHours;
            foreach (var close in _closes)
            {
                highest = Math.Max(highest, close);
                if (age-- <= ExitHours)
                    lowest = Math.Min(lowest, close);
            }
            if (candle.Close > highest && candle.Volume > 0)
                signals |= Signals.Enter;
            if (candle.Close < lowest)
                signals |= Signals.Exit;
            _closes.Dequeue();
        }
        _closes.Enqueue(candle.Close);
        return signals;
    }
}
