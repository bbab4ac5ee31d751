using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Remora.Cli.Render;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Cli.Tests;

public sealed partial class ForecastLineTests
{
    private const string Long =
        """{"side":"long","forecast":{"history_days":200.5,"horizons":{"4h":{"volatility":0.0112,"percentile":0.832,"probability_of_drawdown":{"0.02":0.108},"probability_of_rally":{"0.02":0.004},"stop_distances":{"0.1":0.0207},"short_stop_distances":{"0.1":0.05}}}}}""";

    [Fact]
    public void The_line_has_one_horizon_and_the_side_of_the_entry()
    {
        Assert.Equal(
            "next 4 h: ±1.1 % (busier than 83 % of its last 180 days); chance to fall more than 2 %: 11 %; "
                + "a stop 2.1 % away is touched 1 time in 10",
            LineOf(Long)
        );
        Assert.Equal(
            "next 4 h: ±1.1 % (busier than 83 % of its last 45 days); chance to rise more than 2 %: 0.4 %; "
                + "a stop 5 % away is touched 1 time in 10",
            LineOf(Long.Replace("long", "short").Replace("200.5", "45.9"))
        );
        Assert.Equal(
            "next 4 h: ±1.1 %",
            LineOf(Long.Replace("0.832", "null").Replace("0.108", "null").Replace("\"0.1\":0.0207", "\"0.1\":null"))
        );
    }

    [Theory]
    [InlineData(
        """{"forecast":null,"no_forecast":"warming_up"}""",
        "no forecast: it needs a day of candles with volume"
    )]
    [InlineData("""{"forecast":null,"no_forecast":"of_a_later_version"}""", "no forecast: of a later version")]
    [InlineData("""{"risk_score":0.5}""", null)] // the whole market, or a service before 0.2
    public void Without_a_forecast_it_says_why(string answer, string? line) => Assert.Equal(line, LineOf(answer));

    [Fact]
    public void Every_reason_has_words() =>
        Assert.All(
            Enum.GetValues<NoForecast>(),
            reason =>
            {
                var name = RemoraJson.NameOf(reason);
                var line = LineOf($$"""{"forecast":null,"no_forecast":"{{name}}"}""");
                Assert.NotEqual("no forecast: " + name.Replace('_', ' '), line);
            }
        );

    [Fact]
    public void The_numbers_of_an_assessment_agree_with_each_other()
    {
        var engine = new RemoraEngine([RiskPolicy.Default], []);
        var lines = new List<string?>();
        Assessment? last = null;
        foreach (var candle in Tapes.Days(33))
        {
            last = engine.Apply(MarketEvent.Closed(Tapes.Market, candle))!;
            if ((candle.OpenTime - Instant.MinValue).TotalHours % 24 == 0)
                lines.Add(LineOf(last));
        }
        Assert.Equal("no forecast: it needs a day of candles with volume", lines[0]);
        Assert.Matches(@"^next 4 h: ±[\d.]+ %$", lines[3]); // below 7 days: outside the tested range
        Assert.Matches("^next 4 h: ±[^(]+; chance to fall .* 1 time in 10$", lines[20]);

        foreach (var side in Enum.GetValues<Side>())
        {
            var line = LineOf(last!.At(last.AsOf!.Value, side))!;
            var parts = Parts().Match(line);
            Assert.True(parts.Success, line);
            var numbers = parts.Groups.Values.Skip(1).Select(g => double.Parse(g.Value, CultureInfo.InvariantCulture));
            var (volatility, rank, days, chance, stop) = numbers.ToArray() switch
            {
                [var a, var b, var c, var d, var e] => (a, b, c, d, e),
                _ => throw new InvalidOperationException(line),
            };
            var horizon = last.Forecast![Horizon.FourHours];
            Assert.Equal(100 * horizon.Volatility, volatility, Tolerance(volatility));
            Assert.Equal(100 * horizon.Percentile, rank, Tolerance(rank));
            Assert.Equal(33, days);
            // The chance to pass 2 %, and the move that is passed with a chance of 10 %.
            double Chance(double move) =>
                100 * (side == Side.Long ? horizon.ProbabilityOfFall(move) : horizon.ProbabilityOfRise(move));
            Assert.Equal(Chance(0.02), chance, Tolerance(chance));
            var half = Tolerance(stop) / 100;
            Assert.InRange(10, Chance((stop / 100) + half), Chance((stop / 100) - half));
        }
    }

    private static double Tolerance(double shown) =>
        shown < 1 ? 0.00501
        : shown < 10 ? 0.0501
        : 0.501;

    private static string? LineOf(string answer) => ForecastLine.Of(JsonElement.Parse(answer));

    private static string? LineOf(Assessment assessment) =>
        ForecastLine.Of(JsonSerializer.SerializeToElement(assessment, RemoraJson.Options.TypeOf<Assessment>()));

    [GeneratedRegex(
        @"^next 4 h: ±(?<volatility>\S+) % \(busier than (?<rank>\S+) % of its last (?<days>\d+) days\); "
            + @"chance to (fall|rise) more than 2 %: (?<chance>\S+) %; "
            + @"a stop (?<stop>\S+) % away is touched 1 time in 10$",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex Parts();
}
