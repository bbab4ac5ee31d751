using System.IO.Compression;
using System.Text.Json;
using Remora.Backtest.Trading;
using Remora.Markets;

namespace Remora.Backtest.Freqtrade;

/// <summary>Reads Freqtrade's exported backtest results: the zip of today or the JSON file of 2020 and later. The list of 2019 has no prices to judge by and is refused.</summary>
public static class FreqtradeExport
{
    /// <summary>Reads all strategies of an export.</summary>
    /// <exception cref="BacktestException">The file is not such an export; the message says what it is instead.</exception>
    public static IReadOnlyList<ExportedRun> Read(string path)
    {
        try
        {
            return Parse(Load(path));
        }
        catch (JsonException e)
        {
            throw new BacktestException($"{path}: not valid JSON (line {e.LineNumber + 1})", e);
        }
        catch (Exception e) when (e is FormatException or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new BacktestException($"{path}: {e.Message}", e);
        }
    }

    private static byte[] Load(string path)
    {
        using var file = File.OpenRead(path);
        Span<byte> magic = stackalloc byte[2];
        var zipped = file.ReadAtLeast(magic, 2, throwOnEndOfStream: false) == 2 && magic is [(byte)'P', (byte)'K'];
        file.Position = 0;
        using var content = new MemoryStream();
        if (!zipped)
        {
            file.CopyTo(content);
            return content.ToArray();
        }
        using var archive = new ZipArchive(file);
        // Beside the results there may be the configuration, the strategy and the market's change.
        var stem = Path.GetFileNameWithoutExtension(path);
        var entry = archive.Entries.FirstOrDefault(e => e.Name == stem + ".json")
            ?? archive.Entries.FirstOrDefault(e => e.Name.EndsWith(".json") && !e.Name.EndsWith("_config.json"))
            ?? throw new FormatException("there is no results file (.json) in the zip");
        using var inner = entry.Open();
        inner.CopyTo(content);
        return content.ToArray();
    }

    private static List<ExportedRun> Parse(byte[] json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        if (root.ValueKind == JsonValueKind.Array)
            throw new FormatException("this is the list format that Freqtrade wrote until 2019; run the backtest again with a newer Freqtrade (2021 or later)");
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("strategy", out var strategies) || strategies.ValueKind != JsonValueKind.Object)
            throw new FormatException("not a Freqtrade backtest result: expected an object with 'strategy'");
        return [.. strategies.EnumerateObject().Select(s => Run(s.Name, s.Value))];
    }

    private static ExportedRun Run(string name, JsonElement strategy)
    {
        var trades = Field(strategy, "trades", JsonValueKind.Array).EnumerateArray().Select(Trade).ToArray();
        var start = Number(strategy, "starting_balance");
        return new(name, trades, start, Time(strategy, "backtest_start_ts"), Time(strategy, "backtest_end_ts"), Timeframe(strategy), Figures(strategy));
    }

    private static Trade Trade(JsonElement trade, int number)
    {
        try
        {
            var stake = Number(trade, "stake_amount");
            var ratio = Optional(trade, "profit_ratio") ?? Optional(trade, "profit_percent") ?? throw new FormatException("'profit_ratio' is missing");
            return new(
                Text(trade, "pair"), TradeTime(trade, "open"), TradeTime(trade, "close"), Number(trade, "open_rate"), Number(trade, "close_rate"),
                Number(trade, "amount"), stake, ratio, Optional(trade, "profit_abs") ?? (stake * ratio), Text(trade, "exit_reason") ?? Text(trade, "sell_reason") ?? "",
                trade.TryGetProperty("is_short", out var isShort) && isShort.ValueKind == JsonValueKind.True);
        }
        catch (FormatException e)
        {
            throw new FormatException($"trade {number + 1}: {e.Message}", e);
        }
    }

    /// <summary>Every figure of the run that is a plain number.</summary>
    private static SortedDictionary<string, double> Figures(JsonElement strategy)
    {
        var figures = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var field in strategy.EnumerateObject())
            if (field.Value.ValueKind == JsonValueKind.Number) figures[field.Name] = field.Value.GetDouble();
        return figures;
    }

    private static Timeframe? Timeframe(JsonElement strategy) => Markets.Timeframe.TryParse(Text(strategy, "timeframe"), out var timeframe) ? timeframe : null;

    private static Instant TradeTime(JsonElement trade, string which)
    {
        if (Optional(trade, which + "_timestamp") is { } milliseconds) return new((long)milliseconds);
        return Instant.TryParse(Text(trade, which + "_date"), out var time) ? time : throw new FormatException($"'{which}_timestamp' is missing");
    }

    private static Instant Time(JsonElement strategy, string name)
    {
        var number = Number(strategy, name);
        return new((long)(number < 1e11 ? number * 1000 : number)); // seconds in the earliest files
    }

    private static JsonElement Field(JsonElement owner, string name, JsonValueKind kind) =>
        owner.ValueKind == JsonValueKind.Object && owner.TryGetProperty(name, out var field) && field.ValueKind == kind
            ? field
            : throw new FormatException($"'{name}' is missing");

    private static double Number(JsonElement owner, string name) => Field(owner, name, JsonValueKind.Number).GetDouble();

    private static double? Optional(JsonElement owner, string name) =>
        owner.TryGetProperty(name, out var field) && field.ValueKind == JsonValueKind.Number ? field.GetDouble() : null;

    private static string? Text(JsonElement owner, string name) =>
        owner.TryGetProperty(name, out var field) && field.ValueKind == JsonValueKind.String ? field.GetString() : null;
}

/// <summary>One strategy's run of an export.</summary>
/// <param name="Strategy">The strategy's name.</param>
/// <param name="Trades">Its trades.</param>
/// <param name="StartingBalance">Money at the start.</param>
/// <param name="From">Where the run begins.</param>
/// <param name="To">Where it ends.</param>
/// <param name="Timeframe">Its candles; null where the file does not say.</param>
/// <param name="Figures">The figures that Freqtrade states, under its names.</param>
public sealed record ExportedRun(
    string Strategy, IReadOnlyList<Trade> Trades, double StartingBalance, Instant From, Instant To, Timeframe? Timeframe, IReadOnlyDictionary<string, double> Figures);
