using Remora.Markets;
using Remora.Sandbox.Simulation;

namespace Remora.Sandbox.Faults;

/// <summary>
/// Applies a fault to a list of candles before it is serialised. NaN becomes null in JSON.
/// </summary>
internal readonly record struct CandleDamage(Fault? Fault, Dice Dice)
{
    /// <summary>No damage.</summary>
    public static CandleDamage None => default;

    /// <summary>
    /// Returns kind far ahead the exchange's clock is, in whole candles so that open times stay
    /// aligned.
    /// </summary>
    public TimeSpan ClockError(Timeframe timeframe) =>
        Fault is { Kind: FaultKind.WrongClock }
            ? timeframe.Length * Math.Ceiling(Fault.ClockError / timeframe.Length)
            : TimeSpan.Zero;

    /// <param name="candles">The true candles, of any span.</param>
    /// <param name="timeframe">The timeframe of the candles.</param>
    /// <param name="now">The sandbox's time.</param>
    public List<Candle> Apply(List<Candle> candles, Timeframe timeframe, Instant now)
    {
        if (Fault is null || candles.Count == 0)
            return candles;
        var dice = Dice;
        switch (Fault.Kind)
        {
            case FaultKind.EmptyList:
                return [];
            case FaultKind.WrongClock:
                var ahead = ClockError(timeframe);
                return candles.ConvertAll(candle => candle with { OpenTime = candle.OpenTime + ahead });
            case FaultKind.Duplicates:
                candles.Add(candles[^1]);
                for (var i = candles.Count - 2; i >= 0; i--)
                    if (dice.Uniform() < 0.1)
                        candles.Insert(i, candles[i]);
                return candles;
            case FaultKind.Gaps:
                candles.RemoveAt(dice.Below(candles.Count));
                candles.RemoveAll(_ => dice.Uniform() < 0.1);
                return candles;
            case FaultKind.Disorder:
                for (var i = candles.Count - 1; i > 0; i--)
                {
                    var other = dice.Below(i + 1);
                    (candles[i], candles[other]) = (candles[other], candles[i]);
                }
                return candles;
            case FaultKind.BadValues:
                candles[^1] = Invalid(candles[^1], dice.Below(3));
                for (var i = 0; i < candles.Count - 1; i++)
                    if (dice.Uniform() < 0.1)
                        candles[i] = Invalid(candles[i], dice.Below(3));
                return candles;
            case FaultKind.PriceSpike:
                var (newest, by) = (now.Floor(timeframe.Length) - timeframe.Length, Fault.PriceFactor);
                return candles.ConvertAll(candle => candle.OpenTime == newest ? Spiked(candle, by) : candle);
            case FaultKind.RevisedCandles:
                var (from, to) = (
                    now.Floor(timeframe.Length) - (timeframe.Length * 3),
                    now.Floor(timeframe.Length) - timeframe.Length
                );
                return candles.ConvertAll(candle =>
                    candle.OpenTime >= from && candle.OpenTime < to ? WithClose(candle, candle.Close * 1.0001) : candle
                );
            case FaultKind.OpenCandle:
                var (opened, times) = (now.Floor(timeframe.Length), Fault.PriceFactor);
                return candles.ConvertAll(candle =>
                    candle.OpenTime == opened ? WithClose(candle, candle.Close * times) : candle
                );
            case FaultKind.PriceLevel:
                var factor = Fault.PriceFactor;
                return candles.ConvertAll(candle =>
                    candle with
                    {
                        Open = candle.Open * factor,
                        High = candle.High * factor,
                        Low = candle.Low * factor,
                        Close = candle.Close * factor,
                    }
                );
            default:
                return candles;
        }
    }

    private static Candle Spiked(in Candle candle, double factor) => WithClose(candle, candle.High * factor);

    private static Candle WithClose(in Candle candle, double close) =>
        candle with
        {
            Close = close,
            High = Math.Max(candle.High, close),
            Low = Math.Min(candle.Low, close),
        };

    private static Candle Invalid(in Candle candle, int kind) =>
        kind switch
        {
            0 => candle with { Close = double.NaN },
            1 => candle with { Low = -candle.Low },
            _ => candle with { High = candle.Low / 2, Low = candle.High * 2 },
        };
}
