using Remora.Markets;

namespace Remora.Backtest.Strategies;

/// <summary>
/// VolatilityTargetHold, for 1h candles: holds like <see cref="BuyAndHold"/>, but with the part of
/// the balance that gives a volatility of 40 % a year, at most all of it. The volatility is the
/// root mean square of the last 30 daily log returns, times the root of 365. It evaluates once a
/// day, at 00:00 UTC, and the position changes when it differs from the wanted one by more than a
/// quarter.
/// </summary>
public sealed class VolatilityTargetHold : ISizedStrategy
{
    /// <summary>The number of hourly candles for the warm-up: 31 days.</summary>
    public const int StartupCandles = 31 * 24;

    /// <summary>The share by which the position can differ from the wanted one.</summary>
    public const double Band = 0.25;

    private const double Target = 0.40;
    private const int Days = 30;
    private static readonly TimeSpan LastHour = TimeSpan.FromHours(23);

    private readonly Queue<double> _squares = new(Days);
    private double _close = double.NaN; // of the day before

    /// <inheritdoc/>
    public double Size { get; private set; } = 1;

    /// <inheritdoc/>
    public Signals Update(in Candle candle)
    {
        if (candle.OpenTime - candle.OpenTime.Floor(Timeframe.OneDay.Length) != LastHour)
            return Signals.None;
        var change = Math.Log(candle.Close / _close);
        _close = candle.Close;
        if (double.IsNaN(change))
            return Signals.None;
        _squares.Enqueue(change * change);
        if (_squares.Count < Days)
            return Signals.None;
        var volatility = Math.Sqrt(_squares.Average() * 365);
        Size = Math.Min(1, Target / volatility);
        _squares.Dequeue();
        return Signals.Enter;
    }
}
