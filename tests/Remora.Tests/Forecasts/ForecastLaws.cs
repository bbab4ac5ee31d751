using FsCheck.Fluent;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Tests.Forecasts;

public sealed class ForecastLaws
{
    private static readonly string[] Timeframes = ["1m", "3m", "5m", "15m", "30m", "1h"];

    [Fact]
    public void A_saved_state_continues_with_the_same_digits() =>
        Prop.ForAll(
                Any.Seed,
                seed =>
                {
                    var timeframe = Timeframes[seed % Timeframes.Length];
                    var candles = TapeOf(seed, timeframe, 1_600);
                    var cut = seed % candles.Length;
                    var whole = Fits.Forecaster(timeframe);
                    whole.Play(candles[..cut]);
                    var resumed = Fits.Forecaster(timeframe);
                    resumed.Load(whole.Save());
                    Assert.Equal(Fits.NumbersOf(whole.Current), Fits.NumbersOf(resumed.Current));
                    Assert.Equal(whole.Absence, resumed.Absence);
                    foreach (var candle in candles[cut..])
                        Assert.Equal(Fits.NumbersOf(whole.Apply(candle)), Fits.NumbersOf(resumed.Apply(candle)));
                    Assert.Equal(whole.Save(), resumed.Save());
                }
            )
            .MustHold(24);

    [Fact]
    public void A_state_that_is_not_its_own_is_refused()
    {
        var forecaster = Fits.Forecaster().Also(Some.Candles(1, 400));
        var state = forecaster.Save();
        foreach (var at in new[] { 0, 9, state.Length / 2, state.Length - 1 })
        {
            var damaged = state.ToArray();
            damaged[at] ^= 1;
            var other = Fits.Forecaster().Also(Some.Candles(2, 400));
            Assert.Contains("damaged", Assert.Throws<FormatException>(() => other.Load(damaged)).Message);
            Assert.Null(other.Current);
            Assert.Equal(Fits.Forecaster().Also(Some.Candles(1, 400)).Save(), other.Also(Some.Candles(1, 400)).Save());
        }
        Assert.Throws<FormatException>(() => Fits.Forecaster().Load([]));
        Assert.Contains("timeframe", Assert.Throws<FormatException>(() => Fits.Forecaster("15m").Load(state)).Message);
    }

    [Fact]
    public void Later_candles_change_no_forecast() =>
        Prop.ForAll(
                Any.Seed,
                seed =>
                {
                    var candles = TapeOf(seed, "15m", 700);
                    var cut = 1 + (seed % (candles.Length - 1));
                    var (one, other) = (Fits.Forecaster("15m"), Fits.Forecaster("15m"));
                    var past = candles[..cut].Select(c => one.Apply(c)).ToList();
                    var numbers = past.Select(Fits.NumbersOf).ToList();
                    one.Play(candles[cut..].Select(c => c.Times(3)));
                    Assert.Equal(numbers, past.Select(Fits.NumbersOf));
                    Assert.Equal(numbers, candles[..cut].Select(c => Fits.NumbersOf(other.Apply(c))));
                }
            )
            .MustHold(10);

    [Fact]
    public void Another_unit_of_price_changes_nothing() =>
        Prop.ForAll(
                Any.Seed,
                seed =>
                {
                    var candles = TapeOf(seed, "1h", 500);
                    var factor = Math.ScaleB(1, (seed % 41) - 20);
                    Assert.Equal(
                        Fits.NumbersOf(Fits.Forecaster("1h").Play(candles)),
                        Fits.NumbersOf(
                            Fits.Forecaster("1h")
                                .Play(candles.Select(c => c.Times(factor) with { Volume = c.Volume / factor }))
                        )
                    );
                }
            )
            .MustHold(10);

    [Fact]
    public void A_candle_that_is_not_newer_changes_nothing()
    {
        var candles = Some.Candles(3, 1_000, Timeframe.Parse("1m"));
        var forecaster = Fits.Forecaster("1m").Also(candles);
        var state = forecaster.Save();
        forecaster.Play(candles.Select(c => c.Times(2)));
        Assert.Equal(state, forecaster.Save());
    }

    /// <summary>
    /// The product of the factors is the volatility relative to the usual one, and that is the mean
    /// of the last 180 days; ranks are of the same days. All is computed again from the forecasts.
    /// </summary>
    [Fact]
    public void Comparisons_are_with_the_last_180_days()
    {
        const int days = 180;
        var candles = Some.WithHoles(Some.Candles(4, 24 * 230, Timeframe.OneHour), 4, longestHole: 30);
        var forecaster = Fits.Forecaster("1h");
        var said = new List<(Instant Time, double[] Logs)>();
        foreach (var candle in candles)
        {
            if (forecaster.Apply(candle) is not { } forecast)
                continue;
            said.Add((forecast.AsOf, [.. Horizon.All.Select(h => forecast[h].GetLogVariance())]));
            if (forecast.HistoryDays < 30 || said.Count % 37 != 0)
                continue;
            var today = forecast.AsOf.Floor(TimeSpan.FromDays(1));
            foreach (var horizon in Horizon.All)
            {
                var now = forecast[horizon];
                var usual = said.Where(s => s.Time >= today - TimeSpan.FromDays(days - 1))
                    .Average(s => s.Logs[horizon.Index]);
                Assert.Equal(Math.Exp((now.GetLogVariance() - usual) / 2), now.RelativeToUsual, 1e-8);
                Assert.Equal(now.RelativeToUsual, now.Factors.Values.Aggregate((a, b) => a * b), 1e-12);

                var past = said.Where(s => s.Time > forecast.AsOf - TimeSpan.FromDays(days))
                    .Select(s => Math.Sqrt(12 * horizon.Hours * Math.Exp(s.Logs[horizon.Index])))
                    .Order()
                    .ToList();
                // Buckets are 1/64 of an octave wide.
                Assert.InRange(now.Percentile, Below(past, now.Volatility / 1.02), Below(past, now.Volatility * 1.02));
                Assert.InRange(now.MedianVolatility / past[past.Count / 2], 0.98, 1.02);
            }
        }
        Assert.True(said.Count > 24 * 190, $"{said.Count}");

        static double Below(List<double> values, double limit) => values.Count(v => v < limit) / (double)values.Count;
    }

    [Fact]
    public void Probabilities_and_losses_belong_together()
    {
        var forecast = Fits.Forecaster().Play(Some.Candles(5, 288 * 3))!;
        foreach (var horizon in Horizon.All.Select(h => forecast[h]))
        {
            foreach (var (chance, distance) in horizon.StopDistances)
                Assert.Equal(double.Parse(chance), horizon.ProbabilityOfFall(distance), 1e-5);
            foreach (var (chance, distance) in horizon.ShortStopDistances)
                Assert.Equal(double.Parse(chance), horizon.ProbabilityOfRise(distance), 1e-5);
            Assert.Equal(horizon.ReturnQuantiles.Values.Order(), horizon.ReturnQuantiles.Values);
            Assert.Equal(-horizon.ReturnAt(0.05), horizon.ValueAtRisk["0.95"], 1e-8);
            Assert.Equal(-horizon.ReturnAt(0.01), horizon.ValueAtRisk["0.99"], 1e-8);
            foreach (var level in horizon.ValueAtRisk.Keys)
                Assert.True(horizon.ExpectedShortfall[level] > horizon.ValueAtRisk[level]);
            Assert.Equal(horizon.ProbabilityOfDrawdown.Values.OrderDescending(), horizon.ProbabilityOfDrawdown.Values);
            Assert.All(horizon.ProbabilityOfRally.Values, p => Assert.InRange(p, 0, 1));
            foreach (var wrong in new[] { 0, 1, -0.1, double.NaN })
            {
                Assert.Throws<ArgumentOutOfRangeException>(() => horizon.ProbabilityOfFall(wrong));
                Assert.Throws<ArgumentOutOfRangeException>(() => horizon.ProbabilityOfRise(wrong));
                Assert.Throws<ArgumentOutOfRangeException>(() => horizon.ReturnAt(wrong));
            }
        }
    }

    [Fact]
    public void A_chosen_horizon_and_threshold_stand_alone()
    {
        var forecast = Fits.Forecaster().Play(Some.Candles(5, 288 * 3))!;
        var chosen = forecast.Choose(Horizon.FourHours, 0.03, null);
        var four = Assert.Single(chosen.Horizons).Value;
        Assert.Equal(["0.03"], four.ProbabilityOfDrawdown.Keys);
        Assert.Equal(forecast[Horizon.FourHours].ProbabilityOfFall(0.03), four.ProbabilityOfDrawdown["0.03"], 1e-8);
        Assert.Equal(["0.01", "0.02", "0.05", "0.1"], four.ProbabilityOfRally.Keys);
        Assert.Equal(Fits.NumbersOf(forecast), Fits.NumbersOf(chosen));
        Assert.Equal(["1h", "4h", "24h"], forecast.Choose(null, null, 0.5).Horizons.Keys);
        Assert.Throws<ArgumentOutOfRangeException>(() => forecast.Choose(null, 1, null));
    }

    private static Candle[] TapeOf(int seed, string timeframe, int count) =>
        [
            .. Some.WithHoles(Some.Candles(seed, count, Timeframe.Parse(timeframe)), seed)
                .Select((c, i) => i % 50 == seed % 50 ? c with { Volume = 0 } : c),
        ];
}
