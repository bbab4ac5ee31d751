using System.Text.Json;
using Remora.Backtest.Forecasts;
using Remora.Csv;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Backtest.Tests.Forecasts;

/// <summary>Fits and evaluations of generated markets.</summary>
public sealed class ForecastJobTests
{
    private const int Days = 125;
    private static readonly Instant Quarter = Generated.At("2024-04-01");
    private static readonly CandleTape One = Generated.Candles(Days * 288, 1);
    private static readonly CandleTape Two = Generated.Candles(Days * 288, 2);
    private static readonly Lazy<ForecastCoefficients> Fitted = new(() => FitJob.Run(Fit([One, Two])).Newest);

    // The market leaves the range of its past: probabilities are judged all the same.
    private static ForecastCoefficients InAnyRange => Fitted.Value with { Range = new(1, 1e6, 0, 0) };

    [Fact]
    public void A_fit_gives_the_same_bytes_and_sees_nothing_after_its_embargo()
    {
        var known = Quarter - TimeSpan.FromDays(1);
        CandleTape[] other = [Changed(One, known), Changed(Two, known)];
        var bytes = CoefficientsFile.Write(new(Fitted.Value));
        Assert.Equal(bytes, CoefficientsFile.Write(FitJob.Run(Fit(other))));
        Assert.Equal(bytes, CoefficientsFile.Write(FitJob.Run(Fit([Before(One, Quarter), Before(Two, Quarter)]))));
        Assert.Equal(bytes, CoefficientsFile.Write(CoefficientsFile.Parse(bytes)));
        // An hour earlier is seen.
        CandleTape[] seen = [Changed(One, known - TimeSpan.FromHours(1)), Two];
        Assert.NotEqual(bytes, CoefficientsFile.Write(FitJob.Run(Fit(seen))));
    }

    [Fact]
    public void A_fit_states_the_range_of_its_markets()
    {
        var (empty, tick, turnover) = (0.0, 0.0, double.MaxValue);
        foreach (var tape in new[] { One, Two })
        {
            var forecaster = new Forecaster(Timeframe.FiveMinutes, new(Fitted.Value), ForecastCalendar.Empty, "USDT");
            foreach (var candle in tape.Candles.Where(c => c.OpenTime < Quarter - TimeSpan.FromDays(1)))
            {
                if (forecaster.Apply(candle)?.GetTraits() is not { HistoryDays: >= 7 } traits)
                    continue;
                (empty, tick) = (Math.Max(empty, traits.EmptyShare), Math.Max(tick, traits.TickOverSigma));
                turnover = Math.Min(turnover, traits.Turnover);
            }
        }
        var range = Fitted.Value.Range;
        Assert.InRange(range.MaximumEmptyShare - empty, 0, 1e-4);
        Assert.InRange(range.MaximumTickOverSigma - tick, 0, 1e-3);
        Assert.Equal(7, range.MinimumHistoryDays);
        Assert.InRange(turnover - range.MinimumTurnover, 0, 1e3);
        // Of pairs that are not in dollars, turnover has no known unit.
        var inEuro = Fit([One]) with
        {
            Markets = [(Pair.Parse("ONE/EUR"), "0")],
        };
        Assert.Equal(0, FitJob.Run(inEuro).Newest.Range.MinimumTurnover);
    }

    [Fact]
    public void An_evaluation_sees_nothing_after_its_end()
    {
        var until = Generated.At("2024-04-20");
        var whole = EvaluateJob.Run(Evaluation([One], until) with { Refit = true });
        var cut = EvaluateJob.Run(Evaluation([Before(One, until)], until) with { Refit = true });
        Assert.Equal(Json(whole), Json(cut));
        Assert.Equal(19 * 24, whole.Pairs["ONE/USDT"]["1h"].Hours);
        Assert.Equal((19 * 24) - 23, whole.Pairs["ONE/USDT"]["24h"].Hours);
        Assert.Null(whole.InSample);
    }

    [Fact]
    public void The_figures_follow_from_the_forecasts()
    {
        var tape = One with { Candles = [.. One.Candles.Where((_, i) => i is < 28_000 or > 28_100)] };
        var evaluation = EvaluateJob.Run(Evaluation([tape], null));
        var forecaster = new Forecaster(Timeframe.FiveMinutes, new(InAnyRange), ForecastCalendar.Empty, "USDT");
        var candles = tape.Candles;
        var (logs, outcomes, hits, at) = (new List<double>(), new List<double>(), new List<bool>(), 0);
        foreach (var candle in candles)
        {
            at++;
            var forecast = forecaster.Apply(candle);
            var close = candle.OpenTime + Timeframe.FiveMinutes.Length;
            if (close < Quarter || close != close.Floor(Timeframe.OneHour.Length) || at + 48 > candles.Count)
                continue;
            var next = candles.Skip(at - 1).Take(49).ToArray();
            // HAR needs whole hours of the last day, and of nine tenths of the last week.
            var day = candles.Skip(at - 289).Take(289).ToArray();
            var week = candles.Skip(at - 2017).Take(2017).ToArray();
            if (
                next[^1].OpenTime - candle.OpenTime != TimeSpan.FromHours(4)
                || candle.OpenTime - day[0].OpenTime != TimeSpan.FromDays(1)
                || candle.OpenTime - week[0].OpenTime > TimeSpan.FromDays(7) + TimeSpan.FromHours(15)
            )
                continue;
            var squares = next.Zip(next.Skip(1), (a, b) => Math.Pow(Math.Log(b.Close / a.Close), 2));
            logs.Add(forecast![Horizon.FourHours].GetLogVariance());
            outcomes.Add(Math.Log(squares.Average()));
            if (close.UnixMilliseconds % (4 * 3_600_000) == 0)
                hits.Add((next[^1].Close / candle.Close) - 1 < -forecast[Horizon.FourHours].ValueAtRiskAt(0.95));
        }
        var figures = evaluation.Pairs["ONE/USDT"]["4h"];
        Assert.Equal(logs.Count, figures.Hours);
        var mean = outcomes.Average();
        var missed = logs.Zip(outcomes, (a, b) => (a - b) * (a - b)).Sum();
        Assert.Equal(1 - (missed / outcomes.Sum(o => (o - mean) * (o - mean))), figures.Models["remora-2"].R2, 1e-9);
        Assert.Equal(hits.Count, figures.Var["0.95"].N);
        Assert.Equal(hits.Count(hit => hit) / (double)hits.Count, figures.Var["0.95"].Hits, 1e-12);
        Assert.Equal(["remora-2", "har", "har_season", "ewma", "garch", "persistence"], figures.Models.Keys);
        Assert.True(double.IsNaN(figures.Models["har_season"].Dm));
        Assert.Equal(["0.01", "0.02", "0.05"], figures.Drawdown.Keys);
    }

    [Fact]
    public void The_short_way_of_a_fit_gives_the_bits_of_the_forecast()
    {
        var fits = CoefficientVintages.Shipped;
        var calendar = ShippedCalendar.Dates;
        var whole = new Forecaster(Timeframe.FiveMinutes, fits, calendar);
        var brief = new Forecaster(Timeframe.FiveMinutes, fits, calendar);
        // Two weeks with holidays, releases, a hole of a day and one of eight.
        var start = Generated.At("2024-12-28");
        var candles = Generated.Candles(30 * 288, 4, start: start).Candles;
        foreach (var (candle, i) in candles.Select((candle, i) => (candle, i)))
        {
            if (i is (> 3000 and < 3288) or (> 4000 and < 6304))
                continue;
            var forecast = whole.Apply(candle);
            Assert.Equal(forecast is not null, brief.ApplyForFit(candle));
            if (forecast is null)
                continue;
            Assert.Equal(whole.Level, brief.Level);
            Assert.True(whole.Inputs.SequenceEqual(brief.Inputs), $"candle {i}");
            foreach (var horizon in Horizon.All)
                Assert.Equal(forecast[horizon].GetLogVariance(), brief.LogVarianceOf(horizon));
        }
    }

    [Fact]
    public void Hours_before_the_first_fit_are_counted_apart()
    {
        var day = TimeSpan.FromDays(1);
        var later = Fitted.Value with { ValidFrom = Quarter + (10 * day) };
        var options = Evaluation([One], Quarter + (20 * day));
        var all = EvaluateJob.Run(options).Pairs["ONE/USDT"]["1h"];
        var parts = EvaluateJob.Run(options with { Coefficients = new(later) });
        Assert.Equal(20 * 24, all.Hours);
        Assert.Equal(10 * 24, parts.Pairs["ONE/USDT"]["1h"].Hours);
        Assert.Equal(10 * 24, parts.InSample!["ONE/USDT"]["1h"].Hours);
        Assert.Equal([later.Id], parts.Coefficients);
    }

    [Fact]
    public void Wrong_input_is_refused_with_the_reason()
    {
        var hourly = Generated.Candles(100, 1, Timeframe.OneHour);
        Assert.Contains("the candles are of 1h", Problem(() => FitJob.Run(Fit([hourly]))));
        Assert.Contains("a pair is given twice", Problem(() => FitJob.Run(Fit([One, One]))));
        var early = Fit([One]) with { Until = Generated.At("2024-01-20") };
        Assert.Contains("expected at least 840", Problem(() => FitJob.Run(early)));
        var noon = Fit([One]) with { Until = Generated.At("2024-04-01T12:00:00Z") };
        Assert.Contains("expected a day", Problem(() => FitJob.Run(noon)));
        var late = Evaluation([One], null) with { From = Generated.At("2025-01-01") };
        Assert.Contains("the candles end at 2024-05-05", Problem(() => EvaluateJob.Run(late)));
        var soon = Evaluation([One], Quarter) with { From = Generated.At("2024-03-01") };
        Assert.Contains("no hour from 2024-03-01", Problem(() => EvaluateJob.Run(soon)));
    }

    private static string Problem(Func<object> job) => Assert.Throws<BacktestException>(job).Message;

    private static string Json(ForecastEvaluation evaluation) =>
        JsonSerializer.Serialize(evaluation, ReflectedJson.Options);

    private static FitOptions Fit(CandleTape[] tapes) =>
        new()
        {
            Markets = Names(tapes),
            Reader = (file, _) => tapes[int.Parse(file)],
            Until = Quarter - TimeSpan.FromDays(1),
        };

    private static EvaluateOptions Evaluation(CandleTape[] tapes, Instant? until) =>
        new()
        {
            Markets = Names(tapes),
            Reader = (file, _) => tapes[int.Parse(file)],
            From = Quarter,
            Until = until,
            Coefficients = new(InAnyRange),
        };

    private static (Pair Pair, string File)[] Names(CandleTape[] tapes) =>
        [
            .. tapes.Select(
                (tape, i) => (Pair.Parse(tape.Candles[0] == Two.Candles[0] ? "TWO/USDT" : "ONE/USDT"), $"{i}")
            ),
        ];

    private static CandleTape Before(CandleTape tape, Instant end) =>
        tape with
        {
            Candles = [.. tape.Candles.Where(c => c.OpenTime < end)],
        };

    // The same times with other prices.
    private static CandleTape Changed(CandleTape tape, Instant from) =>
        tape with
        {
            Candles =
            [
                .. tape.Candles.Select(c =>
                    c.OpenTime < from ? c : c with { Open = 2 * c.Open, High = 3 * c.High, Close = 2 * c.Close }
                ),
            ],
        };
}
