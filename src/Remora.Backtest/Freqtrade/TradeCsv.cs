using System.Globalization;
using Remora.Backtest.Data;
using Remora.Backtest.Trading;
using Remora.Csv;
using Remora.Markets;

namespace Remora.Backtest.Freqtrade;

/// <summary>
/// Reads and writes trades as CSV. All columns are written. Reading requires at least
/// <c>open_time</c>, <c>close_time</c> and <c>profit_ratio</c>, in any order. It also accepts
/// <c>open_date</c>, <c>close_date</c>, <c>pair</c>, <c>open_rate</c>, <c>close_rate</c>,
/// <c>amount</c>, <c>stake</c>, <c>profit</c>, <c>exit_reason</c>, <c>short</c> or
/// <c>is_short</c>, <c>enter_tag</c> and <c>exchange</c>. Without stake and profit, the profit in
/// money is unknown (NaN).
/// </summary>
public static class TradeCsv
{
    // The columns of written files.
    private static readonly string[] Columns =
    [
        "pair",
        "open_time",
        "close_time",
        "open_rate",
        "close_rate",
        "amount",
        "stake",
        "profit_ratio",
        "profit",
        "exit_reason",
        "short",
    ];

    /// <summary>Writes one row per trade.</summary>
    public static void Write(TextWriter writer, IEnumerable<Trade> trades)
    {
        using var csv = CsvOutput.To(writer);
        foreach (var name in Columns)
            csv.WriteField(name);
        csv.EndRecord();
        foreach (var trade in trades)
        {
            csv.WriteField(trade.Pair);
            csv.WriteField(trade.OpenTime.ToString());
            csv.WriteField(trade.CloseTime.ToString());
            double[] numbers =
            [
                trade.OpenRate,
                trade.CloseRate,
                trade.Amount,
                trade.Stake,
                trade.ProfitRatio,
                trade.Profit,
            ];
            foreach (var number in numbers)
                csv.WriteField(number);
            csv.WriteField(trade.ExitReason);
            csv.WriteField(trade.Short);
            csv.EndRecord();
        }
    }

    /// <summary>Reads trades.</summary>
    /// <exception cref="BacktestException">The file cannot be read; the message names file, line
    /// and problem.</exception>
    public static IReadOnlyList<Trade> Read(string path) => Read(path, TradeFile.MaxBytes);

    internal static IReadOnlyList<Trade> Read(string path, long maxBytes)
    {
        try
        {
            using var rows = new CsvRows(TextFile.Open(path, maxBytes));
            return Read(rows);
        }
        catch (Exception e)
            when (e is FormatException or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new BacktestException($"{path}: {e.Message}", e);
        }
    }

    private static List<Trade> Read(CsvRows rows)
    {
        if (!rows.Read())
            throw new CsvException(1, "the file is empty");
        var names = rows.ToArray();
        var open = Required(names, "open_time", "open_date");
        var close = Required(names, "close_time", "close_date");
        var ratio = Required(names, "profit_ratio");
        var trades = new List<Trade>();
        while (rows.Read())
        {
            if (rows.Count != names.Length)
                throw rows.Wrong($"expected {names.Length} columns, found {rows.Count}");
            var profitRatio = Number(ratio, "profit_ratio") ?? throw rows.Wrong("'profit_ratio' is empty");
            var stake = Named("stake") ?? Named("stake_amount") ?? double.NaN;
            var profit = Named("profit") ?? Named("profit_abs") ?? (stake * profitRatio);
            var trade = new Trade(
                Text("pair"),
                Time(open, "open_time"),
                Time(close, "close_time"),
                Named("open_rate") ?? double.NaN,
                Named("close_rate") ?? double.NaN,
                Named("amount") ?? double.NaN,
                stake,
                profitRatio,
                profit,
                Text("exit_reason") ?? "",
                (Text("short") ?? Text("is_short")) is "true" or "True" or "1"
            )
            {
                Exchange = Text("exchange"),
                Tag = Text("enter_tag"),
            };
            if (trade.CloseTime < trade.OpenTime)
                throw rows.Wrong("the trade closes before it opens");
            trades.Add(trade);
        }
        return trades;

        double? Number(int column, string name)
        {
            if (column < 0 || rows.Bytes(column).IsEmpty)
                return null;
            var isNumber = double.TryParse(
                rows.Bytes(column),
                NumberStyles.Float,
                CultureInfo.InvariantCulture,
                out var value
            );
            return isNumber && double.IsFinite(value)
                ? value
                : throw rows.Wrong($"'{rows[column]}' is not a number for '{name}'");
        }

        Instant Time(int column, string name)
        {
            var field = rows[column];
            if (!Instant.TryParse(field, out var time))
                throw rows.Wrong($"'{field}' is not a time for '{name}': expected ISO-8601 or Unix milliseconds");
            return TradeFile.IsTime(time)
                ? time
                : throw rows.Wrong($"'{name}' is '{field}': expected {TradeFile.TimesInWords}");
        }

        string? Text(string name) =>
            Array.IndexOf(names, name) is >= 0 and var column && rows[column] is { Length: > 0 } text ? text : null;

        double? Named(string name) => Number(Array.IndexOf(names, name), name);
    }

    private static int Required(string[] names, params string[] either)
    {
        foreach (var name in either)
            if (Array.IndexOf(names, name) is >= 0 and var column)
                return column;
        throw new CsvException(
            1,
            $"the column '{either[0]}' is missing; open_time, close_time and profit_ratio are required"
        );
    }
}
