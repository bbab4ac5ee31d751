using Remora.Backtest.Calibration;

namespace Remora.Backtest.Tests.Calibration;

public sealed class AfterHoursTests
{
    [Fact]
    public void The_means_are_those_of_blocked_and_allowed_moments()
    {
        var random = new Random(1);
        bool[] blocked = [.. Enumerable.Range(0, 2000).Select(i => i / 50 % 4 == 0)];
        // Blocked hours are twice as volatile and rise by 0.5 % more.
        double[] returns =
        [
            .. blocked.Select(b => ((random.NextDouble() - 0.5) * (b ? 0.04 : 0.02)) + (b ? 0.005 : 0)),
        ];
        var row = AfterHours.Of(4, blocked, returns, 300, 1);
        Assert.Equal(0.25, row.BlockedShare);
        Assert.Equal(100 * returns.Where((_, i) => blocked[i]).Average(), row.BlockedMeanPct, 9);
        Assert.Equal(100 * returns.Where((_, i) => !blocked[i]).Average(), row.AllowedMeanPct, 9);
        Assert.InRange(row.DifferencePct, row.Difference.Low, row.Difference.High);
        Assert.True(row.Difference.Low > 0);
        Assert.True(row.BestLift > row.WorstLift && row.WorstLift > 1);
    }

    [Fact]
    public void A_gate_without_information_has_no_difference()
    {
        var random = new Random(2);
        bool[] blocked = [.. Enumerable.Range(0, 2000).Select(_ => random.Next(4) == 0)];
        double[] returns = [.. blocked.Select(_ => random.NextDouble() - 0.5)];
        var row = AfterHours.Of(4, blocked, returns, 300, 1);
        Assert.True(row.Difference.Low < 0 && row.Difference.High > 0);
    }

    [Fact]
    public void A_gate_that_never_blocks_has_no_blocked_mean()
    {
        var row = AfterHours.Of(4, new bool[50], new double[50], 20, 1);
        Assert.True(double.IsNaN(row.BlockedMeanPct) && double.IsNaN(row.DifferencePct));
        Assert.Equal(0, row.AllowedMeanPct);
    }
}
