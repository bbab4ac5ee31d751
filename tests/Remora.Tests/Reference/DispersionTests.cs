using Remora.Indicators;

namespace Remora.Tests.Reference;

/// <summary>
/// Compares deviations with sums without rounding. TA-Lib's values drift because it uses running
/// sums of squares.
/// </summary>
[Collection(nameof(ReferenceColumns))]
public sealed class DispersionTests(ReferenceColumns reference)
{
    private const int Period = 20;

    // The exact value is slow to compute, so only every 97th candle is checked.
    private const int Step = 97;

    public static TheoryData<string> Names => [.. Series.Names];

    [Theory, MemberData(nameof(Names))]
    public void Band_width_is_exact_to_1e_7(string name)
    {
        var series = reference.Require(name);
        double[] upper = reference.Column(series, "upper"),
            middle = reference.Column(series, "middle");
        var closes = Array.ConvertAll(series.Candles, c => c.Close);
        var bands = new Bollinger(Period, 2);
        double worst = 0,
            worstOfReference = 0;
        for (var i = 0; i < closes.Length; i++)
        {
            var width = bands.Update(closes[i]);
            if (i < Period || i % Step != 0)
                continue;
            var exact = 2 * Exact.Deviation(closes.AsSpan(i - Period + 1, Period), Period);
            if (exact == 0)
            {
                Assert.Equal(0, width);
                continue;
            }
            worst = Math.Max(worst, Math.Abs((width * bands.Middle / 2 / exact) - 1));
            worstOfReference = Math.Max(
                worstOfReference,
                Math.Abs((Math.ScaleB(upper[i] - middle[i], -series.ReferenceExponent) / exact) - 1)
            );
        }
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{name}: ours is off by {worst:e1} at most, TA-Lib by {worstOfReference:e1}"
        );
        Assert.True(worst <= 1e-7, $"{name}: off by {worst:e1}");
        if (name is "long_walk" or "btc_whole")
            Assert.True(worst < worstOfReference / 1000, $"{name}: ours {worst:e1}, TA-Lib {worstOfReference:e1}");
    }

    [Theory, MemberData(nameof(Names))]
    public void Deviation_of_returns_is_exact_to_1e_7(string name)
    {
        var returns = reference.Require(name).Returns();
        var deviation = new ReturnDeviation(Period);
        var worst = 0.0;
        for (var i = 0; i < returns.Length; i++)
        {
            var actual = deviation.Update(returns[i]);
            if (i < Period || i % Step != 0)
                continue;
            var exact = Exact.Deviation(returns.AsSpan(i - Period + 1, Period), Period - 1);
            if (exact == 0)
                Assert.Equal(0, actual);
            else
                worst = Math.Max(worst, Math.Abs((actual / exact) - 1));
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: off by {worst:e1} at most");
        Assert.True(worst <= 1e-7, $"{name}: off by {worst:e1}");
    }

    [Fact]
    public void The_exact_deviation_is_exact()
    {
        Assert.Equal(Math.Sqrt(1.25), Exact.Deviation([1, 2, 3, 4], 4));
        Assert.Equal(Math.Sqrt(5.0 / 3), Exact.Deviation([1e15, 1e15 + 1, 1e15 + 2, 1e15 + 3], 3));
        Assert.Equal(0, Exact.Deviation([0.1, 0.1, 0.1], 3));
        Assert.Equal(5, Exact.RootMeanSquare([5, -5, 5]));
    }
}
