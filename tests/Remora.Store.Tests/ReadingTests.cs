using System.Text;
using System.Text.Json;
using Remora.ClickHouse;
using Remora.Markets;
using Remora.Risk;
using Remora.Store.Files;
using Remora.Store.Tables;
using Remora.Testing;

namespace Remora.Store.Tests;

public sealed class ReadingTests(Engine engine, StoredPast past) : IClassFixture<StoredPast>
{
    private const string Hostile = "'; DROP TABLE candles; -- \\' \" ` {from:String} \n\t\0 \u00e9\u4e2d";

    [Fact]
    public async Task History_is_what_the_assessments_were()
    {
        var (store, assessments) = past.Filled;
        var policy = assessments[0].Policy;
        foreach (
            var (interval, length) in new[]
            {
                ("1m", TimeSpan.FromMinutes(1)),
                ("1h", TimeSpan.FromHours(1)),
                ("6h", TimeSpan.FromHours(6)),
                ("12h", TimeSpan.FromHours(12)),
                ("1d", TimeSpan.FromDays(1)),
            }
        )
        {
            var buckets = assessments
                .GroupBy(each => each.AssessedAt.Floor(length))
                .OrderBy(group => group.Key)
                .ToList();
            var rows = await store.Assessments.HistoryOf(Some.Btc, policy, interval).ListAsync();
            Assert.Equal(
                buckets.Select(bucket =>
                    (bucket.Key, (long)bucket.Count(), (long)bucket.Count(each => !each.SafeToTrade))
                ),
                rows.Select(row => (row.Time, row.Assessments, row.Blocked))
            );
            Assert.Equal(
                buckets.Select(bucket =>
                    Known(bucket.Select(each => each.RiskScore)).Select(score => (double?)score).Max()
                ),
                rows.Select(row => row.RiskMax)
            );
            Assert.Equal(
                buckets.Select(bucket => bucket.Last().Regime is { } regime ? RemoraJson.NameOf(regime) : null),
                rows.Select(row => row.RegimeLast)
            );
            Assert.Equal(
                buckets.Select(bucket => (double?)bucket.Last().GetReadings().Close),
                rows.Select(row => row.CloseLast)
            );
            foreach (var (bucket, row) in buckets.Zip(rows))
                if (Known(bucket.Select(each => each.RiskScore)) is { Count: > 0 } scores)
                    Assert.Equal(scores.Average(), row.RiskMean!.Value, 1e-12);
        }
    }

    /// <summary>
    /// The short side equals the engine's assessments, in rollups and single rows, beside the long
    /// side.
    /// </summary>
    [Fact]
    public async Task The_short_side_is_recorded_beside_the_long_one()
    {
        var (store, assessments) = past.Filled;
        var policy = assessments[0].Policy;
        var shorts = assessments.Select(each => each.At(each.AssessedAt, Side.Short)).ToList();
        Assert.NotEqual(assessments.Select(each => each.RiskScore), shorts.Select(each => each.RiskScore));

        var rows = await store.Assessments.EachOf(Some.Btc, policy, side: Side.Short).ListAsync();
        Assert.Equal(
            shorts.Select(Row),
            rows.Select(row =>
                (
                    row.Time,
                    row.SafeToTrade,
                    row.Recommendation,
                    row.RiskScore,
                    row.RiskClass,
                    row.PositionScale,
                    string.Join('|', row.BlockedBy),
                    row.State
                )
            )
        );
        Assert.Equal(
            assessments.Select(Row),
            (await store.Assessments.EachOf(Some.Btc, policy).ListAsync()).Select(row =>
                (
                    row.Time,
                    row.SafeToTrade,
                    row.Recommendation,
                    row.RiskScore,
                    row.RiskClass,
                    row.PositionScale,
                    string.Join('|', row.BlockedBy),
                    row.State
                )
            )
        );

        foreach (
            var (interval, length) in new[]
            {
                ("1m", TimeSpan.FromMinutes(1)),
                ("1h", TimeSpan.FromHours(1)),
                ("1d", TimeSpan.FromDays(1)),
            }
        )
        {
            var buckets = shorts.GroupBy(each => each.AssessedAt.Floor(length)).OrderBy(group => group.Key).ToList();
            var history = await store.Assessments.HistoryOf(Some.Btc, policy, interval, side: Side.Short).ListAsync();
            Assert.Equal(
                buckets.Select(bucket =>
                    (bucket.Key, (long)bucket.Count(), (long)bucket.Count(each => !each.SafeToTrade))
                ),
                history.Select(row => (row.Time, row.Assessments, row.Blocked))
            );
            foreach (var (bucket, row) in buckets.Zip(history))
            {
                Near(bucket.Select(each => each.RiskScore), row.RiskMean);
                Near(bucket.Select(each => each.RiskBreakdown.Regime), row.RegimePart);
                Near(bucket.Select(each => each.RiskBreakdown.TrendStrength), row.TrendStrengthPart);
                Near(bucket.Select(each => each.RiskBreakdown.Momentum), row.MomentumPart);
                Near(bucket.Select(each => each.RiskBreakdown.Volatility), row.VolatilityPart);
            }
        }
        foreach (var rollup in store.Rollups)
            Assert.True((await rollup.VerifyAsync()).IsExact, rollup.Definition.Name.Value);

        static void Near(IEnumerable<double> values, double? mean)
        {
            if (Known(values) is { Count: > 0 } known)
                Assert.Equal(known.Average(), mean!.Value, 1e-12);
            else
                Assert.Null(mean);
        }

        static (Instant, bool, string, double?, string?, double?, string, string?) Row(Assessment each) =>
            (
                each.AssessedAt,
                each.SafeToTrade,
                RemoraJson.NameOf(each.Recommendation),
                OrNull(each.RiskScore),
                each.RiskClass is { } named ? RemoraJson.NameOf(named) : null,
                OrNull(each.PositionScale),
                string.Join('|', each.BlockedBy),
                RemoraJson.NameOf(each.State)
            );

        static double? OrNull(double value) => double.IsFinite(value) ? value : null;
    }

    [Fact]
    public async Task Each_moment_has_its_last_assessment_and_what_is_kept_is_not_imported_again()
    {
        var (store, assessments) = await StoredPast.FillAsync(engine);
        var policy = assessments[0].Policy;
        // A second, different assessment for the same moment.
        var moment = new QueryParameters().Add("at", assessments[900].AssessedAt.ToDateTimeOffset());
        await store.Client.ExecuteAsync(
            "INSERT INTO assessments SELECT * REPLACE (0.25 AS risk_score, sequence + 1 AS sequence) FROM "
                + "assessments WHERE assessed_at = {at:DateTime64(3, 'UTC')}",
            moment
        );

        var rows = new List<AssessmentRow>();
        for (Instant? from = null; rows.Count % 70 == 0; from = rows[^1].Time + TimeSpan.FromMilliseconds(1))
            rows.AddRange(await store.Assessments.EachOf(Some.Btc, policy, new(from, Limit: 70)).ListAsync());
        Assert.Equal(
            assessments.Select(
                (each, i) =>
                    (
                        each.AssessedAt,
                        each.AsOf,
                        each.SafeToTrade,
                        i == 900 ? 0.25
                        : double.IsFinite(each.RiskScore) ? each.RiskScore
                        : (double?)null,
                        string.Join(',', each.BlockedBy)
                    )
            ),
            rows.Select(row => (row.Time, row.AsOf, row.SafeToTrade, row.RiskScore, string.Join(',', row.BlockedBy)))
        );

        var import = new AssessmentImport(store);
        foreach (var assessment in Recorded.Assessments(Some.Btc, 1010))
            await import.AddAsync(assessment, TestContext.Current.CancellationToken);
        await import.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Equal((10, 1000), (import.Added, import.Present));
        Assert.Equal(1010, (await store.Assessments.EachOf(Some.Btc, policy).ListAsync()).Count);
        Assert.Equal(
            1011,
            (await store.Assessments.HistoryOf(Some.Btc, policy, "1d").ListAsync()).Sum(day => day.Assessments)
        );
    }

    [Fact]
    public async Task Pages_join_without_a_gap()
    {
        var (store, assessments) = past.Filled;
        var policy = assessments[0].Policy;
        var all = await store.Assessments.HistoryOf(Some.Btc, policy, "1h").ListAsync();
        var paged = new List<HistoryRow>();
        for (Instant? from = null; ; from = paged[^1].Time + TimeSpan.FromMilliseconds(1))
        {
            var page = await store.Assessments.HistoryOf(Some.Btc, policy, "1h", new(from, Limit: 7)).ListAsync();
            paged.AddRange(page);
            if (page.Count < 7)
                break;
        }
        Assert.Equal(all, paged);
        Assert.Equal(
            all.TakeLast(3).Reverse(),
            await store.Assessments.HistoryOf(Some.Btc, policy, "1h", new(Limit: 3, NewestFirst: true)).ListAsync()
        );
        Assert.Equal(
            all.Where(row => row.Time < all[5].Time),
            await store.Assessments.HistoryOf(Some.Btc, policy, "1h", new(To: all[5].Time)).ListAsync()
        );
        Assert.Contains(
            "1m, 1h, 6h, 12h, 1d",
            Assert.Throws<StoreException>(() => store.Assessments.HistoryOf(Some.Btc, policy, "2h")).Message
        );
    }

    [Fact]
    public async Task The_answer_of_any_past_moment_comes_back_byte_for_byte()
    {
        var (store, assessments) = past.Filled;
        var policy = assessments[0].Policy;
        var random = new Random(1);
        for (var i = 0; i < 30; i++)
        {
            var time = assessments[0].AssessedAt + TimeSpan.FromSeconds(random.Next(-600, 300 * 300));
            var expected = assessments.LastOrDefault(each => each.AssessedAt <= time);
            var stored = await store.Assessments.AtAsync(Some.Btc, policy, time);
            Assert.Equal(expected?.AssessedAt, stored?.AssessedAt);
            if (expected is not null)
                Assert.Equal(
                    JsonSerializer.SerializeToUtf8Bytes(expected, RemoraJson.Options),
                    stored!.Answer.ToArray()
                );
        }
        Assert.Null(await store.Assessments.AtAsync(Some.Eth, policy, Instant.MaxValue));
        Assert.NotNull(await store.Assessments.AtAsync(Some.Btc, policy, Instant.MaxValue));
        Assert.Null(await store.Assessments.AtAsync(Some.Btc, policy, Instant.MinValue));

        var last = assessments[^1].AssessedAt;
        Assert.Equal(
            KeyValuePair.Create(Some.Btc, last),
            Assert.Single(await store.Assessments.LastOfEachAsync([Some.Eth, Some.Btc], policy, last, last))
        );
        Assert.Empty(
            await store.Assessments.LastOfEachAsync(
                [Some.Btc],
                policy,
                last + TimeSpan.FromMilliseconds(1),
                Instant.MaxValue
            )
        );
        Assert.Empty(
            await store.Assessments.LastOfEachAsync([Some.Btc], "another", Instant.MinValue, Instant.MaxValue)
        );
        var earlier = last - TimeSpan.FromHours(1); // later rows come from a clock that was ahead
        Assert.Equal(
            KeyValuePair.Create(Some.Btc, earlier),
            Assert.Single(await store.Assessments.LastOfEachAsync([Some.Btc], policy, Instant.MinValue, earlier))
        );
    }

    /// <summary>
    /// The store returns for each moment what a running service knew then, and no later values.
    /// </summary>
    [Fact]
    public async Task The_past_is_known_as_it_was_known()
    {
        var store = await engine.NewStoreAsync();
        using var scratch = new Scratch();
        await using var recorded = new Recorded(store, Recorded.Options(scratch.Folder));
        var random = new Random(7);
        var signals = Enum.GetValues<Signal>();
        var observations = new List<Observation>();
        for (var i = 0; i < 3000; i++)
        {
            var held = Some.Time + TimeSpan.FromSeconds(random.Next(0, 120 * 86400));
            var late = TimeSpan.FromSeconds(random.Next(4) == 0 ? random.Next(0, 6 * 86400) : random.Next(0, 3600));
            observations.Add(
                new(
                    signals[random.Next(signals.Length)],
                    random.Next(3) switch
                    {
                        0 => null,
                        1 => "BTC",
                        _ => "ETH",
                    },
                    random.Next(1, 100),
                    held,
                    held + late,
                    TimeSpan.FromHours(random.Next(1, 100)),
                    "s" + random.Next(2)
                )
            );
        }
        foreach (var observation in observations)
            recorded.Recorder.Observation(observation); // in any order; late values are recorded late
        await recorded.FlushAsync();
        var ordered = observations.OrderBy(each => each.KnowableAt).ThenBy(each => each.HeldAt).ToList();
        for (var i = 0; i < 25; i++)
        {
            var time = Some.Time + TimeSpan.FromSeconds(random.Next(0, 130 * 86400));
            var known = await store.Observations.KnownAtAsync(time);
            Assert.DoesNotContain(known, each => each.KnowableAt > time);
            var (running, restarted) = (new OutsideBook(), new OutsideBook());
            foreach (var each in ordered.Where(each => each.KnowableAt <= time))
                running.Apply(each);
            foreach (var each in known)
                restarted.Apply(each);
            foreach (var name in (string[])["BTC", "ETH", "SOL"])
            {
                foreach (var signal in signals)
                {
                    Assert.Equal(running.View(name).RawAt(signal, time), restarted.View(name).RawAt(signal, time));
                    Assert.Equal(running.View(name).At(signal, time), restarted.View(name).At(signal, time));
                }
            }
        }
    }

    [Fact]
    public async Task Streams_say_the_same_in_every_format()
    {
        var (store, assessments) = past.Filled;
        var query = store.Assessments.HistoryOf(Some.Btc, assessments[0].Policy, "1h");
        var rows = await query.ListAsync();
        var lines = (await TextAsync(query, StoreFormat.JsonLines)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(rows.Count, lines.Length);
        using (var first = JsonDocument.Parse(lines[0]))
        {
            Assert.Equal(rows[0].Time.ToString(), first.RootElement.GetProperty("time").GetString());
            Assert.Equal(rows[0].Assessments, first.RootElement.GetProperty("assessments").GetInt64());
            Assert.Equal(JsonValueKind.Null, first.RootElement.GetProperty("risk_mean").ValueKind);
        }
        Assert.StartsWith("\"time\",\"assessments\",\"blocked\"", await TextAsync(query, StoreFormat.Csv));
        Assert.StartsWith("PAR1", await TextAsync(query, StoreFormat.Parquet));
        Assert.StartsWith("ARROW1", await TextAsync(query, StoreFormat.Feather));
    }

    [Fact]
    public async Task Traffic_counts_every_request()
    {
        var store = await engine.NewStoreAsync();
        using var scratch = new Scratch();
        await using var recorded = new Recorded(store, Recorded.Options(scratch.Folder));
        var requests = Enumerable.Range(0, 2000).Select(i => Recorded.Request(i)).ToList();
        foreach (var request in requests)
            recorded.Recorder.Request(request);
        await recorded.FlushAsync();
        foreach (var interval in StoreIntervals.Traffic.Names())
        {
            var rows = await store.Requests.Traffic(interval).ListAsync();
            Assert.Equal(
                (2000, requests.Count(r => r.Unchanged), requests.Count(r => r.Status == 404), 0),
                (rows.Sum(r => r.Calls), rows.Sum(r => r.Unchanged), rows.Sum(r => r.Refused), rows.Sum(r => r.Errors))
            );
            Assert.All(rows, row => Assert.InRange(row.MicrosecondsP95, row.MicrosecondsP50, row.MicrosecondsP99));
        }
        Assert.All(
            await store.Requests.Traffic("1h", pair: "BTC/USDT").ListAsync(),
            row => Assert.Equal("BTC/USDT", row.Pair)
        );
        var questions = await store.Requests.Questions().ListAsync();
        Assert.Equal(requests.Count(r => r.Status < 400), questions.Sum(q => q.Calls));
        Assert.Equal(7, questions.Select(q => q.QueryHash).Distinct().Count());
        foreach (var rollup in store.Rollups)
            Assert.True((await rollup.VerifyAsync()).IsExact);
    }

    [Fact]
    public async Task Hostile_text_stays_data()
    {
        var store = await engine.NewStoreAsync();
        using var scratch = new Scratch();
        await using var recorded = new Recorded(store, Recorded.Options(scratch.Folder));
        var market = new MarketId(Hostile, Some.Btc.Pair, Some.Btc.Timeframe);
        var candle = Some.Flat(Some.Time);
        var observation = Some.Observation(Signal.Vix, 20, Some.Time, Hostile) with { Source = Hostile };
        var assessment = Recorded.Assessments(market, 1)[0];
        recorded.Recorder.Candle(market, candle);
        recorded.Recorder.Observation(observation);
        recorded.Recorder.Assessment(assessment);
        recorded.Recorder.Request(new(Some.Time, Hostile, Hostile, 1, 2, false, 200, 3, Hostile));
        await recorded.FlushAsync();
        Assert.Equal([candle], await store.Candles.Of(market).ListAsync());
        Assert.Equal([observation], await store.Observations.Of(Signal.Vix, Hostile).ListAsync());
        Assert.Single(await store.Assessments.HistoryOf(market, assessment.Policy, "1h").ListAsync());
        Assert.NotNull(await store.Assessments.AtAsync(market, assessment.Policy, Some.Time + TimeSpan.FromDays(1)));
        Assert.Empty(await store.Assessments.Of(market, Hostile).ListAsync());
        Assert.Equal(
            (Hostile, Hostile),
            Assert.Single(
                (await store.Requests.Traffic("1h", route: Hostile, pair: Hostile).ListAsync()).Select(row =>
                    (row.Route, row.Pair)
                )
            )
        );
        Assert.Equal(
            Hostile,
            await store.Client.SingleAsync("SELECT client FROM api_requests", row => row.NullableString())
        );
        var latest = new List<StoredCandle>();
        await foreach (var each in store.Candles.LatestAsync())
            latest.Add(each);
        Assert.Equal([new(Hostile, "BTC/USDT", "5m", candle)], latest);
    }

    private static async Task<string> TextAsync<T>(StoreQuery<T> query, StoreFormat format)
    {
        await using var stream = await query.StreamAsync(format);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return await reader.ReadToEndAsync();
    }

    private static List<double> Known(IEnumerable<double> values) => [.. values.Where(value => !double.IsNaN(value))];
}
