using System.Globalization;
using Remora.Backtest.Data;
using Remora.Backtest.Trading;
using Remora.Markets;

namespace Remora.Backtest.Freqtrade;

/// <summary>
/// Reads and writes trades as CSV. All columns are written. Reading requires at least
/// <c>open_time</c>, <c>close_time</c> and <c>profit_ratio</c>, in any order. It also accepts
/// <c>open_date</c>, <c>close_date</c>, <c>pair</c>, <c>open_rate</c>, <c>close_rate</c>,
/// <c>amount</c>, <c>stake</c>, <c>profit</c>, <c>exit_reason</c> and <c>short</c>.
/// </summary>
public static class TradeCsv
{
    /// <summary>The header of written files.</summary>
    public const string Header = "pair,open_time,close_time,open_rate,close_rate,amount,stake,profit_ratio,profit,exit_reason,short";

    /// <summary>Writes one row per trade.</summary>
    public static void Write(TextWriter writer, IEnumerable<Trade> trades)
    {
        writer.Write(Header + "\n");
        foreach (var t in trades)
            writer.Write(string.Create(CultureInfo.InvariantCulture,
                $"{t.Pair},{t.OpenTime},{t.CloseTime},{t.OpenRate},{t.CloseRate},{t.Amount},{t.Stake},{t.ProfitRatio},{t.Profit},{t.ExitReason},{(t.Short ? "true" : "false")}\n"));
    }

    /// <summary>Reads trades.</summary>
    /// <exception cref="BacktestException">The file cannot be read; the message names file, line
    /// and problem.</exception>
    public static IReadOnlyList<Trade> Read(string path) => Read(path, TradeFile.MaxBytes);

    internal static IReadOnlyList<Trade> Read(string path, long maxBytes)
    {
        try
        {
            using var text = TextFile.Open(path, maxBytes);
            return Read(text);
        }
        catch (Exception e) when (e is FormatException or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new BacktestException($"{path}: {e.Message}", e);
        }
    }

    internal static IReadOnlyList<Trade> Read(TextReader reader)
    {
        var names = (reader.ReadLine() ?? throw new FormatException("line 1: the file is empty")).Split(',', StringSplitOptions.TrimEntries);
        var open = Required(names, "open_time", "open_date");
        var close = Required(names, "close_time", "close_date");
        var ratio = Required(names, "profit_ratio");
        var trades = new List<Trade>();
        for (var line = 2; reader.ReadLine() is { } row; line++)
        {
            if (row.Length == 0) continue;
            var fields = row.Split(',', StringSplitOptions.TrimEntries);
            if (fields.Length != names.Length) throw new FormatException($"line {line}: expected {names.Length} columns, found {fields.Length}");
            double? Number(int column, string name) =>
                column < 0 || fields[column].Length == 0 ? null
                : double.TryParse(fields[column], NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? value
                : throw new FormatException($"line {line}: '{fields[column]}' is not a number for '{name}'");
            Instant Time(int column, string name)
            {
                var field = fields[column];
                if (!Instant.TryParse(field, out var time))
                    throw new FormatException(
                        $"line {line}: '{field}' is not a time for '{name}': expected ISO-8601 or Unix milliseconds");
                return TradeFile.IsTime(time)
                    ? time
                    : throw new FormatException(
                        $"line {line}: '{name}' is '{field}': expected {TradeFile.TimesInWords}");
            }

            string? Text(string name) => Array.IndexOf(names, name) is >= 0 and var column && fields[column].Length > 0 ? fields[column] : null;
            double? Named(string name) => Number(Array.IndexOf(names, name), name);

            var profitRatio = Number(ratio, "profit_ratio") ?? throw new FormatException($"line {line}: 'profit_ratio' is empty");
            var stake = Named("stake") ?? Named("stake_amount") ?? double.NaN;
            var profit = Named("profit") ?? Named("profit_abs") ?? (double.IsNaN(stake) ? profitRatio : stake * profitRatio);
            var trade = new Trade(
                Text("pair"), Time(open, "open_time"), Time(close, "close_time"), Named("open_rate") ?? double.NaN, Named("close_rate") ?? double.NaN,
                Named("amount") ?? double.NaN, stake, profitRatio, profit, Text("exit_reason") ?? "", Text("short") is "true" or "True" or "1");
            if (trade.CloseTime < trade.OpenTime) throw new FormatException($"line {line}: the trade closes before it opens");
            trades.Add(trade);
        }
        return trades;
    }

    private static int Required(string[] names, params string[] either)
    {
        foreach (var name in either)
            if (Array.IndexOf(names, name) is >= 0 and var column) return column;
        throw new FormatException($"line 1: the column '{either[0]}' is missing; open_time, close_time and profit_ratio are required");
    }
}
