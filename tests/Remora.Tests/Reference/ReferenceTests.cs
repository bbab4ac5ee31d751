using Remora.Indicators;
using Remora.Markets;

namespace Remora.Tests.Reference;

/// <summary>
/// Compares every indicator with TA-Lib: the same first defined index, and values within 1e-9.
/// Three differences are known, and each is stated in its test. A market that never moves has RSI
/// 50 here and 0 in TA-Lib. TA-Lib treats a variance or a sum below 1e-14 as 0. TA-Lib's rolling
/// variance drifts (see <see cref="DispersionTests"/>).
/// </summary>
[Collection(nameof(ReferenceColumns))]
public sealed class ReferenceTests(ReferenceColumns reference)
{
    private const double Close = 1e-9;
    private const double TalibZero = 1e-14;

    public static TheoryData<string> Names => [.. Series.Names];

    [Theory, MemberData(nameof(Names))]
    public void Moving_averages_agree(string name)
    {
        var (sma50, sma200, ema12, ema26) = (new Sma(50), new Sma(200), new Ema(12), new Ema(26));
        Agree(name, "sma50", c => sma50.Update(c.Close), Scale.Price);
        Agree(name, "sma200", c => sma200.Update(c.Close), Scale.Price);
        Agree(name, "ema12", c => ema12.Update(c.Close), Scale.Price);
        Agree(name, "ema26", c => ema26.Update(c.Close), Scale.Price);
    }

    [Theory, MemberData(nameof(Names))]
    public void Rsi_agrees(string name)
    {
        var rsi = new Rsi(14);
        Agree(name, "rsi", c => rsi.Update(c.Close), Scale.Percent);
    }

    [Theory, MemberData(nameof(Names))]
    public void Atr_agrees(string name)
    {
        var atr = new Atr(14);
        Agree(name, "atr", c => atr.Update(c.High, c.Low, c.Close), Scale.Price);
    }

    [Theory, MemberData(nameof(Names))]
    public void Adx_and_both_directions_agree(string name)
    {
        Adx adx = new(14),
            plus = new(14),
            minus = new(14);
        Agree(name, "adx", c => adx.Update(c.High, c.Low, c.Close), Scale.Percent);
        Agree(name, "plus_di", c => (plus.Update(c.High, c.Low, c.Close), plus.PlusDi).PlusDi, Scale.Percent);
        Agree(name, "minus_di", c => (minus.Update(c.High, c.Low, c.Close), minus.MinusDi).MinusDi, Scale.Percent);
    }

    [Theory, MemberData(nameof(Names))]
    public void Macd_agrees(string name)
    {
        Macd line = new(12, 26, 9),
            signal = new(12, 26, 9),
            histogram = new(12, 26, 9);
        Agree(name, "macd", c => (line.Update(c.Close), line.Line).Line, Scale.Price);
        Agree(name, "macd_signal", c => (signal.Update(c.Close), signal.Signal).Signal, Scale.Price);
        Agree(name, "macd_histogram", c => histogram.Update(c.Close), Scale.Price);
    }

    [Theory, MemberData(nameof(Names))]
    public void Bollinger_bands_agree(string name)
    {
        Bollinger upper = new(20, 2),
            middle = new(20, 2),
            lower = new(20, 2);
        Agree(name, "middle", c => (middle.Update(c.Close), middle.Middle).Middle, Scale.Price);
        // The reference's bands contain the drift of its rolling variance. DispersionTests compares
        // this implementation with the exact value.
        Agree(name, "upper", c => (upper.Update(c.Close), upper.Upper).Upper, Scale.Price, Drift(name));
        Agree(name, "lower", c => (lower.Update(c.Close), lower.Lower).Lower, Scale.Price, Drift(name));
    }

    [Theory, MemberData(nameof(Names))]
    public void Deviation_of_returns_agrees(string name)
    {
        var deviation = new ReturnDeviation(20);
        var returns = reference.Require(name).Returns();
        var i = 0;
        Agree(name, "deviation", _ => deviation.Update(returns[i++]) * Math.Sqrt(19.0 / 20), Scale.Return, 1e-7);
    }

    /// <summary>
    /// The error of the reference's own bands after a long run, or in a quiet market.
    /// </summary>
    private static double Drift(string name) =>
        name is "long_walk" or "btc_whole" or "quiet_after_shock" ? 1e-8 : Close;

    private enum Scale
    {
        Percent,
        Price,
        Return,
    }

    private void Agree(string name, string column, Func<Candle, double> update, Scale scale, double tolerance = Close)
    {
        var series = reference.Require(name);
        var expected = reference.Column(series, column);
        var worst = 0.0;
        var hasMoved = false;
        for (var i = 0; i < expected.Length; i++)
        {
            var candle = series.Candles[i];
            var actual = update(candle);
            var wanted = scale == Scale.Price ? Math.ScaleB(expected[i], -series.ReferenceExponent) : expected[i];
            hasMoved |= candle.Close != series.Candles[0].Close;
            if (column.EndsWith("rsi", StringComparison.Ordinal) && !hasMoved && i >= 14)
                wanted = 50;
            if (scale == Scale.Return && wanted == 0 && actual * actual < TalibZero)
                continue;
            Assert.True(
                double.IsNaN(actual) == double.IsNaN(wanted),
                $"{column} of {name} at {i}: {actual}, reference {wanted}"
            );
            if (double.IsNaN(wanted))
                continue;
            // The precision of a difference of prices, such as MACD, is limited by that of the
            // prices: the floor is one part in 1e13.
            var floor = scale switch
            {
                Scale.Price => candle.Close * 1e-4,
                Scale.Return => 1e-9,
                _ => 1e-5,
            };
            var error = Math.Abs(actual - wanted) / Math.Max(Math.Abs(wanted), floor);
            Assert.True(
                error <= tolerance,
                $"{column} of {name} at {i}: {actual}, reference {wanted}, off by {error:e1}"
            );
            worst = Math.Max(worst, error);
        }
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{column} of {name}: {expected.Length} candles, worst difference {worst:e1}"
        );
    }
}
