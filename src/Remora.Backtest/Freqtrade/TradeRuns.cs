using System.Text.Json;

namespace Remora.Backtest.Freqtrade;

/// <summary>Reads the trades of bots and of backtests from their different sources.</summary>
public static class TradeRuns
{
    /// <summary>
    /// Reads a file: a backtest exported by Freqtrade (zip or JSON), the database of a bot, or
    /// trades as CSV.
    /// </summary>
    /// <exception cref="BacktestException">The file has another format; the message states what is
    /// wrong.</exception>
    public static IReadOnlyList<ExportedRun> Read(string path)
    {
        if (
            !path.EndsWith(".csv", StringComparison.OrdinalIgnoreCase)
            && !path.EndsWith(".csv.gz", StringComparison.OrdinalIgnoreCase)
        )
            return FreqtradeDatabase.Is(path) ? FreqtradeDatabase.Read(path) : FreqtradeExport.Read(path);
        var trades = TradeCsv.Read(path);
        var (from, to) =
            trades.Count == 0 ? (default, default) : (trades.Min(t => t.OpenTime), trades.Max(t => t.CloseTime));
        return [new(Path.GetFileName(path), trades, double.NaN, from, to, null, new Dictionary<string, double>())];
    }

    /// <summary>Reads closed trades as the REST interface of a bot returns them.</summary>
    /// <param name="trades">The trades.</param>
    /// <param name="startingBalance">Balance at the start, in money; NaN if unknown.</param>
    /// <param name="open">The number of open trades; null if unknown.</param>
    /// <exception cref="BacktestException">One is not such a trade.</exception>
    public static IReadOnlyList<ExportedRun> OfBot(IReadOnlyList<JsonElement> trades, double startingBalance, int? open)
    {
        try
        {
            var read = trades.Select(
                (json, i) =>
                    (
                        Strategy: json.TryGetProperty("strategy", out var name) ? name.GetString() : null,
                        Trade: FreqtradeExport.TradeOf(json, i)
                    )
            );
            return
            [
                .. read.GroupBy(one => one.Strategy ?? "trades", one => one.Trade)
                    .Select(
                        (run, i) =>
                            new ExportedRun(
                                run.Key,
                                [.. run],
                                startingBalance,
                                run.Min(trade => trade.OpenTime),
                                run.Max(trade => trade.CloseTime),
                                null,
                                new Dictionary<string, double>()
                            )
                            {
                                // The bot does not say of which strategy they are: with the first.
                                OpenTrades = i == 0 ? open ?? 0 : 0,
                                Unknown =
                                    open is null && i == 0
                                        ? ["The bot does not say how many trades are open: it is not running."]
                                        : [],
                            }
                    ),
            ];
        }
        catch (Exception e) when (e is FormatException or InvalidOperationException)
        {
            throw new BacktestException($"the bot's trades cannot be read: {e.Message}", e);
        }
    }
}
