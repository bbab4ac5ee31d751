using Remora.Markets;
using Remora.Regimes;
using Remora.Testing;

namespace Remora.Tests.Real;

/// <summary>Assessments of well-known days in six years of real candles are as expected.</summary>
[Collection(nameof(BtcReplay))]
public sealed class KnownDaysTests(BtcReplay replay)
{
    private static readonly TimeSpan Five = TimeSpan.FromMinutes(5);

    [Fact]
    public void Every_candle_is_assessed_and_every_hole_counted()
    {
        Assert.Equal(484_843, replay.Assessments.Length);
        var candles = replay.Candles;
        var gaps = 0;
        for (var i = 0; i < candles.Length; i++)
        {
            if (i > 0 && candles[i].OpenTime.UnixMilliseconds != candles[i - 1].OpenTime.UnixMilliseconds + 300_000)
                gaps++;
            Assert.Equal(gaps, replay.Assessments[i].GetReadings().Gaps);
            Assert.Equal(candles[i].OpenTime + Five, replay.Assessments[i].AsOf);
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{gaps} holes");
        Assert.InRange(gaps, 3, 100);
    }

    [Fact]
    public void Every_candle_of_the_file_is_valid() =>
        Assert.All(
            replay.Candles,
            c => Assert.Equal(CandleFault.None, c.Check(Timeframe.FiveMinutes, Some.At("2025-07-01")))
        );

    [Theory, InlineData("2022-06-13"), InlineData("2022-11-09")]
    public void Days_of_collapse_are_panic_or_high_volatility(string day)
    {
        var hours = Between(Some.At(day), TimeSpan.FromDays(1))
            .Where(a => a.Regime is Regime.Panic or Regime.HighVol)
            .CountBy(a => a.AsOf!.Value.Floor(TimeSpan.FromHours(1)))
            .Count();
        TestContext.Current.TestOutputHelper?.WriteLine($"{day}: panic or high_vol in {hours} hours");
        Assert.InRange(hours, 1, 24);
        Assert.Contains(Between(Some.At(day), TimeSpan.FromDays(1)), a => !a.SafeToTrade);
    }

    /// <summary>
    /// Two of the quietest weeks. Not every calm week is free of high volatility, because
    /// volatility is measured relative to the month before.
    /// </summary>
    [Theory, InlineData("2022-12-05"), InlineData("2022-12-26")]
    public void A_quiet_week_is_neither(string monday)
    {
        var week = Between(Some.At(monday), TimeSpan.FromDays(7)).ToArray();
        Assert.Equal(7 * 288, week.Length);
        Assert.Equal(0, week.Count(a => a.Regime is Regime.Panic or Regime.HighVol));
    }

    [Fact]
    public void Regimes_last_for_hours()
    {
        var known = replay.Assessments.Where(a => a.Regime is not null).ToArray();
        var dwells = new List<double>();
        for (int i = 1, since = 0; i < known.Length; i++)
        {
            if (known[i].Regime == known[i - 1].Regime)
                continue;
            dwells.Add((i - since) / 12.0);
            since = i;
        }
        dwells.Sort();
        var (perDay, median) = (dwells.Count / (known.Length / 288.0), dwells[dwells.Count / 2]);
        var shares = known
            .CountBy(a => a.Regime!.Value)
            .OrderBy(r => r.Key)
            .Select(r => $"{r.Key} {r.Value / (double)known.Length:P1}");
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{perDay:f2} changes a day, median dwell {median:f2} h; {string.Join(", ", shares)}"
        );
        Assert.InRange(perDay, 3, 6);
        Assert.InRange(median, 1, 6);
    }

    private IEnumerable<Assessment> Between(Instant from, TimeSpan span) =>
        replay.Assessments.Where(a => a.AsOf > from && a.AsOf <= from + span);
}
