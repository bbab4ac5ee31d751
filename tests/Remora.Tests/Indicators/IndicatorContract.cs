using Remora.Indicators;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Tests.Indicators;

/// <summary>
/// The contract of every indicator. A derived class defines how its indicator is created, when its
/// values start and how they scale with the price.
/// </summary>
public abstract class IndicatorContract
{
    private static readonly Candle[] Tape = Some.Candles(11, 1_500);

    /// <summary>
    /// Creates an indicator and returns its update function: a candle in, all values out.
    /// </summary>
    protected abstract Func<Candle, double[]> Create();

    /// <summary>Index of the first candle after which each value is defined.</summary>
    protected abstract int[] FirstDefined { get; }

    /// <summary>
    /// The power of the price in the unit of the values: 1 for prices, 0 for ratios.
    /// </summary>
    protected abstract int PricePower { get; }

    [Fact]
    public void Unknown_until_warm_and_known_ever_after()
    {
        foreach (var tape in new[] { Tape, Array.ConvertAll(Tape, c => Some.Flat(c.OpenTime)) })
        {
            var values = Run(tape);
            for (var i = 0; i < values.Length; i++)
            for (var k = 0; k < FirstDefined.Length; k++)
                Assert.True(
                    i < FirstDefined[k] ? double.IsNaN(values[i][k]) : double.IsFinite(values[i][k]),
                    $"value {k} is {values[i][k]} at {i}"
                );
        }
    }

    [Fact]
    public void A_replay_is_equal_to_the_bit() => Assert.Equal(Bits(Run(Tape)), Bits(Run(Tape)));

    [Theory, InlineData(-40), InlineData(-1), InlineData(1), InlineData(7), InlineData(60)]
    public void A_power_of_two_times_the_prices_scales_exactly(int exponent)
    {
        var scaled = Run(Array.ConvertAll(Tape, c => c.Times(Math.ScaleB(1, exponent))));
        Assert.Equal(Bits(Run(Tape), exponent * PricePower), Bits(scaled));
    }

    [Theory, InlineData(0.001), InlineData(0.37), InlineData(3), InlineData(1e9)]
    public void Any_factor_times_the_prices_scales_to_1e_9(double factor)
    {
        var plain = Run(Tape);
        var scaled = Run(Array.ConvertAll(Tape, c => c.Times(factor)));
        for (var i = 0; i < plain.Length; i++)
        for (var k = 0; k < FirstDefined.Length; k++)
        {
            if (i < FirstDefined[k])
                continue;
            var expected = plain[i][k] * Math.Pow(factor, PricePower);
            // The precision of price differences is limited by that of the prices.
            var floor = PricePower == 1 ? Tape[i].Close * factor * 1e-4 : 1e-4;
            Assert.True(
                Math.Abs(scaled[i][k] - expected) <= 1e-9 * Math.Max(Math.Abs(expected), floor),
                $"value {k} at {i}: {scaled[i][k]}, not {expected}"
            );
        }
    }

    private double[][] Run(Candle[] tape) => Array.ConvertAll(tape, new Converter<Candle, double[]>(Create()));

    private static long[] Bits(double[][] values, int exponent = 0) =>
        [.. values.SelectMany(v => v).Select(v => BitConverter.DoubleToInt64Bits(Math.ScaleB(v, exponent)))];
}

public sealed class SmaContract : IndicatorContract
{
    protected override int[] FirstDefined => [49];

    protected override int PricePower => 1;

    protected override Func<Candle, double[]> Create()
    {
        var sma = new Sma(50);
        return c => [sma.Update(c.Close)];
    }
}

public sealed class EmaContract : IndicatorContract
{
    protected override int[] FirstDefined => [25];

    protected override int PricePower => 1;

    protected override Func<Candle, double[]> Create()
    {
        var ema = new Ema(26);
        return c => [ema.Update(c.Close)];
    }
}

public sealed class RsiContract : IndicatorContract
{
    protected override int[] FirstDefined => [14];

    protected override int PricePower => 0;

    protected override Func<Candle, double[]> Create()
    {
        var rsi = new Rsi(14);
        return c => [rsi.Update(c.Close)];
    }
}

public sealed class AtrContract : IndicatorContract
{
    protected override int[] FirstDefined => [14];

    protected override int PricePower => 1;

    protected override Func<Candle, double[]> Create()
    {
        var atr = new Atr(14);
        return c => [atr.Update(c.High, c.Low, c.Close)];
    }
}

public sealed class AdxContract : IndicatorContract
{
    protected override int[] FirstDefined => [27, 14, 14];

    protected override int PricePower => 0;

    protected override Func<Candle, double[]> Create()
    {
        var adx = new Adx(14);
        return c => [adx.Update(c.High, c.Low, c.Close), adx.PlusDi, adx.MinusDi];
    }
}

public sealed class MacdContract : IndicatorContract
{
    protected override int[] FirstDefined => [33, 33, 33];

    protected override int PricePower => 1;

    protected override Func<Candle, double[]> Create()
    {
        var macd = new Macd(12, 26, 9);
        return c => [macd.Update(c.Close), macd.Line, macd.Signal];
    }
}

public sealed class BollingerBandsContract : IndicatorContract
{
    protected override int[] FirstDefined => [19, 19, 19];

    protected override int PricePower => 1;

    protected override Func<Candle, double[]> Create()
    {
        var bands = new Bollinger(20, 2);
        return c => [(bands.Update(c.Close), bands.Upper).Upper, bands.Middle, bands.Lower];
    }
}

public sealed class BollingerWidthContract : IndicatorContract
{
    protected override int[] FirstDefined => [19];

    protected override int PricePower => 0;

    protected override Func<Candle, double[]> Create()
    {
        var bands = new Bollinger(20, 2);
        return c => [bands.Update(c.Close)];
    }
}

public sealed class ReturnDeviationContract : IndicatorContract
{
    protected override int[] FirstDefined => [20];

    protected override int PricePower => 0;

    protected override Func<Candle, double[]> Create()
    {
        var (closes, deviation) = (new TrailingCloses(Timeframe.FiveMinutes, 12), new ReturnDeviation(20));
        return c =>
        {
            closes.Update(c.OpenTime, c.Close);
            return [deviation.Update(closes.LastReturn)];
        };
    }
}

public sealed class TrailingClosesContract : IndicatorContract
{
    protected override int[] FirstDefined => [1, 12, 288, 288];

    protected override int PricePower => 0;

    protected override Func<Candle, double[]> Create()
    {
        var closes = new TrailingCloses(Timeframe.FiveMinutes, 12);
        return c =>
        {
            closes.Update(c.OpenTime, c.Close);
            return [closes.LastReturn, closes.CandlesReturn, closes.DayReturn, closes.DayDrawdown];
        };
    }
}
