using Remora.Forecasts;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Tests.Forecasts;

public sealed class ForecasterTests
{
    private static readonly TimeSpan FiveMinutes = TimeSpan.FromMinutes(5);

    [Fact]
    public void Forecasts_begin_after_a_day_of_candles()
    {
        var forecaster = Fits.Forecaster();
        var candles = Some.Candles(1, 288);
        Assert.Null(forecaster.Play(candles[..287]));
        Assert.Equal(NoForecast.WarmingUp, forecaster.Absence);
        var forecast = forecaster.Apply(candles[287])!;
        Assert.Null(forecaster.Absence);
        Assert.Equal(Some.Midnight + TimeSpan.FromDays(1), forecast.AsOf);
        Assert.Equal((1, 0.5), (forecast.HistoryDays, forecast.Confidence));
        Assert.InRange(forecast[Horizon.OneHour].Volatility, 1e-4, 0.1);
        Assert.Equal(double.NaN, forecast[Horizon.OneHour].Percentile);
        Assert.Equal(double.NaN, forecast[Horizon.OneHour].RelativeToUsual);
    }

    [Fact]
    public void Comparisons_begin_after_30_days()
    {
        var forecaster = Fits.Forecaster();
        var candles = Some.Candles(2, 30 * 288);
        var before = forecaster.Play(candles[..^1])!;
        Assert.Equal(double.NaN, before[Horizon.OneDay].Percentile);
        Assert.Equal(double.NaN, before[Horizon.OneDay].MedianVolatility);
        Assert.InRange(before.Confidence, 0.99, 0.99999);
        var after = forecaster.Apply(candles[^1])!;
        Assert.Equal((30, 1), (after.HistoryDays, after.Confidence));
        Assert.All(Horizon.All, horizon => Assert.InRange(after[horizon].Percentile, 0, 1));
        Assert.All(Horizon.All, horizon => Assert.InRange(after[horizon].MedianVolatility, 1e-5, 0.5));
    }

    [Theory]
    [InlineData("2h")]
    [InlineData("1d")]
    public void There_are_none_at_two_hours_and_above(string timeframe)
    {
        var forecaster = Fits.Forecaster(timeframe);
        Assert.Null(forecaster.Play(Some.Candles(1, 500, Timeframe.Parse(timeframe))));
        Assert.Equal(NoForecast.TimeframeTooLong, forecaster.Absence);
    }

    [Theory]
    [InlineData("1m", "5m")]
    [InlineData("3m", "15m")]
    public void Short_candles_are_gathered(string timeframe, string gathered)
    {
        var (from, to) = (Timeframe.Parse(timeframe), Timeframe.Parse(gathered));
        var start = Some.Midnight - from.Length; // the first interval is incomplete
        var candles = Some.WithHoles(Some.Candles(3, 6_000, from, start), 3);
        for (var i = 0; i < candles.Length; i += 7)
            candles[i] = candles[i] with { Volume = 0 };
        var (shorter, longer) = (Fits.Forecaster(timeframe), Fits.Forecaster(gathered));
        // An interval's candle is complete at its end, or at the next candle when its last ones are
        // missing.
        var whole = candles
            .Where(c => c.Volume > 0 && c.OpenTime >= Some.Midnight)
            .GroupBy(c => c.OpenTime.Floor(to.Length))
            .Select(g => new Candle(
                g.Key,
                g.First().Open,
                g.Max(c => c.High),
                g.Min(c => c.Low),
                g.Last().Close,
                g.Sum(c => c.Volume)
            ))
            .ToList();
        var next = 0;
        var compared = 0;
        foreach (var candle in candles)
        {
            var end = candle.OpenTime + from.Length;
            while (next < whole.Count && whole[next].OpenTime + to.Length <= end)
                longer.Apply(whole[next++]);
            Assert.Equal(Fits.NumbersOf(longer.Current), Fits.NumbersOf(shorter.Apply(candle)));
            compared += shorter.Current is null ? 0 : 1;
        }
        Assert.True(compared > 3_000, $"{compared}");
    }

    /// <summary>
    /// The forecast of coarser candles is near that of 5m candles, in the same unit. Generated
    /// candles have ranges too small for this.
    /// </summary>
    [Theory]
    [InlineData("15m")]
    [InlineData("30m")]
    [InlineData("1h")]
    public void Coarser_candles_give_about_the_same_volatility(string timeframe)
    {
        var to = Timeframe.Parse(timeframe);
        var candles = SharedData.Candles("candles/ETHUSDT-5m.csv.gz")[..(288 * 60)];
        var (fine, coarse) = (Fits.Forecaster(), Fits.Forecaster(timeframe));
        var gather = new CandleAggregator(Timeframe.FiveMinutes, to);
        var ratios = new List<double>();
        foreach (var candle in candles)
        {
            fine.Apply(candle);
            if (gather.TryCloseBefore(candle.OpenTime, out var closed))
                coarse.Apply(closed);
            if (gather.Add(candle, out closed) && coarse.Apply(closed) is { } forecast)
                ratios.Add(
                    Math.Log(forecast[Horizon.FourHours].Volatility / fine.Current![Horizon.FourHours].Volatility)
                );
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{ratios.Average()}");
        Assert.InRange(ratios.Average(), -0.05, 0.05);
    }

    [Fact]
    public void A_candle_without_volume_is_a_hole()
    {
        var candles = Some.Candles(5, 3_000);
        var random = new Random(5);
        var empty = candles.Select(c => random.Next(20) == 0 ? c with { Volume = 0, High = c.High * 2 } : c).ToArray();
        Assert.Equal(
            Fits.NumbersOf(Fits.Forecaster().Play(empty.Where(c => c.Volume > 0))),
            Fits.NumbersOf(Fits.Forecaster().Play(empty))
        );
    }

    [Fact]
    public void A_hole_of_more_than_a_week_is_a_new_beginning()
    {
        var candles = Some.Candles(6, 288 * 62);
        var week = Forecaster.LongestHole / FiveMinutes;
        var (before, after) = (candles[..(288 * 20)], candles[((288 * 20) + (int)week + 1)..]);
        var forecaster = Fits.Forecaster();
        forecaster.Play(before);
        forecaster.Apply(after[0]);
        Assert.Equal((null, NoForecast.WarmingUp), (forecaster.Current, forecaster.Absence));
        Assert.Equal(Fits.NumbersOf(Fits.Forecaster().Play(after)), Fits.NumbersOf(forecaster.Play(after)));
        // After a month, not even the digest of the candles knows those before the hole.
        Assert.Equal(Fits.Forecaster().Also(after).Save(), forecaster.Save());

        var bridged = Fits.Forecaster();
        bridged.Play(before);
        Assert.NotNull(bridged.Apply(candles[(288 * 20) + (int)week]));
        Assert.InRange(bridged.Current!.HistoryDays, 27, 27.1);
    }

    /// <summary>Nothing said before a hole is graded, and the own error stands still.</summary>
    [Fact]
    public void The_own_error_stands_still_until_an_hour_after_a_hole()
    {
        var candles = Some.Candles(7, 288 * 5);
        var forecaster = Fits.Forecaster();
        forecaster.Play(candles[..1_000]);
        var own = forecaster.Inputs[(int)ForecastInput.Own1d];
        Assert.NotEqual(0, own);
        // The first candle after the hole has no return: twelve more make an hour.
        for (var i = 1_020; i < 1_032; i++)
        {
            forecaster.Apply(candles[i]);
            Assert.Equal(own, forecaster.Inputs[(int)ForecastInput.Own1d]);
        }
        forecaster.Apply(candles[1_032]);
        Assert.NotEqual(own, forecaster.Inputs[(int)ForecastInput.Own1d]);
    }

    [Fact]
    public void A_constant_price_has_no_forecast()
    {
        var forecaster = Fits.Forecaster();
        for (var i = 0; i < 1_000; i++)
            Assert.Null(forecaster.Apply(Some.Flat(Some.Midnight + (i * FiveMinutes))));
        Assert.Equal(NoForecast.NoMovement, forecaster.Absence);
        var moved = forecaster.Apply(Some.Flat(Some.Midnight + (1_000 * FiveMinutes), 101))!;
        Assert.All(Horizon.All, h => Assert.True(moved[h].Volatility is > 0 and < 1, $"{moved[h].Volatility}"));
    }

    [Fact]
    public void A_price_that_stops_for_months_keeps_finite_numbers()
    {
        var forecaster = Fits.Forecaster();
        forecaster.Play(Some.Candles(8, 500));
        var time = Some.Midnight + (500 * FiveMinutes);
        for (var i = 0; i < 288 * 100; i++)
            forecaster.Apply(Some.Flat(time + (i * FiveMinutes)));
        var forecast = forecaster.Current!;
        Assert.All(Horizon.All, h => Assert.True(forecast[h].Volatility is > 0 and < 0.01));
        Assert.All(Horizon.All, h => Assert.InRange(forecast[h].Percentile, 0, 1));
        Assert.Equal(double.PositiveInfinity, forecast.GetTraits().TickOverSigma);
        Assert.False(
            new Forecaster(Timeframe.FiveMinutes, Fits.Reference).Also(Some.Candles(8, 500)).Current!.InTestedRange
        );
    }

    [Fact]
    public void An_event_counts_from_the_horizon_before_it_until_its_moment()
    {
        var candles = Some.Candles(9, 288 * 4);
        var at = Some.Midnight + TimeSpan.FromDays(3) + TimeSpan.FromHours(14);
        var plain = Fits.Forecaster();
        var flagged = Fits.Forecaster(calendar: Fits.Calendar((CalendarEventKind.Fomc, at)));
        foreach (var candle in candles)
        {
            var (without, with) = (plain.Apply(candle), flagged.Apply(candle));
            if (without is null || with is null)
                continue;
            foreach (var horizon in Horizon.All)
            {
                var isNear = with.AsOf <= at && at < with.AsOf + horizon.Length;
                var beta = Fits.Reference.Newest[horizon].Betas[(int)ForecastInput.Fomc];
                // The own error learns from the flag, but only afterwards.
                if (with.AsOf <= at - TimeSpan.FromDays(1) + TimeSpan.FromHours(1))
                    Assert.Equal(
                        without[horizon].GetLogVariance() + (isNear ? beta : 0),
                        with[horizon].GetLogVariance(),
                        1e-12
                    );
                else if (with.AsOf <= at)
                    Assert.Equal(
                        isNear,
                        with[horizon].GetLogVariance() > without[horizon].GetLogVariance() + (beta / 2)
                    );
            }
        }
    }

    [Fact]
    public void A_holiday_counts_by_its_share_of_the_horizon()
    {
        var calendar = Fits.Calendar((CalendarEventKind.Holiday, Some.Midnight + TimeSpan.FromDays(2)));
        var (plain, flagged) = (Fits.Forecaster(), Fits.Forecaster(calendar: calendar));
        var candles = Some.Candles(10, (288 * 2) - 72); // until 18:00 of the day before
        var without = plain.Play(candles)!;
        var with = flagged.Play(candles)!;
        var beta = Fits.Reference.Newest[Horizon.OneDay].Betas[(int)ForecastInput.Hol];
        Assert.Equal(
            without[Horizon.OneDay].GetLogVariance() + (beta * 0.75),
            with[Horizon.OneDay].GetLogVariance(),
            1e-12
        );
        Assert.Equal(without[Horizon.FourHours].Volatility, with[Horizon.FourHours].Volatility);
    }

    [Fact]
    public void Each_candle_uses_the_coefficients_of_its_time()
    {
        var reference = Fits.Reference.Newest;
        var first = reference with { ValidFrom = Some.Midnight + TimeSpan.FromDays(2), TrainedOn = "first" };
        var second = reference with { ValidFrom = Some.Midnight + TimeSpan.FromDays(4), TrainedOn = "second" };
        var forecaster = new Forecaster(Timeframe.FiveMinutes, new CoefficientVintages(second, first));
        foreach (var candle in Some.Candles(11, 288 * 6))
        {
            if (forecaster.Apply(candle) is not { } forecast)
                continue;
            Assert.Equal(forecast.AsOf < second.ValidFrom ? first.Id : second.Id, forecast.Coefficients);
            Assert.Equal(forecast.AsOf < first.ValidFrom, forecast.InSample);
        }
        Assert.Throws<ArgumentException>(() => new CoefficientVintages());
        Assert.Throws<ArgumentException>(() => new CoefficientVintages(first, second, first));
    }

    [Fact]
    public void Outside_the_tested_range_there_are_no_probabilities()
    {
        var candles = Some.Candles(12, 288 * 3);
        var range = new TestedRange(1, double.MaxValue, 0, 0);
        Assert.True(Of(range).InTestedRange);
        Assert.False(Of(range with { MinimumHistoryDays = 3.1 }).InTestedRange);
        Assert.False(Of(range with { MaximumTickOverSigma = 0 }).InTestedRange);
        Assert.False(Of(range with { MinimumTurnover = 1e15 }).InTestedRange);
        Assert.True(Of(range with { MinimumTurnover = 1e15 }, "BTC").InTestedRange);
        var outside = Of(range with { MaximumEmptyShare = -1 });
        Assert.False(outside.InTestedRange);
        Assert.Equal(Of(range).Confidence / 2, outside.Confidence);
        var horizon = outside[Horizon.FourHours];
        Assert.Equal(Of(range)[Horizon.FourHours].Volatility, horizon.Volatility);
        Assert.Equal(double.NaN, horizon.ProbabilityOfFall(0.01));
        Assert.Equal(double.NaN, horizon.ReturnAt(0.5));
        Assert.All(horizon.StopDistances.Values, value => Assert.Equal(double.NaN, value));
        Assert.All(horizon.ValueAtRisk.Values, value => Assert.Equal(double.NaN, value));

        Forecast Of(TestedRange allowed, string quote = "USDT") =>
            new Forecaster(
                Timeframe.FiveMinutes,
                new(Fits.Reference.Newest with { Range = allowed }),
                quote: quote
            ).Play(candles)!;
    }

    [Fact]
    public void Traits_say_what_the_market_is_like()
    {
        // Every third candle is missing; prices are multiples of 0.25; turnover is 100 a candle.
        var candles = Enumerable
            .Range(0, 9_000)
            .Where(i => i % 3 != 2)
            .Select(i => Some.Flat(Some.Midnight + (i * FiveMinutes), i % 2 == 0 ? 100 : 100.25));
        var forecaster = Fits.Forecaster();
        forecaster.Play(candles.Select(c => c with { Volume = 100 / c.Close }));
        var sigma = Math.Exp(forecaster.Level / 2);
        var traits = forecaster.Current!.GetTraits();
        Assert.Equal(1 / 3.0, traits.EmptyShare, 1e-3);
        Assert.InRange(traits.Turnover, 0.999 * 19_200, 1.001 * 19_200);
        Assert.Equal(0.25 / 100 / sigma, traits.TickOverSigma, 1e-9);
        Assert.Equal(8_999 / 288.0, traits.HistoryDays, 1e-2);
    }
}
