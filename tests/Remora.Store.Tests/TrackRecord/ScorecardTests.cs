using Remora.Backtest.Forecasts;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Server.Api.TrackRecord;
using Remora.Server.Grading;
using Remora.Store.Tables;
using Remora.Testing;

namespace Remora.Store.Tests.TrackRecord;

/// <summary>
/// The figures that the store computes in SQL equal those of a direct computation from the stored
/// answers and candles.
/// </summary>
[Trait("speed", "slow")]
public sealed class ScorecardTests(RecordedForecasts recorded) : IClassFixture<RecordedForecasts>
{
    private const double Within = 1e-9;
    private static readonly string[] Falls = ["0.01", "0.02", "0.05"];
    private static readonly (string Name, double Rate)[] Levels = [("0.95", 0.05), ("0.99", 0.01)];

    [Fact]
    public async Task The_figures_are_those_of_a_direct_computation()
    {
        await CheckAsync(recorded.Store);

        // After a rebuild of the rollup, and as another process reads it
        var rollup = recorded.Store.Rollups.Single(each => each.Definition.Name.Value == "forecasts");
        await rollup.RebuildAsync();
        Assert.True((await rollup.VerifyAsync()).IsExact);
        var restarted = new MarketStore(recorded.Store.Client, Engine.ForEver);
        Assert.Empty((await restarted.PrepareAsync()).Remarks);
        await CheckAsync(restarted);

        // After the exchange revised candles, before and after rows are merged
        var revised = (await recorded.Store.Candles.Of(RecordedForecasts.Market).ListAsync())
            .Where((_, i) => i % 97 == 3)
            .Select(candle => candle with { Close = candle.Close * 1.002, High = candle.High * 1.003 });
        var before = await ScorecardAsync(restarted);
        await recorded.InsertAsync(revised, 9);
        await CheckAsync(restarted);
        await restarted.Client.ExecuteAsync("OPTIMIZE TABLE candles FINAL");
        await CheckAsync(restarted);
        var after = await ScorecardAsync(restarted);
        Assert.NotEqual(before.Horizons["1h"].Models["remora-2"].R2, after.Horizons["1h"].Models["remora-2"].R2);
    }

    [Fact]
    public async Task A_market_without_a_record_has_no_figures_and_no_alarm()
    {
        var grader = new RecordGrader(recorded.Store.Record);
        var scorecard = await grader.GradeAsync(
            Some.Btc,
            Horizon.All,
            null,
            RecordedForecasts.Now,
            RecordedForecasts.Now,
            CancellationToken.None
        );
        Assert.Null(scorecard.Since);
        Assert.All(scorecard.Horizons.Values, horizon => Assert.Equal(0, horizon.Hours + horizon.Graded));
        Assert.All(scorecard.Horizons.Values, horizon => Assert.True(double.IsNaN(horizon.Models["remora-2"].R2)));
        Assert.Equal((false, 1.0), (scorecard.Alarm.Raised, scorecard.Alarm.Evidence));
    }

    [Fact]
    public async Task Candles_of_a_minute_are_gathered_as_for_forecasts()
    {
        var market = Some.MarketOf("ETH/BTC", "1m");
        var minutes = Some.Candles(11, 3 * 1440, market.Timeframe, Some.Time);
        await recorded.Store.Client.InsertAsync(
            StoreTable.Candles.Name,
            StoreTable.Candles.Columns,
            minutes.Where((_, i) => i != 1000),
            (row, candle) =>
                StoreTable.Candles.Write(
                    row,
                    StoredCandle.Of(market.Exchange, market.Pair, market.Timeframe, candle),
                    1
                )
        );
        var gathered = minutes
            .Chunk(5)
            .Where((_, i) => i != 200)
            .Select(part => new Candle(
                part[0].OpenTime,
                part[0].Open,
                part.Max(candle => candle.High),
                part.Min(candle => candle.Low),
                part[^1].Close,
                part.Sum(candle => candle.Volume)
            ))
            .ToList();
        var direct = MarketHours.Of(gathered);
        var stored = await recorded.Store.Record.HoursAsync(market, Some.Time, Some.Time + TimeSpan.FromDays(3));
        Assert.Equal(direct.Whole(0, direct.Count), stored.Count);
        foreach (var (time, squares) in stored)
            Same(direct.Variance(direct.HourAt(time), direct.HourAt(time) + 1, 1) * 12, squares);
    }

    private static async Task<Scorecard> ScorecardAsync(MarketStore store) =>
        await new RecordGrader(store.Record).GradeAsync(
            RecordedForecasts.Market,
            Horizon.All,
            null,
            RecordedForecasts.Now,
            RecordedForecasts.Now,
            CancellationToken.None
        );

    private async Task CheckAsync(MarketStore store)
    {
        var scorecard = await ScorecardAsync(store);
        var candles = await store.Candles.Of(RecordedForecasts.Market).ListAsync();
        var forecasts = await PublishedForecast.AllAsync(store.Client);
        var since = forecasts
            .Where(pair => pair.Value.Forecast is not null && pair.Value.At <= pair.Key + ForecastRecord.Grace)
            .Min(pair => pair.Key);
        Assert.Equal(since, scorecard.Since);
        foreach (var horizon in Horizon.All)
        {
            var fits = await FitsAsync(store, horizon);
            var direct = new DirectGrades([.. candles], forecasts, fits, horizon, since, RecordedForecasts.Now);
            Check(direct, scorecard.Horizons[horizon.Name], horizon);
        }
        CheckAlarm(scorecard.Alarm);
    }

    private static void Check(DirectGrades direct, HorizonScorecard scorecard, Horizon horizon)
    {
        Assert.Equal(direct.Hours, scorecard.Hours);
        Assert.Equal(direct.Graded.Count, scorecard.Graded);
        Assert.True(direct.Graded.Count > 300);
        var reasons = direct.Reasons;
        Assert.Equal(reasons.Keys.Where(reason => reason != "graded").Order(), scorecard.NotGraded.Keys.Order());
        foreach (var (reason, hours) in scorecard.NotGraded)
            Assert.Equal(reasons[reason], ((int)hours.Hours, (int)hours.InStorms));
        foreach (var reason in (string[])["outage", "late", "gap", "not_passed"])
            Assert.Contains(reason, scorecard.NotGraded.Keys);
        Assert.Contains(scorecard.NotGraded.Values, hours => hours.InStorms > 0);

        var compared = direct.Graded.Where(each => each.Models.Count == 3).ToList();
        Assert.Equal(compared.Count, scorecard.Compared);
        Assert.True(compared.Count > 100);
        foreach (var (name, score) in scorecard.Models)
            Check(compared, name, score.R2, score.Qlike);

        var tested = direct.Graded.Where(each => !double.IsNaN(each.Odds[0])).ToList();
        Assert.True(tested.Count > 300);
        for (var fall = 0; fall < Falls.Length; fall++)
        {
            var score = scorecard.ProbabilityOfDrawdown[Falls[fall]];
            double[] odds = [.. tested.Select(each => each.Odds[fall])];
            var depth = -Math.Log(
                1
                    - (
                        fall == 0 ? 0.01
                        : fall == 1 ? 0.02
                        : 0.05
                    )
            );
            bool[] fell = [.. tested.Select(each => each.Fall > depth)];
            Same(odds.Average(), score.Predicted);
            Same(fell.Average(each => each ? 1.0 : 0), score.Observed);
            Same(odds.Zip(fell).Average(each => Math.Pow(each.First - (each.Second ? 1 : 0), 2)), score.BrierScore);
            var groups = FallSkill.Reliability(odds, fell);
            Assert.Equal(groups.Count, score.Reliability.Count);
            foreach (var (group, stored) in groups.Zip(score.Reliability))
            {
                Same(group[0], stored.Predicted);
                Same(group[1], stored.Observed);
                Assert.Equal(group[2], stored.N);
            }
        }
        CheckVolatility(direct.Graded, scorecard.Volatility);
        Check(tested, horizon, scorecard.ValueAtRisk);
        Assert.Equal(
            direct.Graded.Count(each => each.Time.UnixMilliseconds % (long)horizon.Length.TotalMilliseconds == 0),
            scorecard.Independent
        );
        var vintages = direct.Graded.GroupBy(each => each.Coefficients).ToList();
        Assert.Equal(2, vintages.Count);
        Assert.Equal(vintages.Select(group => group.Key), scorecard.Vintages.Select(vintage => vintage.Coefficients));
        foreach (var (group, vintage) in vintages.Zip(scorecard.Vintages))
        {
            Assert.Equal(
                (group.First().Time, group.Last().Time, (long)group.Count()),
                (vintage.From, vintage.Until, vintage.Graded)
            );
            Check([.. group], ForecastCoefficients.Model, vintage.R2, vintage.Qlike);
            Check([.. group.Where(each => !double.IsNaN(each.Odds[0]))], horizon, vintage.ValueAtRisk, isPart: true);
        }
    }

    private static void Check(List<GradedForecast> graded, string model, double r2, double qlike)
    {
        double[] actual = [.. graded.Select(each => each.LogVariance)];
        var mean = actual.Average();
        var missed = graded.Sum(each => Math.Pow(each.LogVariance - each.Models[model].Log, 2));
        Same(1 - (missed / actual.Sum(value => (value - mean) * (value - mean))), r2);
        Same(
            graded.Average(each =>
            {
                var log = each.LogVariance - each.Models[model].Expected;
                return Math.Exp(log) - log - 1;
            }),
            qlike
        );
    }

    private static void CheckVolatility(List<GradedForecast> graded, IReadOnlyList<ReliabilityGroup> tenths)
    {
        var order = graded.OrderBy(each => each.Volatility).ThenBy(each => each.Time).ToList();
        Assert.Equal(10, tenths.Count);
        var begin = 0;
        foreach (var tenth in tenths)
        {
            var part = order.Skip(begin).Take((int)tenth.N).ToList();
            Same(Math.Sqrt(part.Average(each => each.Expected)), tenth.Predicted);
            begin += part.Count;
        }
        Assert.Equal(order.Count, begin);
    }

    private static void Check(
        List<GradedForecast> tested,
        Horizon horizon,
        IReadOnlyDictionary<string, HitScore> scores,
        bool isPart = false
    )
    {
        var length = (long)horizon.Length.TotalMilliseconds;
        for (var level = 0; level < Levels.Length; level++)
        {
            var hits = new SortedDictionary<long, bool>();
            foreach (var each in tested.Where(each => each.Time.UnixMilliseconds % length == 0))
                hits[each.Time.UnixMilliseconds / length] = each.Change < -each.Losses[level];
            var score = scores[Levels[level].Name];
            var count = hits.Values.Count(hit => hit);
            Assert.Equal((count, hits.Count), ((int)score.Hits, (int)score.N));
            Same(hits.Count == 0 ? double.NaN : (double)count / hits.Count, score.Share);
            Same(HitTests.Kupiec(count, hits.Count, Levels[level].Rate), score.KupiecP);
            if (hits.Count == 0 || isPart) // the first horizon of a part follows one of the part before
                continue;
            var series = new bool?[hits.Keys.Last() - hits.Keys.First() + 1];
            foreach (var (slot, hit) in hits)
                series[slot - hits.Keys.First()] = hit;
            Same(HitTests.Christoffersen(series.AsSpan()), score.ChristoffersenP);
        }
    }

    // An engine's own forecasts of a tape that it was not fitted to: the alarm is not asserted, but
    // the evidence is finite and its days are of the year.
    private static void CheckAlarm(RecordAlarm alarm)
    {
        Assert.Equal(ClaimEvidence.Threshold, alarm.Threshold);
        Assert.InRange(alarm.Evidence, double.Epsilon, alarm.Highest);
        Assert.Equal(alarm.Highest >= alarm.Threshold, alarm.Raised);
        Assert.All(alarm.Days, day => Assert.Equal(2024, day.Day.Year));
    }

    private static async Task<IReadOnlyList<(Instant From, RivalFit Fit)>> FitsAsync(
        MarketStore store,
        Horizon horizon
    ) =>
        await store.Client.ListAsync(
            "SELECT valid_from, model, intercept, inputs, season, smear, fitted_hours FROM rival_fits WHERE horizon = "
                + "{horizon:String} ORDER BY valid_from",
            row =>
                (
                    Instant.From(row.DateTime64()),
                    new RivalFit(
                        row.String(),
                        row.Float64(),
                        row.Array(number => number.Float64()),
                        row.Array(number => number.Float64()),
                        row.Float64(),
                        (int)row.UInt32()
                    )
                ),
            new ClickHouse.QueryParameters().Add("horizon", horizon.Name)
        );

    private static void Same(double expected, double actual)
    {
        if (double.IsNaN(expected))
            Assert.True(double.IsNaN(actual), $"{actual}");
        else
            Assert.InRange(Math.Abs(actual - expected), 0, Within * Math.Max(1, Math.Abs(expected)));
    }
}
