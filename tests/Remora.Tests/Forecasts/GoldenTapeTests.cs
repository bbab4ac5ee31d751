using System.Globalization;
using System.Text;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Tests.Forecasts;

/// <summary>
/// Forecasts for generated tapes with holes and events. <c>golden-tape.csv</c> was written by
/// <c>REMORA_WRITE_DOCS=1 ./test Remora.Tests -class Remora.Tests.Forecasts.GoldenTapeTests</c>.
/// With that version, the engine agreed with the reference program
/// (<see cref="ReferenceProgramTests"/>).
/// </summary>
public sealed class GoldenTapeTests
{
    private static readonly string Golden = Repository.PathOf("tests", "Remora.Tests", "Forecasts", "golden-tape.csv");

    [Fact]
    public void The_tape_gives_the_same_forecasts()
    {
        var rows = Rows();
        if (Environment.GetEnvironmentVariable("REMORA_WRITE_DOCS") == "1")
            File.WriteAllText(Golden, Text(rows));
        var expected = File.ReadAllLines(Golden);
        Assert.Equal(rows.Count, expected.Length);
        for (var i = 0; i < rows.Count; i++)
        {
            var cells = expected[i].Split(',');
            Assert.Equal((cells[0], cells[1]), (rows[i].Timeframe, rows[i].Time));
            var numbers = cells[2..].Select(cell => double.Parse(cell, CultureInfo.InvariantCulture)).ToList();
            Assert.Equal(rows[i].Numbers.Length, numbers.Count);
            // Logarithms can differ in their last digit from one processor to another.
            for (var n = 0; n < numbers.Count; n++)
                Assert.True(
                    Math.Abs(numbers[n] - rows[i].Numbers[n]) <= 1e-9 * Math.Max(1, Math.Abs(numbers[n])),
                    $"{expected[i]}: {rows[i].Numbers[n]} instead of {numbers[n]}"
                );
        }
    }

    private static List<(string Timeframe, string Time, double[] Numbers)> Rows()
    {
        var rows = new List<(string, string, double[])>();
        foreach (var (name, count) in new[] { ("1m", 5_000), ("5m", 11_000), ("15m", 4_000), ("1h", 5_500) })
        {
            var timeframe = Timeframe.Parse(name);
            var candles = Some.WithHoles(Some.Candles(count, count, timeframe), count);
            var forecaster = Fits.Forecaster(name, Events(candles[^1].OpenTime));
            var said = candles.Select(candle => forecaster.Apply(candle)).OfType<Forecast>().Distinct().ToList();
            for (var i = 0; i < said.Count; i += said.Count / 25)
                rows.Add((name, said[i].AsOf.ToString(), NumbersOf(said[i])));
        }
        return rows;
    }

    private static double[] NumbersOf(Forecast forecast) =>
        [
            .. Horizon
                .All.SelectMany(h =>
                    new[]
                    {
                        forecast[h].GetLogVariance(),
                        forecast[h].Percentile,
                        forecast[h].MedianVolatility,
                        forecast[h].FactorOf(ForecastFactor.OwnError),
                        forecast[h].FactorOf(ForecastFactor.TimeOfWeek),
                        forecast[h].ProbabilityOfFall(0.02),
                        forecast[h].ExpectedShortfallAt(0.99),
                    }
                )
                .Select(number => double.IsNaN(number) ? -1 : number),
        ];

    private static ForecastCalendar Events(Instant until)
    {
        var kinds = Enum.GetValues<CalendarEventKind>();
        var events = new List<(CalendarEventKind, Instant)>();
        for (var i = 0; Some.Midnight + TimeSpan.FromDays(5 * i) < until; i++)
            events.Add(
                (
                    kinds[i % kinds.Length],
                    Some.Midnight + TimeSpan.FromDays(5 * i) + TimeSpan.FromHours(i % 5 == 3 ? 0 : 14)
                )
            );
        return Fits.Calendar(events);
    }

    private static string Text(List<(string Timeframe, string Time, double[] Numbers)> rows)
    {
        var text = new StringBuilder();
        foreach (var (timeframe, time, numbers) in rows)
            text.Append(CultureInfo.InvariantCulture, $"{timeframe},{time},")
                .AppendJoin(',', numbers.Select(n => n.ToString(CultureInfo.InvariantCulture)))
                .Append('\n');
        return text.ToString();
    }
}
