using System.Globalization;
using System.Text;
using System.Text.Json;
using Remora.ClickHouse;
using Remora.Columns;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Risk;
using Remora.Store.Files;
using Remora.Store.Tables;
using Remora.Testing;

namespace Remora.Store.Tests;

/// <summary>Tests names, order, types and values of the columns of tables and files.</summary>
public sealed class ColumnsTests(Engine engine)
{
    /// <summary>
    /// This list is the contract with those who query the tables, so it is written out here.
    /// </summary>
    [Fact]
    public async Task A_stored_assessment_has_its_values_in_the_columns_of_their_names()
    {
        var assessments = Recorded.Assessments(
            Some.Btc,
            9_000,
            observations: [Some.Observation(Signal.FearGreed, 15, Some.Time, timeToLive: TimeSpan.FromDays(10))]
        );
        var store = await engine.NewStoreAsync();
        var import = new AssessmentImport(store);
        List<Assessment> chosen = [.. assessments.Where((_, i) => i >= 8_900 || i % 300 == 0)];
        foreach (var each in chosen)
            await import.AddAsync(each, TestContext.Current.CancellationToken);
        await import.FlushAsync(TestContext.Current.CancellationToken);
        var lines = (
            await TextAsync(
                store.Client,
                "SELECT * EXCEPT (answer, sequence, ingested) FROM assessments ORDER BY assessed_at FORMAT JSONEachRow"
            )
        ).Split('\n');
        Assert.Equal(chosen.Count, lines.Length);
        Assert.All(
            chosen.Zip(lines),
            row =>
            {
                using var stored = JsonDocument.Parse(row.Second);
                Assert.Equal(
                    Expected(row.First).Select(column => $"{column.Name} = {Text(column.Value)}"),
                    stored.RootElement.EnumerateObject().Select(column => $"{column.Name} = {Text(column.Value)}")
                );
            }
        );
        Assert.Contains(chosen, each => !each.SafeToTrade);
        Assert.Contains(chosen, each => double.IsFinite(each.RiskScore));
        Assert.Contains(chosen, each => each.Forecast?[Horizon.OneDay].Percentile is > 0);

        static IEnumerable<(string Name, object? Value)> Expected(Assessment each)
        {
            var other = each.At(each.AssessedAt, Side.Short);
            return
            [
                ("exchange", "binance"),
                ("pair", "BTC/USDT"),
                ("timeframe", "5m"),
                ("policy", each.Policy),
                ("policy_id", each.PolicyId),
                ("model", each.Model),
                ("assessed_at", each.AssessedAt),
                ("as_of", each.AsOf),
                ("published_at", null), // computed later
                ("close", each.GetReadings().Close),
                ("safe_to_trade", each.SafeToTrade),
                ("recommendation", each.Recommendation),
                ("risk_score", each.RiskScore),
                ("risk_class", each.RiskClass),
                ("risk_confidence", each.RiskConfidence),
                ("position_scale", each.PositionScale),
                ("regime", each.Regime),
                ("volatility", each.Volatility),
                ("part_volatility", each.RiskBreakdown.Volatility),
                ("part_regime", each.RiskBreakdown.Regime),
                ("part_trend_strength", each.RiskBreakdown.TrendStrength),
                ("part_momentum", each.RiskBreakdown.Momentum),
                ("part_external", each.RiskBreakdown.External),
                ("stale", each.Stale),
                ("state", each.State),
                ("forecast_volatility_1h", each.Forecast?[Horizon.OneHour].Volatility),
                ("forecast_volatility_4h", each.Forecast?[Horizon.FourHours].Volatility),
                ("forecast_volatility_24h", each.Forecast?[Horizon.OneDay].Volatility),
                ("forecast_variance_1h", each.Forecast?[Horizon.OneHour].GetExpectedVariance()),
                ("forecast_variance_4h", each.Forecast?[Horizon.FourHours].GetExpectedVariance()),
                ("forecast_variance_24h", each.Forecast?[Horizon.OneDay].GetExpectedVariance()),
                ("forecast_percentile_1h", each.Forecast?[Horizon.OneHour].Percentile),
                ("forecast_percentile_4h", each.Forecast?[Horizon.FourHours].Percentile),
                ("forecast_percentile_24h", each.Forecast?[Horizon.OneDay].Percentile),
                ("forecast_confidence", each.Forecast?.Confidence),
                ("forecast_coefficients", each.Forecast?.Coefficients),
                ("blocked_by", each.BlockedBy),
                (
                    "flags",
                    Enum.GetValues<RiskFlag>().Where(flag => each.EventFlags[flag] == true).Select(EventFlags.NameOf)
                ),
                ("short_safe_to_trade", other.SafeToTrade),
                ("short_recommendation", other.Recommendation),
                ("short_risk_score", other.RiskScore),
                ("short_risk_class", other.RiskClass),
                ("short_position_scale", other.PositionScale),
                ("short_part_regime", other.RiskBreakdown.Regime),
                ("short_part_trend_strength", other.RiskBreakdown.TrendStrength),
                ("short_part_momentum", other.RiskBreakdown.Momentum),
                ("short_blocked_by", other.BlockedBy),
            ];
        }

        static string Text(object? value) =>
            value switch
            {
                JsonElement { ValueKind: JsonValueKind.Number } number => Text(number.GetDouble()),
                JsonElement { ValueKind: JsonValueKind.Array } array => Text(
                    array.EnumerateArray().Select(item => item.GetString()!)
                ),
                JsonElement { ValueKind: JsonValueKind.Null } or double.NaN or null => "null",
                JsonElement json => json.ToString(),
                double number => number.ToString("R", CultureInfo.InvariantCulture),
                Instant time => time.ToDateTimeOffset()
                    .ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture),
                IEnumerable<string> names => string.Join('|', names),
                Enum name => JsonNamingPolicy.SnakeCaseLower.ConvertName(name.ToString()),
                _ => value.ToString()!,
            };
    }

    [Fact]
    public async Task Other_rows_have_their_values_in_the_columns_of_their_names()
    {
        var store = await FilledAsync();
        Assert.Equal(
            """
            "exchange","pair","timeframe","opened","open","high","low","close","volume"
            "binance","BTC/USDT","5m","2024-03-01T00:00:00.000Z",1.5,3,1,2.25,0.1
            """,
            await TextAsync(store.Client, "SELECT * EXCEPT (sequence, ingested) FROM candles FORMAT CSVWithNames")
        );
        Assert.Equal(
            """
            "signal","base","source","value","held_at","knowable_at","time_to_live_ms"
            "funding_rate","BTC","test",0.0001,"2024-03-01T00:00:00.000Z","2024-03-01T00:01:00.000Z",129600000
            """,
            await TextAsync(store.Client, "SELECT * EXCEPT (sequence, ingested) FROM observations FORMAT CSVWithNames")
        );
        Assert.Equal(
            """
            "at","route","pair","query_hash","result_hash","unchanged","status","microseconds","client"
            "2024-03-01T00:00:00.000Z","/api/v1/risk","BTC/USDT",1,18446744073709551615,true,304,1234567,"key"
            """,
            await TextAsync(store.Client, "SELECT * EXCEPT (sequence, ingested) FROM api_requests FORMAT CSVWithNames")
        );
    }

    [Fact]
    public async Task Exports_have_these_columns()
    {
        var store = await FilledAsync();
        var policy = RiskPolicy.Default.Name;
        Assert.Equal(
            """
            "time","as_of","close","safe_to_trade","recommendation","risk_score","risk_class","risk_confidence","position_scale","blocked_by","regime","volatility","flags","policy_id","model","state","forecast_volatility_1h","forecast_volatility_4h","forecast_volatility_24h","forecast_percentile_1h","forecast_percentile_4h","forecast_percentile_24h","forecast_confidence","forecast_coefficients"
            "2024-03-01T00:05:00.000Z","2024-03-01T00:05:00.000Z",100,false,"no_entry",,,0,0,"flag_extreme_fear",,,"flag_extreme_fear","157c34c51681","remora-1","warming_up",,,,,,,,
            "2024-03-01T05:00:00.000Z","2024-03-01T05:00:00.000Z",100,false,"no_entry",,,0.01037,0,"flag_extreme_fear",,,"flag_extreme_fear","157c34c51681","remora-1","warming_up",,,,,,,,
            """,
            await CsvAsync(store.Assessments.EachOf(Some.Btc, policy))
        );
        Assert.Equal(
            """
            "time","as_of","close","safe_to_trade","recommendation","risk_score","risk_class","risk_confidence","position_scale","blocked_by","regime","volatility","flags","policy_id","model","state","forecast_volatility_1h","forecast_volatility_4h","forecast_volatility_24h","forecast_percentile_1h","forecast_percentile_4h","forecast_percentile_24h","forecast_confidence","forecast_coefficients"
            "2024-03-01T00:05:00.000Z","2024-03-01T00:05:00.000Z",100,false,"no_entry",,,0,0,"flag_extreme_fear",,,"flag_extreme_fear","157c34c51681","remora-1","warming_up",,,,,,,,
            "2024-03-01T05:00:00.000Z","2024-03-01T05:00:00.000Z",100,false,"no_entry",,,0.01037,0,"flag_extreme_fear",,,"flag_extreme_fear","157c34c51681","remora-1","warming_up",,,,,,,,
            """,
            await CsvAsync(store.Assessments.EachOf(Some.Btc, policy, side: Side.Short))
        );
        Assert.Equal(
            """
            "time","assessments","blocked","safe_share","risk_mean","risk_min","risk_max","risk_p95","risk_last","part_volatility_mean","part_regime_mean","part_trend_strength_mean","part_momentum_mean","part_external_mean","volatility_mean","volatility_max","confidence_min","regime_last","close_last","regime_bull","regime_sideways","regime_bear","regime_choppy","regime_high_vol","regime_panic","stale"
            "2024-03-01T00:00:00Z",2,2,0,,,,,,,,,0.075,0.35,,,0,,100,0,0,0,0,0,0,0
            """,
            await CsvAsync(store.Assessments.HistoryOf(Some.Btc, policy, "1d"))
        );
        Assert.Equal(
            """
            "opened","open","high","low","close","volume"
            "2024-03-01T00:00:00.000Z",1.5,3,1,2.25,0.1
            """,
            await CsvAsync(store.Candles.Of(Some.Btc))
        );
        Assert.Equal(
            """
            "time","route","pair","calls","unchanged","refused","errors","microseconds_mean","microseconds_max","microseconds_p50","microseconds_p95","microseconds_p99","queries","results"
            "2024-03-01T00:00:00Z","/api/v1/risk","BTC/USDT",1,1,0,0,1234567,1234567,1234567,1234567,1234567,1,1
            """,
            await CsvAsync(store.Requests.Traffic("1h"))
        );
    }

    /// <summary>JSON has the names of files.</summary>
    [Fact]
    public void Returned_rows_have_a_property_for_each_column() =>
        Assert.Equal(
            AssessmentColumns.Rows.Select(column => column.Name),
            typeof(AssessmentRow)
                .GetProperties()
                .Select(property => JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name))
        );

    [Fact]
    public async Task A_file_of_assessments_has_these_types()
    {
        using var scratch = new Scratch();
        var rows = new StringBuilder(AssessmentCsv.Header + "\n");
        foreach (var assessment in Assessments())
            AssessmentCsv.Append(rows, assessment);
        await File.WriteAllTextAsync(scratch.PathOf("rows.csv"), rows.ToString());
        var client = await engine.NewDatabaseAsync();
        // A folder that the confined engine can read
        var path = Path.Combine(engine.Folder, Guid.NewGuid().ToString("N") + ".parquet");
        await AssessmentRows.ConvertAsync(client, scratch.PathOf("rows.csv"), path);
        var types = (await TextAsync(client, $"DESCRIBE file('{path}', 'Parquet') FORMAT TSV"))
            .Split('\n')
            .Select(line => string.Join(' ', line.Split('\t')[..2]));
        Assert.Equal(
            """
            date DateTime64(3, \'UTC\')
            as_of DateTime64(3, \'UTC\')
            close Nullable(Float64)
            safe_to_trade Bool
            recommendation String
            risk_score Nullable(Float64)
            risk_class Nullable(String)
            risk_confidence Nullable(Float64)
            position_scale Nullable(Float64)
            blocked_by String
            regime Nullable(String)
            regime_since Nullable(DateTime64(3, \'UTC\'))
            volatility Nullable(Float64)
            volatility_classification Nullable(String)
            trend_classification Nullable(String)
            momentum_classification Nullable(String)
            risk_volatility Nullable(Float64)
            risk_regime Nullable(Float64)
            risk_trend_strength Nullable(Float64)
            risk_momentum Nullable(Float64)
            risk_external Nullable(Float64)
            flags String
            atr_ratio Nullable(Float64)
            rsi Nullable(Float64)
            adx Nullable(Float64)
            day_return Nullable(Float64)
            day_drawdown Nullable(Float64)
            gaps Int64
            policy String
            policy_id String
            model String
            state String
            forecast_volatility_1h Nullable(Float64)
            forecast_volatility_4h Nullable(Float64)
            forecast_volatility_24h Nullable(Float64)
            forecast_percentile_1h Nullable(Float64)
            forecast_percentile_4h Nullable(Float64)
            forecast_percentile_24h Nullable(Float64)
            forecast_confidence Nullable(Float64)
            forecast_coefficients Nullable(String)
            """,
            string.Join('\n', types)
        );
    }

    // Flat candles, so that every value is exact.
    private static List<Assessment> Assessments()
    {
        var remora = new RemoraEngine([RiskPolicy.Default], []);
        remora.Apply(MarketEvent.Observed(Some.Observation(Signal.FearGreed, 15, Some.Time)));
        var all = Enumerable
            .Range(0, 60)
            .Select(i =>
                remora.Apply(MarketEvent.Closed(Some.Btc, Some.Flat(Some.Time + TimeSpan.FromMinutes(5 * i))))!
            )
            .ToList();
        return [all[0], all[^1]];
    }

    private async Task<MarketStore> FilledAsync()
    {
        var store = await engine.NewStoreAsync();
        using var scratch = new Scratch();
        await using var recorded = new Recorded(store, Recorded.Options(scratch.Folder));
        foreach (var assessment in Assessments())
            recorded.Recorder.Assessment(assessment);
        recorded.Recorder.Candle(Some.Btc, new(Some.Time, 1.5, 3, 1, 2.25, 0.1));
        recorded.Recorder.Observation(
            Some.Observation(Signal.FundingRate, 0.0001, Some.Time, "BTC") with
            {
                KnowableAt = Some.Time + TimeSpan.FromMinutes(1),
            }
        );
        recorded.Recorder.Request(
            new(Some.Time, "/api/v1/risk", "BTC/USDT", 1, ulong.MaxValue, true, 304, 1_234_567, "key")
        );
        await recorded.FlushAsync();
        return store;
    }

    private static async Task<string> CsvAsync<T>(StoreQuery<T> query) =>
        await ReadAsync(await query.StreamAsync(StoreFormat.Csv));

    private static async Task<string> TextAsync(ClickHouseClient client, string sql) =>
        await ReadAsync(
            await client.StreamAsync(
                sql[..sql.IndexOf(" FORMAT", StringComparison.Ordinal)],
                sql[(sql.IndexOf("FORMAT ", StringComparison.Ordinal) + 7)..],
                new() { Settings = new Dictionary<string, string> { ["date_time_output_format"] = "iso" } }
            )
        );

    private static async Task<string> ReadAsync(Stream stream)
    {
        using var reader = new StreamReader(stream);
        return (await reader.ReadToEndAsync()).TrimEnd('\n');
    }
}
