using Remora.Indicators;
using Remora.Testing;
using Remora.Tests.Reference;

namespace Remora.Tests.Indicators;

public sealed class RootMeanSquareTests
{
    private const int Capacity = 8_640;

    [Fact]
    public void Nothing_is_known_before_the_first_value()
    {
        var rms = new RootMeanSquare(10);
        Assert.True(double.IsNaN(rms.Value));
        rms.Update(-3);
        Assert.Equal(3, rms.Value);
        Assert.Equal(1, rms.Count);
    }

    [Fact]
    public void It_forgets_what_is_older_than_its_capacity()
    {
        var rms = new RootMeanSquare(3);
        foreach (var value in new[] { 1e6, 2, 2, 2 })
            rms.Update(value);
        Assert.Equal(2, rms.Value);
        Assert.Equal(3, rms.Count);
    }

    [Theory, InlineData("walk"), InlineData("shocks"), InlineData("quiet after a shock")]
    public void After_600_000_updates_it_is_exact_to_1e_12(string kind)
    {
        var random = new Random(5);
        var values = new double[600_000];
        for (var i = 0; i < values.Length; i++)
        {
            var size = kind switch
            {
                "walk" => 0.002,
                "shocks" => i % 1000 == 0 ? 0.5 : 1e-4,
                _ => i < 590_000 ? 0.1 : 1e-6,
            };
            values[i] = size * Some.Normal(random);
        }
        var rms = new RootMeanSquare(Capacity);
        var worst = 0.0;
        for (var i = 0; i < values.Length; i++)
        {
            rms.Update(values[i]);
            if (i % 30_011 != 0 && i != values.Length - 1)
                continue;
            var exact = Exact.RootMeanSquare(values.AsSpan(Math.Max(0, i + 1 - Capacity)..(i + 1)));
            worst = Math.Max(worst, Math.Abs((rms.Value / exact) - 1));
        }
        Assert.True(worst <= 1e-12, $"off by {worst:e1}");
        TestContext.Current.TestOutputHelper?.WriteLine($"{kind}: off by {worst:e1} at most");
    }
}
