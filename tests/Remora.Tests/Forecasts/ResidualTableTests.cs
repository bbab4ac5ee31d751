using FsCheck.Fluent;
using Remora.Forecasts;

namespace Remora.Tests.Forecasts;

public sealed class ResidualTableTests
{
    private static readonly ResidualTable Falls = Fits.Reference.Newest[Horizon.FourHours].Falls;

    [Fact]
    public void The_table_holds_at_its_own_points()
    {
        for (var i = 0; i < ResidualTable.Probabilities.Length; i++)
        {
            Assert.Equal(ResidualTable.Probabilities[i], Falls.ProbabilityAbove(Falls.Sizes[i]), 1e-12);
            Assert.Equal(Falls.Sizes[i], Falls.SizeAt(ResidualTable.Probabilities[i]), 1e-12);
        }
        Assert.Equal(1, Falls.ProbabilityAbove(0));
        Assert.Equal(1, Falls.ProbabilityAbove(-1));
    }

    [Fact]
    public void A_size_and_its_probability_belong_together() =>
        Prop.ForAll(
                Gen.Choose(1, 500_000).Select(n => n / 1e6).ToArbitrary(),
                p => Assert.Equal(p, Falls.ProbabilityAbove(Falls.SizeAt(p)), p * 1e-9)
            )
            .MustHold();

    [Fact]
    public void A_larger_size_is_less_likely() =>
        Prop.ForAll(
                Gen.Choose(0, 30_000).Select(n => n / 1e3).ToArbitrary(),
                size => Assert.True(Falls.ProbabilityAbove(size + 0.001) < Falls.ProbabilityAbove(size))
            )
            .MustHold();

    /// <summary>Compared with the mean of many quantiles.</summary>
    [Theory]
    [InlineData(0.5)]
    [InlineData(0.05)]
    [InlineData(0.013)]
    [InlineData(0.01)]
    [InlineData(0.001)]
    public void The_mean_beyond_is_the_mean_of_the_sizes_beyond(double probability)
    {
        // Logarithmic steps reach far into the tail.
        const int steps = 200_000;
        const double reach = 60;
        var sum = 0.0;
        for (var i = 0; i < steps; i++)
        {
            var (from, to) = (
                probability * Math.Exp(-reach * i / steps),
                probability * Math.Exp(-reach * (i + 1) / steps)
            );
            sum += (from - to) * Falls.SizeAt((from + to) / 2);
        }
        Assert.Equal(sum / probability, Falls.MeanBeyond(probability), 1e-5);
        Assert.True(Falls.MeanBeyond(probability) > Falls.SizeAt(probability));
    }

    [Fact]
    public void Tables_that_say_nothing_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new ResidualTable([1, 2, 3]));
        Assert.Throws<ArgumentException>(() => new ResidualTable(Falls.Sizes.SetItem(3, Falls.Sizes[2])));
        Assert.Throws<ArgumentException>(() => new ResidualTable(Falls.Sizes.SetItem(3, double.NaN)));
        Assert.Throws<ArgumentException>(() => new ResidualTable(Falls.Sizes.SetItem(14, Falls.Sizes[11] * 10.01)));
        Assert.Throws<ArgumentException>(() => new ResidualTable([.. Falls.Sizes.Select(size => size - 5)]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Falls.SizeAt(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Falls.SizeAt(0.6));
        Assert.Throws<ArgumentOutOfRangeException>(() => Falls.SizeAt(double.NaN));
    }
}
