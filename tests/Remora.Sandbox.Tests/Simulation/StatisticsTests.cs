using System.Diagnostics;
using Remora.Markets;
using Remora.Sandbox.Series;

namespace Remora.Sandbox.Tests.Simulation;

/// <summary>
/// Simulated markets have the statistical properties of real ones, the stylised facts.
/// </summary>
public sealed class StatisticsTests(ITestOutputHelper output)
{
    private static readonly SandboxWorld TwoYears = new(new() { HistoryDays = 730 }, SandboxRig.Now);

    public static TheoryData<string> Pairs() => [.. SandboxOptions.DefaultPairs.Select(pair => pair.ToString())];

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Returns_have_fat_tails_and_volatility_clusters(string pair)
    {
        var returns = Returns(Series(TwoYears, pair), Timeframe.FiveMinutes);
        var kurtosis = Mean(returns.Select(r => Math.Pow(r, 4))) / Math.Pow(Mean(returns.Select(r => r * r)), 2);
        var plain = Autocorrelation(returns, 1);
        double[] sizes = [.. returns.Select(Math.Abs)];
        var afterAnHour = Autocorrelation(sizes, 12);
        var afterADay = Autocorrelation(sizes, 288);
        output.WriteLine(
            $"{pair}: kurtosis {kurtosis:F1}, autocorrelation {plain:F3}, of sizes {afterAnHour:F2} after an hour, "
                + $"{afterADay:F2} after a day"
        );

        Assert.InRange(kurtosis, 6, 200); // a normal distribution has 3
        Assert.InRange(plain, -0.05, 0.05);
        Assert.True(afterAnHour > 0.15);
        Assert.True(afterADay > 0.08);
    }

    [Fact]
    public void Pairs_are_correlated_but_not_equal()
    {
        var bitcoin = Returns(Series(TwoYears, "BTC/USDT"), Timeframe.OneHour);
        foreach (var pair in SandboxOptions.DefaultPairs.Where(pair => pair.Base != "BTC"))
        {
            var correlation = Correlation(bitcoin, Returns(TwoYears.Markets[pair], Timeframe.OneHour));
            output.WriteLine($"{pair}: {correlation:F2}");
            Assert.InRange(correlation, 0.5, 0.97);
        }
    }

    [Fact]
    public void Years_are_plausible_with_crash_days_and_quiet_days()
    {
        var market = Series(TwoYears, "BTC/USDT");
        var daily = Returns(market, Timeframe.OneDay);
        var yearly = Math.Sqrt(Mean(daily.Select(r => r * r)) * 365);
        output.WriteLine($"worst day {daily.Min():P1}, best {daily.Max():P1}, yearly volatility {yearly:P0}");

        Assert.True(daily.Min() < -0.07);
        Assert.True(daily.Count(r => Math.Abs(r) < 0.01) > 100);
        Assert.InRange(yearly, 0.3, 1.2);
        Assert.All(
            market.Read(Timeframe.OneDay, Instant.MinValue, Instant.MaxValue, SandboxRig.Now),
            day => Assert.InRange(day.Close, 3_000, 1_000_000)
        );
    }

    [Fact]
    public void Fear_follows_falls()
    {
        var market = Series(TwoYears, "BTC/USDT");
        var fear = Sandbox.Simulation.FearIndex.Published(market, SandboxRig.Now, 700);
        var days = market
            .Read(Timeframe.OneDay, Instant.MinValue, Instant.MaxValue, SandboxRig.Now)
            .ToDictionary(day => day.OpenTime, day => day.Close);
        var week = TimeSpan.FromDays(7);
        var day = TimeSpan.FromDays(1);
        double[] before = [.. fear.Select(value => Math.Log(days[value.Day - day] / days[value.Day - day - week]))];

        Assert.Equal(700, fear.Count);
        Assert.Equal(SandboxRig.Now.Floor(day), fear[0].Day);
        Assert.True(Correlation(before, [.. fear.Select(value => (double)value.Value)]) > 0.6);
        Assert.InRange(fear.Average(value => value.Value), 35, 65);
        Assert.True(fear.Min(value => value.Value) < 25);
    }

    [Fact]
    public void A_usual_history_of_all_pairs_can_be_read()
    {
        var began = Stopwatch.GetTimestamp();
        var world = new SandboxWorld(new() { Seed = 0 }, SandboxRig.Now);
        var candles = world.Markets.Values.Sum(market =>
            market.Read(market.Base, Instant.MinValue, Instant.MaxValue, SandboxRig.Now).Count
        );
        output.WriteLine($"{candles} candles in {Stopwatch.GetElapsedTime(began).TotalSeconds:F2} s");
        Assert.True(candles > 7 * 230 * 1440);
    }

    private static CandleSeries Series(SandboxWorld world, string pair) => world.Markets[Pair.Parse(pair)];

    private static double[] Returns(CandleSeries market, Timeframe timeframe)
    {
        var candles = market.Read(timeframe, Instant.MinValue, SandboxRig.Now.Floor(timeframe.Length), SandboxRig.Now);
        return [.. candles.Zip(candles.Skip(1), (earlier, later) => Math.Log(later.Close / earlier.Close))];
    }

    private static double Mean(IEnumerable<double> values) => values.Average();

    private static double Autocorrelation(double[] values, int lag) => Correlation(values[..^lag], values[lag..]);

    private static double Correlation(double[] left, double[] right)
    {
        var (meanLeft, meanRight) = (left.Average(), right.Average());
        var (both, squaresLeft, squaresRight) = (0.0, 0.0, 0.0);
        for (var i = 0; i < left.Length; i++)
        {
            both += (left[i] - meanLeft) * (right[i] - meanRight);
            squaresLeft += Math.Pow(left[i] - meanLeft, 2);
            squaresRight += Math.Pow(right[i] - meanRight, 2);
        }
        return both / Math.Sqrt(squaresLeft * squaresRight);
    }
}
