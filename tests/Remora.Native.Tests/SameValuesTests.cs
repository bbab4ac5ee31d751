using System.Text.Json;
using Remora.Backtest.Data;
using Remora.Backtest.History;
using Remora.Columns;
using Remora.Csv;
using Remora.Markets;
using Remora.Risk;
using Remora.Testing;

namespace Remora.Native.Tests;

/// <summary>
/// The library's columns equal those of a replay, bit for bit: every column of history files, every
/// built-in policy and one from JSON, both sides.
/// </summary>
public sealed class SameValuesTests(PublishedLibrary published)
{
    private const string Own =
        """{ "name": "own", "decision": { "blocking_score": 0.6, "block_without": ["fear_greed"] } }""";

    private static readonly RiskPolicy[] Policies =
    [
        .. BuiltInPolicies.All,
        PolicyFile.Parse(System.Text.Encoding.UTF8.GetBytes(Own)),
    ];

    private EngineLibrary Library => published.Loaded;

    [Theory, InlineData("5m"), InlineData("1h"), InlineData("1d")]
    public void Columns_equal_a_replay(string timeframe)
    {
        var market = Some.MarketOf("BTC/USDT", timeframe);
        var length = Timeframe.Parse(timeframe);
        var candles = Some.WithHoles(Some.Candles(4, 9_000, length), 5);
        Compare(new(market, candles, []) { Calendar = ReplayCalendar.Shipped }, chunk: 4000);
    }

    [Fact]
    public void Outside_values_and_events_are_used_when_they_were_known()
    {
        var candles = Some.Candles(7, 20 * 288);
        var random = new Random(3);
        var days = Enumerable.Range(-3, 26).Select(day => Some.Midnight + TimeSpan.FromDays(day)).ToArray();
        var fear = days.Select(day => (day, value: (double)random.Next(5, 95))).ToArray();
        var funding = days.SelectMany(day => new[] { 0, 8, 16 }.Select(hour => day + TimeSpan.FromHours(hour)))
            .Select(time => (time, value: 0.002 * (random.NextDouble() - 0.5)))
            .ToArray();
        CalendarEntry[] events =
        [
            new(days[5] + TimeSpan.FromHours(19), days[0], "rate, decision"),
            new(days[9] + TimeSpan.FromHours(13), days[8], "inflation"),
        ];
        var tape = new Tape(
            Some.Btc,
            candles,
            [
                .. fear.Select(one => OutsideKinds.Observe(OutsideKind.FearGreedDaily, null, one.day, one.value)),
                .. funding.Select(one => OutsideKinds.Observe(OutsideKind.Funding8h, "BTC", one.time, one.value)),
                .. funding.Select(one => OutsideKinds.Observe(OutsideKind.Funding8h, "ETH", one.time, -one.value)),
            ]
        )
        {
            Calendar = CalendarFile.AsKnown(
                new(events, new Dictionary<CalendarEventKind, DateOnly>(), HasKind: false),
                ScheduledEvent.UsualBefore,
                ScheduledEvent.UsualAfter
            ),
        };
        object[] outside =
        [
            Source("fear_greed_daily", null, fear),
            Source("funding8h", "btc", funding),
            Source("funding8h", "ETH", [.. funding.Select(one => (one.time, -one.value))]),
        ];
        var calendar = events.Select(e => new
        {
            time = e.At.ToString(),
            announced = e.Announced.ToString(),
            name = e.Name,
        });
        var flags = Compare(tape, chunk: 500, new { outside, calendar });
        Assert.Contains(flags, text => text.Contains("scheduled_event"));
        Assert.Contains(flags, text => text.Contains("extreme_fear"));
    }

    [Theory, Trait("speed", "slow")]
    [InlineData("BTC", "5m")]
    [InlineData("ETH", "5m")]
    [InlineData("SOL", "5m")]
    [InlineData("BTC", "1h")]
    [InlineData("ETH", "1h")]
    [InlineData("SOL", "1h")]
    public void Columns_equal_a_replay_of_real_candles(string coin, string timeframe)
    {
        var market = Some.MarketOf(coin + "/USDT", timeframe);
        var file = $"candles/{coin}USDT-{timeframe}.csv.gz";
        var candles = SharedData.Has(file)
            ? SharedData.Candles(file)
            : Hours(SharedData.Candles($"candles/{coin}USDT-5m.csv.gz"));
        Compare(new(market, candles, []) { Calendar = ReplayCalendar.Shipped }, chunk: 20_000);
    }

    [Fact]
    public void One_candle_at_a_time_gives_the_same_json_as_the_engine()
    {
        var candles = Some.WithHoles(Some.Candles(9, 2_000), 9);
        var ours = new RemoraEngine(Policies, []);
        ours.Apply(MarketEvent.Dated(ShippedCalendar.Dates));
        var engine = Library.Create(Options(Some.Btc, null));
        var last = Policies.Length - 1;
        foreach (var candle in candles)
        {
            Library.Apply(engine, [candle], []);
            var expected = ours.Apply(MarketEvent.Closed(Some.Btc, candle))!;
            Assert.Equal(Json(expected), Library.Json(engine));
            var own = ours.Assess(Some.Btc, last, expected.AssessedAt).At(expected.AssessedAt, Side.Short);
            Assert.Equal(Json(own), Library.Json(engine, last, 1));
        }
        var later = candles[^1].OpenTime + TimeSpan.FromHours(3);
        Assert.Equal(Json(ours.Assess(Some.Btc, 1, later)), Library.Json(engine, 1, 0, later.UnixMilliseconds));
        Library.Free(engine);
    }

    [Fact]
    public void Values_that_come_later_are_used_from_the_next_candle_on()
    {
        var candles = Some.Candles(2, 600);
        var ours = new RemoraEngine([RiskPolicy.Default], [Signal.FearGreed]);
        ours.Apply(MarketEvent.Dated(ShippedCalendar.Dates));
        var engine = Library.Create(
            """
            {
                "pair": "BTC/USDT", "timeframe": "5m", "policies": ["remora-1"],
                "outside": [{ "kind": "fear_greed_daily", "times": [], "values": [] }]
            }
            """
        );
        foreach (var (candle, row) in candles.Select((candle, row) => (candle, row)))
        {
            if (row % 288 == 0)
            {
                Library.Observe(
                    engine,
                    $$"""
                    [{
                        "kind": "fear_greed_daily",
                        "times": [{{candle.OpenTime.UnixMilliseconds}}], "values": [{{10 + row}}]
                    }]
                    """
                );
                ours.Apply(
                    MarketEvent.Observed(
                        OutsideKinds.Observe(OutsideKind.FearGreedDaily, null, candle.OpenTime, 10 + row)
                    )
                );
            }
            Library.Apply(engine, [candle], []);
            Assert.Equal(Json(ours.Apply(MarketEvent.Closed(Some.Btc, candle))!), Library.Json(engine));
        }
        Library.Free(engine);
    }

    [Fact]
    public void Forecast_columns_equal_the_forecasts_of_a_replay()
    {
        var tape = new Tape(Some.Btc, Some.WithHoles(Some.Candles(4, 10_000), 5), [])
        {
            Calendar = ReplayCalendar.Shipped,
        };
        var requests = ForecastColumns.All.Select(column => new Request(column.Name, column.Kind)).ToList();
        Assert.True(ForecastColumns.TryFind("forecast_probability_of_drawdown_0.03_4h", out var chosen));
        requests.Add(new(chosen.Name, chosen.Kind));
        var engine = Library.Create(Options(Some.Btc, null));
        var filled = Library.Apply(engine, tape.Candles.ToArray(), requests);
        var row = 0;
        foreach (var assessment in Replay(tape, Policies[0]))
        {
            foreach (var (column, values) in ForecastColumns.All.Append(chosen).Zip(filled))
                if (!IsSame(column, assessment, values, row, code => code < 0 ? null : Library.Text(engine, code)))
                    Assert.Fail($"{column.Name} of row {row} differs");
            row++;
        }
        var volatility = requests.FindIndex(request => request.Column == "forecast_volatility_4h");
        Assert.True(double.IsFinite(((double[])filled[volatility])[^1]));
        Library.Free(engine);
    }

    /// <summary>
    /// Compares every column of every row; returns the texts of flags that occurred.
    /// </summary>
    private HashSet<string> Compare(Tape tape, int chunk, object? more = null)
    {
        var requests = new List<Request>();
        for (var policy = 0; policy < Policies.Length; policy++)
        for (var side = 0; side < 2; side++)
            foreach (var column in AssessmentColumns.Files)
                requests.Add(new(column.Name, column.Kind, policy, side));

        var engine = Library.Create(Options(tape.Market, more));
        // One engine per policy, as in a replay.
        var replays = Policies.Select(policy => Replay(tape, policy).GetEnumerator()).ToArray();
        var candles = tape.Candles.ToArray();
        var flags = new HashSet<string>();
        var texts = new Dictionary<int, string>();
        for (var from = 0; from < candles.Length; from += chunk)
        {
            var part = candles.AsSpan(from, Math.Min(chunk, candles.Length - from));
            var filled = Library.Apply(engine, part, requests);
            for (var row = 0; row < part.Length; row++)
            {
                var request = 0;
                foreach (var replay in replays)
                {
                    Assert.True(replay.MoveNext());
                    var first = replay.Current;
                    foreach (var assessment in new[] { first, first.At(first.AssessedAt, Side.Short) })
                    foreach (var column in AssessmentColumns.Files)
                    {
                        if (!IsSame(column, assessment, filled[request], row, Text))
                            Assert.Fail($"{column.Name} of row {from + row} under {assessment.Policy} differs");
                        if (column.Name == "flags")
                            flags.Add(Text(((int[])filled[request])[row])!);
                        request++;
                    }
                }
            }
        }
        Assert.All(replays, replay => Assert.False(replay.MoveNext()));
        Library.Free(engine);
        return flags;

        string? Text(int code) =>
            code < 0 ? null
            : texts.TryGetValue(code, out var text) ? text
            : texts[code] = Library.Text(engine, code);
    }

    private static bool IsSame(
        Column<Assessment> column,
        Assessment assessment,
        Array filled,
        int row,
        Func<int, string?> text
    ) =>
        column switch
        {
            Column<Assessment, double> number => IsSame(number.Value(assessment), ((double[])filled)[row]),
            Column<Assessment, long> integer => integer.Value(assessment) == ((long[])filled)[row],
            Column<Assessment, bool> boolean => boolean.Value(assessment) == (((byte[])filled)[row] == 1)
                && ((byte[])filled)[row] <= 1,
            Column<Assessment, string?> name => name.Value(assessment) == text(((int[])filled)[row]),
            Column<Assessment, IReadOnlyList<string>> list => string.Join('|', list.Value(assessment))
                == text(((int[])filled)[row]),
            Column<Assessment, Instant?> time => (time.Value(assessment)?.UnixMilliseconds ?? long.MinValue)
                == ((long[])filled)[row],
            _ => throw new NotSupportedException($"the test has no comparison for {column.Kind}"),
        };

    private static bool IsSame(double expected, double actual) =>
        double.IsFinite(expected)
            ? BitConverter.DoubleToInt64Bits(expected) == BitConverter.DoubleToInt64Bits(actual)
            : double.IsNaN(actual);

    private static IEnumerable<Assessment> Replay(Tape tape, RiskPolicy policy)
    {
        var engine = new RemoraEngine([policy], tape.Signals);
        foreach (var next in tape.Events())
            if (engine.Apply(next) is { } assessment)
                yield return assessment;
    }

    private static string Options(MarketId market, object? more)
    {
        var options = new Dictionary<string, object>
        {
            ["pair"] = market.Pair.ToString(),
            ["timeframe"] = market.Timeframe.Name,
            ["policies"] = BuiltInPolicies.All.Select(policy => policy.Name).Append(Own),
        };
        foreach (var property in more?.GetType().GetProperties() ?? [])
            options[property.Name] = property.GetValue(more)!;
        return JsonSerializer.Serialize(options);
    }

    private static object Source(string kind, string? @base, (Instant Time, double Value)[] values) =>
        new
        {
            kind,
            @base,
            times = values.Select(one => one.Time.UnixMilliseconds),
            values = values.Select(one => one.Value),
        };

    private static string Json(Assessment assessment) =>
        JsonSerializer.Serialize(assessment, RemoraJson.Options.TypeOf<Assessment>());

    private static Candle[] Hours(IEnumerable<Candle> candles)
    {
        var aggregator = new CandleAggregator(Timeframe.FiveMinutes, Timeframe.OneHour);
        var hours = new List<Candle>();
        foreach (var candle in candles)
        {
            if (aggregator.TryCloseBefore(candle.OpenTime, out var cutShort))
                hours.Add(cutShort);
            if (aggregator.Add(candle, out var hour))
                hours.Add(hour);
        }
        return [.. hours];
    }
}
