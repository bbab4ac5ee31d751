using Remora.Backtest.Lab;
using Remora.Testing;

namespace Remora.Backtest.Tests.Lab;

public sealed class LabLuckTests
{
    /// <summary>
    /// Expected maxima of standard normal values, exact by numerical integration (Harter,
    /// Biometrika 48, 1961). The approximation is meant for many values.
    /// </summary>
    [Theory]
    [InlineData(1, 0, 0)]
    [InlineData(10, 1.53875, 0.04)]
    [InlineData(100, 2.50759, 0.03)]
    [InlineData(400, 2.96818, 0.03)]
    public void The_best_of_many_useless_policies_looks_as_good_as_theory_says(
        int count,
        double exact,
        double within
    ) => Assert.Equal(exact, LabLuck.BestOf(count), within);

    [Fact]
    public void Luck_of_drawn_values_is_as_stated()
    {
        const int runs = 4000;
        const int count = 25;
        var random = new Random(7);
        var best = Enumerable
            .Range(0, runs)
            .Select(_ => Enumerable.Range(0, count).Max(_ => Some.Normal(random)))
            .ToList();
        Assert.Equal(best.Average(), LabLuck.BestOf(count), 0.05);
        foreach (var z in new[] { 1.0, 1.5, 2.0, 2.5 })
            Assert.Equal(best.Count(b => b >= z) / (double)runs, LabLuck.ChanceOf(z, count), 0.03);
    }

    [Theory]
    [InlineData(0, 1, 0.5)]
    [InlineData(1.959963984540054, 1, 0.025)]
    [InlineData(-1.959963984540054, 1, 0.975)]
    [InlineData(8, 1000, 0)]
    [InlineData(-8, 1, 1)]
    public void One_value_is_above_a_bound_with_the_probability_of_the_normal_distribution(
        double z,
        int count,
        double expected
    ) => Assert.Equal(expected, LabLuck.ChanceOf(z, count), 12);

    [Fact]
    public void Every_further_try_raises_the_bar()
    {
        for (var count = 1; count < 150; count++)
        {
            Assert.True(LabLuck.BestOf(count + 1) > LabLuck.BestOf(count));
            Assert.True(LabLuck.ChanceOf(1, count + 1) > LabLuck.ChanceOf(1, count));
        }
    }
}
