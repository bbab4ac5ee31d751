using System.IO.Compression;
using System.Text.Json;
using Remora.Backtest.Data;
using Remora.Backtest.Trading;
using Remora.Markets;

namespace Remora.Backtest.Freqtrade;

/// <summary>
/// Reads Freqtrade's exported backtest results: the current zip, or the JSON file of 2020 and
/// later. The list format of 2019 has no prices and is refused.
/// </summary>
public static class FreqtradeExport
{
    /// <summary>Reads all strategies of an export.</summary>
    /// <exception cref="BacktestException">The file is not such an export; the message states what
    /// it is.</exception>
    public static IReadOnlyList<ExportedRun> Read(string path) => Read(path, TradeFile.MaxBytes);

    internal static IReadOnlyList<ExportedRun> Read(string path, long maxBytes)
    {
        try
        {
            return Parse(Load(path, maxBytes), ExchangeOf(path));
        }
        catch (JsonException e)
        {
            throw new BacktestException($"{path}: not valid JSON (line {e.LineNumber + 1})", e);
        }
        catch (Exception e)
            when (e is FormatException or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new BacktestException($"{path}: {e.Message}", e);
        }
    }

    private static ReadOnlyMemory<byte> Load(string path, long maxBytes)
    {
        using var file = File.OpenRead(path);
        Span<byte> magic = stackalloc byte[2];
        var zipped = file.ReadAtLeast(magic, 2, throwOnEndOfStream: false) == 2 && magic is [(byte)'P', (byte)'K'];
        file.Position = 0;
        if (!zipped)
            return ReadAll(file, file.Length, maxBytes);
        using var archive = new ZipArchive(file);
        // The zip can also contain the configuration, the strategy and the market change.
        var stem = Path.GetFileNameWithoutExtension(path);
        var entry =
            archive.Entries.FirstOrDefault(e => e.Name == stem + ".json")
            ?? archive.Entries.FirstOrDefault(e => e.Name.EndsWith(".json") && !e.Name.EndsWith("_config.json"))
            ?? throw new FormatException("the zip contains no results file (.json)");
        using var inner = entry.Open();
        return ReadAll(inner, entry.Length, maxBytes);
    }

    /// <summary>
    /// Reads a stream to its end. The stated length of a zip entry can be wrong, so the bytes read
    /// are counted.
    /// </summary>
    private static ReadOnlyMemory<byte> ReadAll(Stream stream, long statedLength, long maxBytes)
    {
        if (statedLength > maxBytes)
            throw new InvalidDataException(BoundedStream.TooLarge(maxBytes));
        using var bounded = new BoundedStream(stream, maxBytes);
        using var content = new MemoryStream();
        bounded.CopyTo(content);
        return content.GetBuffer().AsMemory(0, (int)content.Length);
    }

    /// <summary>
    /// Returns the exchange of the configuration in the zip; null if it is not stated.
    /// </summary>
    private static string? ExchangeOf(string path)
    {
        const int MostBytes = 16 << 20;
        try
        {
            using var archive = ZipFile.OpenRead(path);
            if (archive.Entries.FirstOrDefault(e => e.Name.EndsWith("_config.json")) is not { } entry)
                return null;
            using var inner = entry.Open();
            using var document = JsonDocument.Parse(ReadAll(inner, entry.Length, MostBytes));
            return
                document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("exchange", out var exchange)
                && exchange.ValueKind == JsonValueKind.Object
                ? Text(exchange, "name")
                : null;
        }
        catch (Exception e) when (e is InvalidDataException or JsonException)
        {
            return null; // not a zip, or without a configuration that can be read
        }
    }

    private static List<ExportedRun> Parse(ReadOnlyMemory<byte> json, string? exchange)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        if (root.ValueKind == JsonValueKind.Array)
            throw new FormatException(
                "this is the list format of Freqtrade versions until 2019; run the backtest again with a newer "
                    + "Freqtrade (2021 or later)"
            );
        if (
            root.ValueKind != JsonValueKind.Object
            || !root.TryGetProperty("strategy", out var strategies)
            || strategies.ValueKind != JsonValueKind.Object
        )
            throw new FormatException("not a Freqtrade backtest result: expected an object with 'strategy'");
        return [.. strategies.EnumerateObject().Select(s => Run(s.Name, s.Value, exchange))];
    }

    private static ExportedRun Run(string name, JsonElement strategy, string? exchange)
    {
        var trades = Field(strategy, "trades", JsonValueKind.Array)
            .EnumerateArray()
            .Select((trade, number) => TradeOf(trade, number) with { Exchange = exchange })
            .ToArray();
        var start = Number(strategy, "starting_balance");
        var (from, to) = (Time(strategy, "backtest_start_ts"), Time(strategy, "backtest_end_ts"));
        if (to < from)
            throw new FormatException($"'backtest_end_ts' ({to}) is before 'backtest_start_ts' ({from})");
        return new(name, trades, start, from, to, Timeframe(strategy), Figures(strategy));
    }

    /// <summary>Reads a closed trade as Freqtrade writes it in exports and sends it.</summary>
    /// <exception cref="FormatException">It is not such a trade.</exception>
    internal static Trade TradeOf(JsonElement trade, int number)
    {
        try
        {
            var stake = Number(trade, "stake_amount");
            var ratio =
                Optional(trade, "profit_ratio")
                ?? Optional(trade, "profit_percent")
                ?? throw new FormatException("'profit_ratio' is missing");
            var (open, close) = (TradeTime(trade, "open"), TradeTime(trade, "close"));
            if (close < open)
                throw new FormatException($"it closes ({close}) before it opens ({open})");
            return new(
                Text(trade, "pair"),
                open,
                close,
                Number(trade, "open_rate"),
                Number(trade, "close_rate"),
                Number(trade, "amount"),
                stake,
                ratio,
                Optional(trade, "profit_abs") ?? (stake * ratio),
                Text(trade, "exit_reason") ?? Text(trade, "sell_reason") ?? "",
                trade.TryGetProperty("is_short", out var isShort) && isShort.ValueKind == JsonValueKind.True
            )
            {
                Exchange = Text(trade, "exchange"),
                Tag = (Text(trade, "enter_tag") ?? Text(trade, "buy_tag")) is { Length: > 0 } tag ? tag : null,
                Additions = Additions(trade),
            };
        }
        catch (FormatException e)
        {
            throw new FormatException($"trade {number + 1}: {e.Message}", e);
        }
    }

    private static TradeAddition[]? Additions(JsonElement trade) =>
        trade.TryGetProperty("orders", out var orders) && orders.ValueKind == JsonValueKind.Array
            ?
            [
                .. orders
                    .EnumerateArray()
                    .Where(order =>
                        order.TryGetProperty("ft_is_entry", out var entry) && entry.ValueKind == JsonValueKind.True
                    )
                    .Where(order => Optional(order, "order_filled_timestamp") > 0 && Filled(order) > 0)
                    .Select(order => new TradeAddition(
                        TradeFile.Time(Number(order, "order_filled_timestamp"), "order_filled_timestamp"),
                        Number(order, "safe_price"),
                        Filled(order)
                    ))
                    .OrderBy(order => order.Time)
                    .Skip(1),
            ]
            : null;

    private static double Filled(JsonElement order) => Optional(order, "filled") ?? Number(order, "amount");

    /// <summary>Returns every figure of the run that is a finite number.</summary>
    private static SortedDictionary<string, double> Figures(JsonElement strategy)
    {
        var figures = new SortedDictionary<string, double>(StringComparer.Ordinal);
        foreach (var field in strategy.EnumerateObject())
        {
            if (field.Value.ValueKind != JsonValueKind.Number)
                continue;
            var figure = field.Value.GetDouble();
            if (double.IsFinite(figure))
                figures[field.Name] = figure;
        }
        return figures;
    }

    private static Timeframe? Timeframe(JsonElement strategy) =>
        Markets.Timeframe.TryParse(Text(strategy, "timeframe"), out var timeframe) ? timeframe : null;

    private static Instant TradeTime(JsonElement trade, string which)
    {
        var name = which + "_timestamp";
        if (Optional(trade, name) is { } milliseconds)
            return TradeFile.Time(milliseconds, name);
        if (Text(trade, which + "_date") is not { } date)
            throw new FormatException($"'{name}' is missing");
        return Instant.TryParse(date, out var time) && TradeFile.IsTime(time)
            ? time
            : throw new FormatException($"'{which}_date' is '{date}': expected {TradeFile.TimesInWords}");
    }

    private static Instant Time(JsonElement strategy, string name)
    {
        var number = Number(strategy, name);
        // The earliest files use seconds.
        return TradeFile.Time(number < 1e11 ? number * 1000 : number, name);
    }

    private static JsonElement Field(JsonElement owner, string name, JsonValueKind kind) =>
        owner.ValueKind == JsonValueKind.Object && owner.TryGetProperty(name, out var field) && field.ValueKind == kind
            ? field
            : throw new FormatException($"'{name}' is missing");

    private static double Number(JsonElement owner, string name) =>
        Finite(Field(owner, name, JsonValueKind.Number), name);

    private static double? Optional(JsonElement owner, string name) =>
        owner.TryGetProperty(name, out var field) && field.ValueKind == JsonValueKind.Number
            ? Finite(field, name)
            : null;

    private static double Finite(JsonElement number, string name)
    {
        var value = number.GetDouble();
        return double.IsFinite(value) ? value : throw new FormatException($"'{name}' is too large for a number");
    }

    private static string? Text(JsonElement owner, string name) =>
        owner.TryGetProperty(name, out var field) && field.ValueKind == JsonValueKind.String ? field.GetString() : null;
}

/// <summary>One strategy's run in an export.</summary>
/// <param name="Strategy">The strategy's name.</param>
/// <param name="Trades">Its trades.</param>
/// <param name="StartingBalance">Balance at the start, in money; NaN if it is not stated.</param>
/// <param name="From">The start of the run.</param>
/// <param name="To">The end of the run.</param>
/// <param name="Timeframe">The timeframe of its candles; null when the file does not state
/// it.</param>
/// <param name="Figures">The figures that Freqtrade states, by Freqtrade's names.</param>
public sealed record ExportedRun(
    string Strategy,
    IReadOnlyList<Trade> Trades,
    double StartingBalance,
    Instant From,
    Instant To,
    Timeframe? Timeframe,
    IReadOnlyDictionary<string, double> Figures
)
{
    /// <summary>The number of trades that are still open. They are not among the trades.</summary>
    public int OpenTrades { get; init; }

    /// <summary>What the source does not state, in sentences.</summary>
    public IReadOnlyList<string> Unknown { get; init; } = [];
}
