using Remora.Markets;

namespace Remora.Backtest.Trading;

/// <summary>
/// The price ticks of a market, month by month, as Freqtrade derives them: the most decimals of any
/// price of the month. A month with whole prices only has the tick of the month before.
/// </summary>
internal sealed class PriceTicks
{
    private readonly Dictionary<int, double> _ofMonth = [];

    public PriceTicks(ReadOnlySpan<Candle> candles)
    {
        var (month, end, decimals, tick) = (0, default(Instant), 0, 0.0);
        foreach (ref readonly var candle in candles)
        {
            if (candle.OpenTime >= end)
            {
                (month, end) = MonthOf(candle.OpenTime);
                decimals = 0;
                _ofMonth[month] = tick;
            }
            var most = Math.Max(
                Math.Max(DecimalSteps.Decimals(candle.Open), DecimalSteps.Decimals(candle.High)),
                Math.Max(DecimalSteps.Decimals(candle.Low), DecimalSteps.Decimals(candle.Close))
            );
            if (most <= decimals)
                continue;
            decimals = most;
            _ofMonth[month] = tick = DecimalSteps.Step(decimals);
        }
    }

    /// <summary>
    /// Returns the tick of the month of a candle; 0 when no price up to then has decimals.
    /// </summary>
    public double At(Instant time) => _ofMonth[MonthOf(time).Month];

    private static (int Month, Instant End) MonthOf(Instant time)
    {
        var day = DateTimeOffset.FromUnixTimeMilliseconds(time.UnixMilliseconds);
        var end = new DateTimeOffset(day.Year, day.Month, 1, 0, 0, 0, TimeSpan.Zero).AddMonths(1);
        return ((day.Year * 12) + day.Month, Instant.From(end));
    }
}
