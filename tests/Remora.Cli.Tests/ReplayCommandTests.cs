using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Remora.Csv;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Cli.Tests;

public sealed class ReplayCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Writes_a_row_per_candle_and_nothing_on_standard_output()
    {
        var candles = Tapes.Days(10);
        var file = _folder.Write("candles.csv", Tapes.ToCsv(candles));
        var (exit, output, errors) = await RemoraProcess.RunAsync(
            "replay",
            file,
            "--pair",
            "BTC/USDT",
            "--to",
            _folder.File("out.csv")
        );

        Assert.True(exit == 0, errors);
        Assert.Equal("", output);
        var rows = await File.ReadAllLinesAsync(_folder.File("out.csv"));
        Assert.Equal(AssessmentCsv.Header, rows[0]);
        Assert.Equal(ExpectedRows(candles), rows[1..]);
    }

    [Fact]
    public async Task Json_lines_contain_complete_assessments_and_gzip_is_supported()
    {
        var candles = Tapes.Days(2);
        var file = _folder.File("candles.gz");
        await using (var zip = new GZipStream(File.Create(file), CompressionLevel.Fastest))
            zip.Write(Encoding.UTF8.GetBytes(Tapes.ToCsv(candles)));

        var (exit, _, errors) = await RemoraProcess.RunAsync(
            "replay",
            file,
            "--pair",
            "btc/usdt",
            "--to",
            _folder.File("out.jsonl")
        );
        Assert.True(exit == 0, errors);
        var engine = EngineWithDates();
        var expected = candles.Select(c =>
            JsonSerializer.Serialize(engine.Apply(MarketEvent.Closed(Tapes.Market, c)), RemoraJson.Options)
        );
        Assert.Equal(expected, await File.ReadAllLinesAsync(_folder.File("out.jsonl")));

        (exit, _, errors) = await RemoraProcess.RunAsync(
            "replay",
            file,
            "--pair",
            "BTC/USDT",
            "--to",
            _folder.File("out.csv.gz")
        );
        Assert.True(exit == 0, errors);
        using var text = new StreamReader(
            new GZipStream(File.OpenRead(_folder.File("out.csv.gz")), CompressionMode.Decompress)
        );
        Assert.Equal(AssessmentCsv.Header, await text.ReadLineAsync());
    }

    [Fact]
    public async Task A_calendar_raises_flag_and_forecast_and_none_leaves_out_all_events()
    {
        var file = _folder.Write("candles.csv", Tapes.ToCsv(Tapes.Days(3)));
        var calendar = _folder.Write(
            "calendar.csv",
            "time,announced,kind,name\n2025-02-28T18:00:00Z,2025-02-01,fomc,rate decision\n"
        );
        var with = await RowsAsync(calendar);
        var without = await RowsAsync("none");
        // 24 hours before the event, the horizon ends where it begins.
        Assert.Equal(1, Volatility(with, "2025-02-27T18:00:00Z") / Volatility(without, "2025-02-27T18:00:00Z"));
        Assert.InRange(
            Volatility(with, "2025-02-27T18:05:00Z") / Volatility(without, "2025-02-27T18:05:00Z"),
            1.1,
            1.3
        );
        Assert.Equal("2026-12-31", Known(with).GetString());
        Assert.Equal(JsonValueKind.Null, Known(without).ValueKind);
        Assert.Equal(
            (JsonValueKind.False, JsonValueKind.True, JsonValueKind.Null),
            (
                Flag(with, "2025-02-28T15:00:00Z"),
                Flag(with, "2025-02-28T17:00:00Z"),
                Flag(without, "2025-02-28T17:00:00Z")
            )
        );

        await File.WriteAllTextAsync(calendar, "time,announced,kind,name\n2025-02-28T18:00:00Z,2025-02-01,rates,x\n");
        var (exit, _, errors) = await RemoraProcess.RunAsync(
            "backtest",
            "--strategy",
            "MACDCross",
            "--candles",
            file,
            "--calendar",
            calendar
        );
        Assert.Equal(2, exit);
        Assert.Contains($"{calendar}, line 2: kind is 'rates', expected one of", errors, StringComparison.Ordinal);

        async Task<Dictionary<string, JsonElement>> RowsAsync(string events)
        {
            var to = _folder.File("out.jsonl");
            var (exit, _, errors) = await RemoraProcess.RunAsync(
                "replay",
                file,
                "--pair",
                "BTC/USDT",
                "--to",
                to,
                "--calendar",
                events
            );
            Assert.True(exit == 0, errors);
            return File.ReadLines(to)
                .Select(line => JsonElement.Parse(line))
                .ToDictionary(row => row.GetProperty("as_of").GetString()!);
        }

        static double Volatility(Dictionary<string, JsonElement> rows, string at) =>
            rows[at]
                .GetProperty("forecast")
                .GetProperty("horizons")
                .GetProperty("24h")
                .GetProperty("volatility")
                .GetDouble();

        static JsonElement Known(Dictionary<string, JsonElement> rows) =>
            rows["2025-02-28T17:00:00Z"].GetProperty("forecast").GetProperty("calendar_known_until");

        static JsonValueKind Flag(Dictionary<string, JsonElement> rows, string at) =>
            rows[at].GetProperty("event_flags").GetProperty("flag_scheduled_event").ValueKind;
    }

    [Fact]
    public async Task From_and_until_select_rows_after_a_full_warm_up()
    {
        var candles = Tapes.Days(3);
        var file = _folder.Write("candles.csv", Tapes.ToCsv(candles));
        var from = candles[300].OpenTime;
        var until = candles[400].OpenTime;
        var (exit, _, errors) = await RemoraProcess.RunAsync(
            "replay",
            file,
            "--pair",
            "BTC/USDT",
            "--to",
            _folder.File("out.csv"),
            "--from",
            from.ToString(),
            "--until",
            until.ToString()
        );
        Assert.True(exit == 0, errors);
        Assert.Equal(ExpectedRows(candles)[300..400], (await File.ReadAllLinesAsync(_folder.File("out.csv")))[1..]);
    }

    [Fact]
    public async Task The_short_side_differs_only_in_the_assessed_side()
    {
        var candles = Tapes.Days(10);
        var file = _folder.Write("candles.csv", Tapes.ToCsv(candles));
        var (exit, _, errors) = await RemoraProcess.RunAsync(
            "replay",
            file,
            "--pair",
            "BTC/USDT",
            "--side",
            "short",
            "--policy",
            "remora-1",
            "--to",
            _folder.File("out.csv")
        );
        Assert.True(exit == 0, errors);

        var engine = EngineWithDates(RiskPolicy.Default);
        var rows = new StringBuilder();
        foreach (var candle in candles)
        {
            var assessment = engine.Apply(MarketEvent.Closed(Tapes.Market, candle))!;
            AssessmentCsv.Append(rows, assessment.At(assessment.AssessedAt, Side.Short));
        }
        Assert.Equal(
            rows.ToString().TrimEnd('\n').Split('\n'),
            (await File.ReadAllLinesAsync(_folder.File("out.csv")))[1..]
        );
        Assert.NotEqual(ExpectedRows(candles, RiskPolicy.Default), rows.ToString().TrimEnd('\n').Split('\n'));
    }

    [Theory]
    [InlineData(
        "timestamp,open,high,low,close,volume\n1571176500000,1,2,0.5,x,1\n",
        "line 2: 'x' is not a number for 'close'"
    )]
    [InlineData(
        "timestamp,open,high,low,close,volume\n1571176500000,1,2,3,1,1\n1571176800000,1,2,1,1,1\n",
        "line 2: high is not the highest price or low not the lowest"
    )]
    [InlineData(
        "timestamp,open,high,low,close,volume\n1571176500000,1,2,1,1,1\n1571176800000,-1,2,1,1,1\n",
        "line 3: a price is 0 or negative"
    )]
    [InlineData(
        "timestamp,open,high,low,close,volume\n1571176800000,1,2,1,1,1\n1571176500000,1,2,1,1,1\n",
        "line 3: the time 2019-10-15T21:55:00Z is not later"
    )]
    [InlineData("timestamp,open,high,low,close,volume\n1571176500000,1,2\n", "line 2: expected 6 columns, found 3")]
    [InlineData("time,open,high,low,volume\n", "line 1: the header has no column 'close'")]
    [InlineData("a,b\n", "line 1: the header has no time column")]
    [InlineData("timestamp,open,high,low,close,volume\n", "line 1: the file has no candles")]
    [InlineData("", "line 1: the file has no candles")]
    [InlineData("timestamp,open,high,low,close,volume\n20191015,1,2,1,1,1\n", "line 2: '20191015' is not a time")]
    [InlineData(
        "timestamp,open,high,low,close,volume\n1571176500000,1,2,1,1,1\n",
        "the timeframe cannot be derived from the rows"
    )]
    [InlineData(
        "timestamp,open,high,low,close,volume\n1571176500000,1,2,1,1,1\n1571176500000,1,2,1,2,1\n",
        "line 3: the time"
    )]
    public async Task A_malformed_file_is_one_line_with_the_position_and_no_output(string content, string complaint)
    {
        var file = _folder.Write("candles.csv", content);
        var (exit, output, errors) = await RemoraProcess.RunAsync(
            "replay",
            file,
            "--pair",
            "BTC/USDT",
            "--to",
            _folder.File("out.csv")
        );
        Assert.Equal(2, exit);
        Assert.Equal("", output);
        Assert.Contains(complaint, errors);
        Assert.Single(errors.Split('\n'), line => line.StartsWith("remora: ", StringComparison.Ordinal));
        Assert.Equal([file], Directory.GetFiles(_folder.Path));
    }

    [Theory]
    [InlineData("--pair", "BTCUSDT", "'BTCUSDT' is not a pair: expected BASE/QUOTE")]
    [InlineData("--timeframe", "7m", "'7m' is unknown: expected one of 1m, 3m, 5m")]
    [InlineData("--from", "yesterday", "'yesterday' is not a time: expected ISO-8601")]
    [InlineData("--to", "out.xlsx", "expected a name that ends in .csv, .csv.gz, .jsonl, .parquet or .feather")]
    [InlineData("--policy", "missing.json", "missing.json")]
    public async Task An_invalid_option_is_named_with_the_allowed_values(string option, string value, string complaint)
    {
        var file = _folder.Write("candles.csv", Tapes.ToCsv(Tapes.Days(1)));
        var options = new Dictionary<string, string>
        {
            ["--pair"] = "BTC/USDT",
            ["--to"] = _folder.File("out.csv"),
            [option] = value,
        };
        var (exit, _, errors) = await RemoraProcess.RunAsync([
            "replay",
            file,
            .. options.SelectMany(o => new[] { o.Key, o.Value }),
        ]);
        Assert.Equal(2, exit);
        Assert.Contains(complaint, errors);
    }

    [Fact]
    public async Task Duplicate_rows_are_skipped_and_counted()
    {
        var candles = Tapes.Days(1);
        var file = _folder.Write(
            "candles.csv",
            Tapes.ToCsv(candles.SelectMany((c, i) => i % 100 == 50 ? [c, c] : new[] { c }))
        );
        var (exit, _, errors) = await RemoraProcess.RunAsync(
            "replay",
            file,
            "--pair",
            "BTC/USDT",
            "--to",
            _folder.File("out.csv")
        );
        Assert.Equal(0, exit);
        Assert.Contains("288 candles of 5m (3 duplicate rows skipped), 288 rows", errors);
    }

    /// <summary>Forecasts know the shipped dates without any option.</summary>
    private static RemoraEngine EngineWithDates(RiskPolicy? policy = null)
    {
        var engine = policy is null ? new RemoraEngine() : new([policy], []);
        engine.Apply(MarketEvent.Dated(ShippedCalendar.Dates));
        return engine;
    }

    private static string[] ExpectedRows(IReadOnlyList<Candle> candles, RiskPolicy? policy = null)
    {
        var engine = EngineWithDates(policy);
        var rows = new StringBuilder();
        foreach (var candle in candles)
            AssessmentCsv.Append(rows, engine.Apply(MarketEvent.Closed(Tapes.Market, candle))!);
        return rows.ToString().TrimEnd('\n').Split('\n');
    }
}
