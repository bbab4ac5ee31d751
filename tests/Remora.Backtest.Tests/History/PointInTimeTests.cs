using Remora.Backtest.Data;
using Remora.Backtest.History;
using Remora.Markets;
using Remora.Risk;
using Remora.Testing;

namespace Remora.Backtest.Tests.History;

/// <summary>
/// Assessments at random moments of years of real outside values use only values that were public
/// at that moment, by the rules of their publishers.
/// </summary>
public sealed class PointInTimeTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>
    /// When a value with a given date in the file became knowable. The rules are written again
    /// here, so that the test does not depend on the table of the reader.
    /// </summary>
    private static readonly (
        string File,
        OutsideKind Kind,
        string? Base,
        int Column,
        Func<Instant, Instant> Known
    )[] Series =
    [
        ("outside/vix-daily.csv.gz", OutsideKind.VixDaily, null, 5, dated => dated + new TimeSpan(21, 15, 0)),
        ("outside/dxy-daily.csv.gz", OutsideKind.DollarIndexDaily, null, 2, dated => dated + new TimeSpan(21, 15, 0)),
        ("outside/fear-greed-daily.csv.gz", OutsideKind.FearGreedDaily, null, 2, dated => dated),
        ("outside/btc-dominance-daily.csv.gz", OutsideKind.BtcDominanceDaily, null, 2, dated => dated + Day),
        ("outside/btc-open-interest-daily.csv.gz", OutsideKind.OpenInterestDaily, "BTC", 2, dated => dated + Day),
        ("outside/BTCUSDT-funding-8h.csv.gz", OutsideKind.Funding8h, "BTC", 1, dated => dated),
    ];

    [Fact]
    public void Only_knowable_values_are_used()
    {
        var market = new MarketId("binance", Pair.Parse("BTC/USDT"), Timeframe.OneHour);
        var truth = Series.ToDictionary(
            s => s.Kind,
            s => SharedData.Column(s.File, s.Column).Select(row => (Known: s.Known(row.Time), row.Value)).ToArray()
        );
        var observations = Series
            .SelectMany(s => OutsideFile.Read(SharedData.Require(s.File), s.Kind, s.Base))
            .ToList();
        var start = Generated.At("2021-07-10");
        // The candles do not matter here.
        var candles = Generated.Candles(24 * 1100, 1, Timeframe.OneHour, start).Candles;
        var random = new Random(20250630);
        var moments = Enumerable
            .Range(0, 3_000)
            .Select(_ => start + TimeSpan.FromMilliseconds((long)(random.NextDouble() * 1099 * 86_400_000)))
            .ToList();
        // The moments that matter: around the close, and around midnight.
        foreach (var day in Enumerable.Range(0, 300).Select(_ => start + (random.Next(1, 1098) * Day)))
            moments.AddRange([
                day + new TimeSpan(21, 14, 59),
                day + new TimeSpan(21, 15, 0),
                day - TimeSpan.FromMilliseconds(1),
                day,
            ]);

        var engine = new RemoraEngine([Remora.Risk.RiskPolicy.Default], new Tape(market, [], observations).Signals);
        using var events = new Tape(market, candles, observations).Events().GetEnumerator();
        var more = events.MoveNext();
        var used = 0;
        foreach (var now in moments.Order())
        {
            for (; more && KnowableAt(events.Current, market) <= now; more = events.MoveNext())
                engine.Apply(events.Current);
            var assessment = engine.Assess(market, 0, now);
            foreach (var (_, kind, _, _, _) in Series)
            {
                var (signal, value) = ValueOf(kind, assessment);
                var last = Array.FindLastIndex(truth[kind], row => row.Known <= now);
                if (double.IsNaN(value))
                    continue;
                used++;
                Assert.True(
                    last >= 0 && truth[kind][last].Value == value,
                    $"{signal} at {now}: {value} is used, {(last < 0 ? double.NaN : truth[kind][last].Value)} was "
                        + $"the last that was known"
                );
            }
        }
        output.WriteLine($"{used} values at {moments.Count} moments");
        Assert.True(used > 5 * moments.Count, $"only {used} values were used at {moments.Count} moments");
    }

    /// <summary>Each event of a calendar is known from the day of its announcement on.</summary>
    [Fact]
    public void An_event_counts_only_after_its_announcement()
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("remora-calendar-").FullName, "calendar.csv");
        File.WriteAllText(
            file,
            "time,announced,name\n2024-01-02T12:00:00Z,2024-01-02T11:30:00Z,sudden\n2024-01-03T12:00:00Z,2023-06-01,planned\n"
        );
        var calendar = CalendarFile.Read(file, 2 * Hour, Hour);
        Assert.Equal(
            ["2023-06-01T00:00:00Z", "2024-01-02T11:30:00Z"],
            calendar.Flags.Select(known => known.KnowableAt.ToString())
        );
        var market = new MarketId("binance", Pair.Parse("BTC/USDT"), Timeframe.FiveMinutes);
        var tape = new Tape(market, Generated.Candles(800, 1).Candles, []) { Calendar = calendar };
        var engine = new RemoraEngine([RiskPolicy.Default], []);
        var raised = tape.Events()
            .Select(e => engine.Apply(e))
            .Where(a => a?.EventFlags[RiskFlag.ScheduledEvent] == true)
            .Select(a => a!.AsOf!.Value.ToString())
            .ToList();
        Assert.Equal(("2024-01-02T11:30:00Z", "2024-01-03T12:55:00Z"), (raised[0], raised[^1]));
        Assert.Equal(
            (18, 36),
            (
                raised.Count(at => at.StartsWith("2024-01-02", StringComparison.Ordinal)),
                raised.Count(at => at.StartsWith("2024-01-03", StringComparison.Ordinal))
            )
        );
        Assert.Empty(ReplayCalendar.None.Dates.Events);
        File.WriteAllText(file, "time,announced,name\n2024-01-02T12:00:00Z,,sudden\n");
        Assert.Contains(
            "announced",
            Assert.Throws<BacktestException>(() => CalendarFile.Read(file, Hour, Hour)).Message,
            StringComparison.Ordinal
        );
    }

    /// <summary>
    /// Forecasts know the shipped dates and those of the file from the first candle on; each date
    /// counts from its own announcement. Without a calendar they know none.
    /// </summary>
    [Fact]
    public void Forecasts_know_the_shipped_dates_and_those_of_the_file()
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("remora-calendar-").FullName, "calendar.csv");
        File.WriteAllText(
            file,
            "time,announced,kind,name\n2024-01-02T12:00:00Z,2024-01-02T11:30:00Z,fomc,sudden decision\n"
        );
        var market = new MarketId("binance", Pair.Parse("BTC/USDT"), Timeframe.FiveMinutes);
        var tape = new Tape(market, Generated.Candles(10, 1).Candles, []);
        Assert.Equal(10, tape.Events().Count());
        var read = CalendarFile.Read(file, Hour, Hour);
        var (noon, release) = (Some.At("2024-01-02T12:00:00Z"), Some.At("2024-01-11T13:30:00Z"));
        var dates = (tape with { Calendar = read }).Events().First().Dates!;
        Assert.False(dates.HasEvent(CalendarEventKind.Fomc, noon - Hour, noon + Hour));
        Assert.True(dates.HasEvent(CalendarEventKind.Fomc, noon - (Hour / 2), noon + Hour));
        Assert.True(dates.HasEvent(CalendarEventKind.Cpi, release, release + Hour));
        Assert.Equal(ReplayCalendar.Shipped.Dates.Events.Count + 1, dates.Events.Count);
        // The shipped dates raise no flag.
        Assert.Empty(ReplayCalendar.Shipped.Flags);
    }

    private static Instant KnowableAt(in MarketEvent e, MarketId market) =>
        e.Observation?.KnowableAt ?? (e.Candle.OpenTime + market.Timeframe.Length);

    private static (Signal Signal, double Value) ValueOf(OutsideKind kind, Assessment assessment) =>
        kind switch
        {
            OutsideKind.VixDaily => (Signal.Vix, assessment.Vix),
            OutsideKind.DollarIndexDaily => (Signal.DollarIndex, assessment.Dxy),
            OutsideKind.FearGreedDaily => (Signal.FearGreed, assessment.FearGreedIndex),
            OutsideKind.BtcDominanceDaily => (Signal.BtcDominance, assessment.BtcDominance),
            OutsideKind.OpenInterestDaily => (
                Signal.OpenInterest,
                assessment.External.TryGetValue("open_interest", out var interest) ? interest.Value : double.NaN
            ),
            _ => (Signal.FundingRate, assessment.FundingRate),
        };
}
