using System.Globalization;
using System.Text.Json;
using Remora.Cli.Tests.Store;
using Remora.ClickHouse.Embedded;

namespace Remora.Cli.Tests;

/// <summary>
/// Tests history and candle files in all formats, and built history in the store.
/// </summary>
[Trait("speed", "slow")]
public sealed class HistoryFilesTests : IDisposable
{
    private const int Days = 10; // the warm-up takes six
    private static readonly string[] Lists = ["blocked_by", "flags"]; // empty for a list without items
    private readonly TemporaryFolder _folder = new();
    private readonly string _candles;

    public HistoryFilesTests() => _candles = _folder.Write("candles.csv", Tapes.ToCsv(Tapes.Days(Days)));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Parquet_and_feather_contain_the_typed_rows_of_the_csv()
    {
        await RunAsync(
            "history",
            "build",
            "--candles",
            $"BTC/USDT={_candles}",
            "--to",
            _folder.File("h"),
            "--format",
            "csv",
            "--format",
            "parquet",
            "--format",
            "feather"
        );
        Assert.Equal(
            ["BTC_USDT-history.csv", "BTC_USDT-history.feather", "BTC_USDT-history.parquet"],
            Directory.GetFiles(_folder.File("h")).Select(Path.GetFileName).Order(StringComparer.Ordinal)
        );
        var lines = (await File.ReadAllLinesAsync(PathOf("csv"))).Select(line => line.Split(',')).ToArray();
        Assert.Equal((Days * 288) + 1, lines.Length);

        await using var engine = await EmbeddedEngine.StartAsync(
            new() { Folder = _folder.File("engine"), ReadFolders = [_folder.Path] }
        );
        foreach (var (ending, format) in new[] { ("parquet", "Parquet"), ("feather", "Arrow") })
        {
            var types = (await TextAsync(engine, $"DESCRIBE file('{PathOf(ending)}', '{format}') FORMAT TSV"))
                .Select(line => line.Split('\t')[..2])
                .ToArray();
            Assert.Equal(lines[0], types.Select(type => type[0]));
            Assert.All(types, type => Assert.Contains(Expected(type[0]), type[1], StringComparison.Ordinal));

            var rows = await TextAsync(
                engine,
                $"SELECT * FROM file('{PathOf(ending)}', '{format}') FORMAT JSONCompactEachRow SETTINGS "
                    + $"date_time_output_format = 'iso', max_threads = 1"
            );
            Assert.Equal(lines.Length - 1, rows.Length);
            Assert.Contains("null", rows[0], StringComparison.Ordinal); // during the warm-up
            for (var i = 0; i < rows.Length; i++)
                Same(lines[0], lines[i + 1], JsonDocument.Parse(rows[i]).RootElement);
        }
        string PathOf(string ending) => Path.Combine(_folder.File("h"), "BTC_USDT-history." + ending);
    }

    [Theory]
    [InlineData("parquet")]
    [InlineData("feather")]
    public async Task Candles_of_every_format_equal_the_csv(string ending)
    {
        var (other, format) = (_folder.File("candles." + ending), ending == "parquet" ? "Parquet" : "Arrow");
        await using (
            var engine = await EmbeddedEngine.StartAsync(
                new() { Folder = _folder.File("engine"), ReadFolders = [_folder.Path] }
            )
        )
        {
            // As Freqtrade writes them: a date with a time zone, and the five values.
            await using var bytes = await engine.Client.StreamAsync(
                $"SELECT fromUnixTimestamp64Milli(timestamp, 'UTC') AS date, open, high, low, close, volume FROM "
                    + $"file('{_candles}', 'CSVWithNames', 'timestamp Int64, open Float64, high Float64, low Float64, "
                    + $"close Float64, volume Float64') SETTINGS precise_float_parsing = 1, max_threads = 1",
                format
            );
            await using var file = File.Create(other);
            await bytes.CopyToAsync(file);
        }
        string[] replay = ["--pair", "BTC/USDT", "--to"];
        await RunAsync(["replay", _candles, .. replay, _folder.File("a.csv")]);
        await RunAsync(["replay", other, .. replay, _folder.File("b.csv")]);
        Assert.Equal(
            await File.ReadAllTextAsync(_folder.File("a.csv")),
            await File.ReadAllTextAsync(_folder.File("b.csv"))
        );

        string[] backtest = ["backtest", "--strategy", "MACDCross", "--gate", "remora-1", "--json", "--candles"];
        var figures = await RunAsync([.. backtest, _candles, "--trades", _folder.File("trades.csv")]);
        Assert.Equal(figures, await RunAsync([.. backtest, other]));

        // The default policy needs more than these days before it can judge.
        string[] judge = ["judge", _folder.File("trades.csv"), "--policy", "remora-1", "--json", "--candles"];
        Assert.Equal(
            await RunAsync([.. judge, $"BTC/USDT={_candles}"]),
            await RunAsync([.. judge, $"BTC/USDT={other}"])
        );

        var from = Tapes.Days(Days)[0].OpenTime;
        string Study(string candles) =>
            _folder.Write(
                $"{Path.GetExtension(candles)[1..]}.json",
                $$"""
                {"name":"s","markets":[{"pair":"BTC/USDT","candles":"{{Path.GetFileName(
                    candles
                )}}"}],"periods":[{"name":"p","from":"{{from}}","to":"{{from + TimeSpan.FromDays(Days)}}"}],
                 "strategies":["MACDCross"],"shifts":20,"walk_forward_shifts":5,"resamples":20}
                """
            );
        Assert.Equal(
            await RunAsync("study", Study(_candles), "--data", _folder.Path),
            await RunAsync("study", Study(other), "--data", _folder.Path)
        );
    }

    [Fact]
    public async Task Rebuilt_history_is_stored_once_and_returned()
    {
        await using var store = await StoreHost.StartAsync();
        string[] build = ["history", "build", "--candles", $"BTC/USDT={_candles}", "--store", "--data", store.Data];
        await RunAsync([.. build, "--from", Tapes.Days(Days)[288].OpenTime.ToString()]);
        const string count = "SELECT count(), uniqExact(as_of), min(assessed_at = as_of) FROM assessments FORMAT CSV";
        Assert.Equal($"{(Days - 1) * 288},{(Days - 1) * 288},1", (await store.RunAsync(count)).Trim());

        var (_, _, messages) = await RemoraProcess.RunAsync(build); // only the first day is missing
        Assert.Contains($"288 rows of BTC/USDT added to the store, {(Days - 1) * 288} already present", messages);
        (_, _, messages) = await RemoraProcess.RunAsync(build);
        Assert.Contains($"0 rows of BTC/USDT added to the store, {Days * 288} already present", messages);
        Assert.Equal($"{Days * 288},{Days * 288},1", (await store.RunAsync(count)).Trim());

        // The rollups are the same as for live assessments, and complete responses are the same as
        // in a replay.
        await RunAsync(
            "history",
            "export",
            "--pair",
            "BTC/USDT",
            "--to",
            _folder.File("hours.csv"),
            "--data",
            store.Data
        );
        // The first hours have no score
        Assert.DoesNotContain("\\N", await File.ReadAllTextAsync(_folder.File("hours.csv")), StringComparison.Ordinal);
        Assert.Contains(",,", await File.ReadAllTextAsync(_folder.File("hours.csv")), StringComparison.Ordinal);
        var hours = (await File.ReadAllLinesAsync(_folder.File("hours.csv")))[1..];
        Assert.Equal(Days * 288, hours.Sum(row => int.Parse(row.Split(',')[1], CultureInfo.InvariantCulture)));
        await RunAsync("replay", _candles, "--pair", "BTC/USDT", "--to", _folder.File("answers.jsonl"));
        Assert.Equal(
            await File.ReadAllTextAsync(_folder.File("answers.jsonl")),
            await store.RunAsync("SELECT answer FROM assessments ORDER BY assessed_at FORMAT TSVRaw")
        );
    }

    [Theory]
    [InlineData("no output: use --to FOLDER for files, --store for the store, or both")]
    [InlineData("--format requires --to FOLDER", "--store", "--format", "csv")]
    [InlineData("--side requires --to FOLDER; the store receives both sides", "--store", "--side", "short")]
    [InlineData("only with --store", "--to", "x", "--data", "y")]
    [InlineData("'xlsx'", "--to", "x", "--format", "xlsx")]
    public async Task Contradicting_options_are_rejected(string complaint, params string[] options)
    {
        var (exit, _, errors) = await RemoraProcess.RunAsync([
            "history",
            "build",
            "--candles",
            $"BTC/USDT={_candles}",
            .. options,
        ]);
        Assert.Equal(2, exit);
        Assert.Contains(complaint, errors);
    }

    [Theory]
    [InlineData("broken.parquet", "no parquet", "cannot be read as candles")]
    [InlineData("none.feather", null, "cannot be read")]
    public async Task A_file_that_cannot_be_read_is_named(string name, string? content, string complaint)
    {
        if (content is not null)
            _folder.Write(name, content);
        var (exit, _, errors) = await RemoraProcess.RunAsync(
            "replay",
            _folder.File(name),
            "--pair",
            "BTC/USDT",
            "--to",
            _folder.File("out.csv")
        );
        Assert.Equal(2, exit);
        Assert.Contains(name, errors);
        Assert.Contains(complaint, errors);
        Assert.False(File.Exists(_folder.File("out.csv")));
    }

    // Compares a CSV field with a value. Empty is null for an unknown value, and empty text for an
    // empty list.
    private static void Same(string[] names, string[] fields, JsonElement row)
    {
        for (var i = 0; i < names.Length; i++)
        {
            var value = row[i];
            switch (value.ValueKind)
            {
                case JsonValueKind.Null:
                    Assert.Equal("", fields[i]);
                    break;
                case JsonValueKind.Number:
                    Assert.Equal(double.Parse(fields[i], CultureInfo.InvariantCulture), value.GetDouble());
                    break;
                case JsonValueKind.String when Expected(names[i]) == "DateTime":
                    Assert.Equal(
                        DateTimeOffset.Parse(fields[i], CultureInfo.InvariantCulture),
                        value.GetDateTimeOffset()
                    );
                    break;
                case JsonValueKind.String:
                    Assert.Equal(fields[i], value.GetString());
                    if (fields[i].Length == 0)
                        Assert.Contains(names[i], Lists);
                    break;
                default:
                    Assert.Equal(fields[i], value.GetBoolean() ? "true" : "false");
                    break;
            }
        }
    }

    private static string Expected(string column) =>
        column switch
        {
            "date" or "as_of" or "regime_since" => "DateTime",
            "safe_to_trade" => "Bool",
            "gaps" => "Int64",
            "recommendation"
            or "risk_class"
            or "blocked_by"
            or "regime"
            or "flags"
            or "policy"
            or "policy_id"
            or "model"
            or "state"
            or "forecast_coefficients" => "String",
            _ when column.EndsWith("_classification", StringComparison.Ordinal) => "String",
            _ => "Float64",
        };

    private static async Task<string[]> TextAsync(EmbeddedEngine engine, string sql)
    {
        using var text = new StreamReader(await engine.Client.StreamAsync(sql, "TSV"));
        return (await text.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static async Task<string> RunAsync(params string[] arguments)
    {
        var (exit, output, errors) = await RemoraProcess.RunAsync(arguments);
        Assert.True(exit == 0, errors);
        return output;
    }
}
