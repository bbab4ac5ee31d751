using Remora.Backtest.Chance;
using Remora.Backtest.Strategies;
using Remora.Backtest.Trading;
using Remora.Markets;

namespace Remora.Backtest.Tests.Chance;

/// <summary>
/// The placebo is sound: a gate without information has uniform p-values, and a gate with
/// information is detected.
/// </summary>
public sealed class PlaceboTests
{
    private const int Count = 6000;
    private static readonly Simulation Sample = Prepare(11);

    private static Simulation Prepare(int seed)
    {
        var series = Generated.Candles(Count, seed);
        var random = new Random(seed);
        Signals[] script =
        [
            .. Enumerable
                .Range(0, Count)
                .Select(_ =>
                    random.Next(10) switch
                    {
                        0 => Signals.Enter,
                        1 => Signals.Exit,
                        _ => Signals.None,
                    }
                ),
        ];
        return Simulation.Prepare(
            Trading.Scripted.Plan(script) with
            {
                Roi = [],
            },
            series,
            Generated.Start,
            series.Candles[^1].OpenTime,
            AccountRules.Default
        );
    }

    [Theory]
    [InlineData("profit_total_pct")]
    [InlineData("profit_mean_pct")]
    [InlineData("max_drawdown_pct")]
    [InlineData("loser_lift")]
    [InlineData("worst_lift")]
    [InlineData("edge_pct")]
    public void Random_gates_have_uniform_p_values(string figure)
    {
        const int gates = 400;
        var p = Enumerable
            .Range(0, gates)
            .Select(i => Placebo.Test(Sample, Generated.RandomGate(Count, 1000 + i), 99, (ulong)i).Tests[figure].P)
            .Order()
            .ToArray();
        // Kolmogorov-Smirnov distance: it exceeds 1.95 / sqrt(n) once in a thousand times.
        var distance = p.Select(
                (value, i) =>
                    Math.Max(Math.Abs(value - (i / (double)gates)), Math.Abs(value - ((i + 1) / (double)gates)))
            )
            .Max();
        Assert.True(distance < 1.95 / Math.Sqrt(gates), $"{figure}: distance {distance:0.000}");
    }

    [Fact]
    public void A_planted_signal_is_found()
    {
        // A gate that blocks for a while before the worst trades, which requires knowledge of the
        // future.
        var size = Gate.Open(Count).Size;
        foreach (var trade in Sample.Baseline().OrderBy(t => t.ProfitRatio).Take(150))
            Array.Clear(size, trade.Known, 8);
        var result = Placebo.Test(Sample, new("planted", size), 499, 1);
        foreach (var figure in new[] { "profit_total_pct", "profit_mean_pct", "loser_lift", "edge_pct" })
            Assert.Equal(0.002, result.Tests[figure].P);
    }

    [Fact]
    public void A_gate_that_blocks_the_winners_has_p_near_one()
    {
        var size = Gate.Open(Count).Size;
        foreach (var trade in Sample.Baseline())
            if (trade.ProfitRatio > 0)
                size[trade.Known] = 0;
        Assert.True(Placebo.Test(Sample, new("harm", size), 499, 1).Tests["profit_mean_pct"].P > 0.99);
    }

    [Fact]
    public void The_same_seed_gives_the_same_result()
    {
        var gate = Generated.RandomGate(Count, 5);
        Assert.Equal(Placebo.Test(Sample, gate, 50, 9).Tests, Placebo.Test(Sample, gate, 50, 9).Tests);
        Assert.NotEqual(Placebo.Test(Sample, gate, 50, 9).Tests, Placebo.Test(Sample, gate, 50, 10).Tests);
    }

    [Fact]
    public void A_rotated_gate_blocks_as_much_as_the_real_one()
    {
        var gate = Generated.RandomGate(Count, 6);
        var circle = Sample.Circle;
        var rotated = Sample.Rotate(gate, 1234);
        var blocked = Enumerable.Range(circle.First, circle.Count).Count(i => rotated.At(i) <= 0);
        Assert.Equal(Sample.TimeBlocked(gate), blocked / (double)circle.Count, 12);
    }

    [Fact]
    public void An_unrotated_placebo_equals_the_gated_run()
    {
        var gate = Generated.RandomGate(Count, 7);
        var trades = Sample.Run(gate);
        var real = Placebo.Test(Sample, gate, 1, 1).Real;
        Assert.Equal(trades.Sum(t => t.Profit) / 10, real.ProfitTotalPct, 9);
        Assert.Equal(100 * trades.Average(t => t.ProfitRatio), real.ProfitMeanPct, 9);
    }

    [Fact]
    public void A_period_too_short_to_rotate_is_rejected()
    {
        var series = Generated.Candles(500, 1);
        var simulation = Simulation.Prepare(
            StrategyCatalog.Find("RSIEMA"),
            series,
            Generated.Start,
            series.Candles[^1].OpenTime,
            AccountRules.Default
        );
        Assert.Throws<BacktestException>(() => Placebo.Test(simulation, Gate.Open(500), 10, 1));
    }
}
