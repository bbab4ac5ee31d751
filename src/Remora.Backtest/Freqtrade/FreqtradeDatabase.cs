using System.Globalization;
using Microsoft.Data.Sqlite;
using Remora.Backtest.Data;
using Remora.Backtest.Trading;
using Remora.Markets;

namespace Remora.Backtest.Freqtrade;

/// <summary>
/// Reads the closed trades of the database in which Freqtrade stores those of a bot, such as
/// <c>tradesv3.sqlite</c>. The database is only read, also while the bot runs.
/// </summary>
public static class FreqtradeDatabase
{
    private const int MostTrades = 1_000_000;
    private const int LongestText = 255; // of Freqtrade's columns
    private const int MostOrders = 10 * MostTrades;

    private static readonly string[] Required =
    [
        "pair",
        "is_open",
        "open_date",
        "close_date",
        "open_rate",
        "close_rate",
        "amount",
        "stake_amount",
        "close_profit",
        "close_profit_abs",
    ];

    /// <summary>Whether a file is a database of SQLite, by its first bytes.</summary>
    public static bool Is(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            Span<byte> start = stackalloc byte[16];
            return file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length
                && start.SequenceEqual("SQLite format 3\0"u8);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // reading the trades reports it
        }
    }

    /// <summary>Reads the trades of each strategy.</summary>
    /// <exception cref="BacktestException">The file is not such a database; the message states what
    /// is wrong.</exception>
    public static IReadOnlyList<ExportedRun> Read(string path) => Read(path, TradeFile.MaxBytes);

    internal static IReadOnlyList<ExportedRun> Read(string path, long maxBytes)
    {
        try
        {
            if (new FileInfo(path).Length > maxBytes)
                throw new FormatException(BoundedStream.TooLarge(maxBytes));
            using var database = Open(path);
            return Read(database);
        }
        catch (SqliteException e)
        {
            throw new BacktestException(
                $"{path}: the database cannot be read: {e.Message.TrimEnd('.')}. Copy it, with the file {path}-wal if "
                    + "there is one, to a folder that can be written",
                e
            );
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            throw new BacktestException($"{path}: {e.Message}", e);
        }
    }

    private static SqliteConnection Open(string path)
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder
            {
                DataSource = Path.GetFullPath(path), // ':memory:' is a file too
                Mode = SqliteOpenMode.ReadOnly,
                Pooling = false,
                DefaultTimeout = 10,
            }.ToString()
        );
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA trusted_schema = OFF; PRAGMA query_only = ON; PRAGMA cell_size_check = ON";
        command.ExecuteNonQuery();
        return connection;
    }

    private static List<ExportedRun> Read(SqliteConnection database)
    {
        var columns = ColumnsOf(database, "trades");
        if (columns.Count == 0)
            throw new FormatException("not a database of Freqtrade: it has no table 'trades'");
        if (Array.Find(Required, name => !columns.Contains(name)) is { } missing)
            throw new FormatException($"the table 'trades' has no column '{missing}'");
        var reason = Optional("exit_reason") ?? Optional("sell_reason") ?? "NULL"; // the name until 2022
        var tag = Optional("enter_tag") ?? Optional("buy_tag") ?? "NULL";
        using var command = database.CreateCommand();
        command.CommandText =
            $"SELECT {string.Join(", ", Required)}, {reason}, {Optional("strategy") ?? "NULL"}, "
            + $"{Optional("is_short") ?? "0"}, {Optional("id") ?? "rowid"}, {Optional("exchange") ?? "NULL"}, {tag} "
            + $"FROM trades ORDER BY rowid LIMIT {MostTrades + 1}";
        var orders = Orders(database);
        using var rows = command.ExecuteReader();
        var runs = new OrderedDictionary<string, (List<Trade> Closed, int Open)>(StringComparer.Ordinal);
        for (var number = 1; rows.Read(); number++)
        {
            if (number > MostTrades)
                throw new FormatException($"more than {MostTrades} trades");
            try
            {
                Add(runs, rows, orders);
            }
            catch (FormatException e)
            {
                throw new FormatException($"trade {number}: {e.Message}", e);
            }
        }
        return [.. runs.Select(run => Run(run.Key, run.Value.Closed, run.Value.Open))];

        string? Optional(string name) => columns.Contains(name) ? name : null;
    }

    /// <summary>
    /// Returns the columns of the table; empty if it does not exist, or is a view.
    /// </summary>
    private static HashSet<string> ColumnsOf(SqliteConnection database, string table)
    {
        using var command = database.CreateCommand();
        command.CommandText =
            "SELECT c.name FROM sqlite_master m, pragma_table_info($table) c WHERE m.name = $table AND m.type = "
            + "'table'";
        command.Parameters.AddWithValue("$table", table);
        using var rows = command.ExecuteReader();
        var columns = new HashSet<string>(StringComparer.Ordinal);
        while (rows.Read())
            columns.Add(rows.GetString(0));
        return columns;
    }

    /// <summary>
    /// Returns the filled orders of each trade by time, with their side; null without such a table.
    /// </summary>
    private static Dictionary<long, List<(string Side, TradeAddition Order)>>? Orders(SqliteConnection database)
    {
        string[] needed = ["ft_trade_id", "ft_order_side", "order_filled_date", "price", "average", "filled"];
        if (!ColumnsOf(database, "orders").IsSupersetOf(needed))
            return null;
        using var command = database.CreateCommand();
        command.CommandText =
            "SELECT ft_trade_id, ft_order_side, order_filled_date, coalesce(average, price), filled FROM orders WHERE "
            + $"filled > 0 AND order_filled_date IS NOT NULL ORDER BY order_filled_date LIMIT {MostOrders}";
        using var rows = command.ExecuteReader();
        var orders = new Dictionary<long, List<(string, TradeAddition)>>();
        while (rows.Read())
        {
            var trade = (long)Number(rows, 0, "ft_trade_id");
            if (!orders.TryGetValue(trade, out var list))
                orders[trade] = list = [];
            var order = new TradeAddition(
                Time(rows, 2, "order_filled_date"),
                Number(rows, 3, "price"),
                Number(rows, 4, "filled")
            );
            list.Add((Text(rows, 1, "ft_order_side") ?? "", order));
        }
        return orders;
    }

    private static void Add(
        OrderedDictionary<string, (List<Trade> Closed, int Open)> runs,
        SqliteDataReader rows,
        Dictionary<long, List<(string Side, TradeAddition Order)>>? orders
    )
    {
        var strategy = Text(rows, 11, "strategy") ?? "trades";
        var (closed, open) = runs.TryGetValue(strategy, out var run) ? run : ([], 0);
        if (Number(rows, 1, "is_open") != 0)
            open++;
        else
            closed.Add(TradeOf(rows, orders));
        runs[strategy] = (closed, open);
    }

    private static Trade TradeOf(
        SqliteDataReader rows,
        Dictionary<long, List<(string Side, TradeAddition Order)>>? orders
    )
    {
        var (open, close) = (Time(rows, 2, "open_date"), Time(rows, 3, "close_date"));
        if (close < open)
            throw new FormatException($"it closes ({close}) before it opens ({open})");
        var isShort = Number(rows, 12, "is_short") != 0;
        var entry = isShort ? "sell" : "buy";
        var filled = orders?.GetValueOrDefault((long)Number(rows, 13, "id"));
        return new(
            Text(rows, 0, "pair") ?? throw new FormatException("'pair' is missing"),
            open,
            close,
            Number(rows, 4, "open_rate"),
            Number(rows, 5, "close_rate"),
            Number(rows, 6, "amount"),
            Number(rows, 7, "stake_amount"),
            Number(rows, 8, "close_profit"),
            Number(rows, 9, "close_profit_abs"),
            Text(rows, 10, "exit_reason") ?? "",
            isShort
        )
        {
            Exchange = Text(rows, 14, "exchange"),
            Tag = Text(rows, 15, "enter_tag") is { Length: > 0 } tag ? tag : null,
            Additions = filled is null
                ? null
                : [.. filled.Where(order => order.Side == entry).Select(order => order.Order).Skip(1)],
        };
    }

    private static ExportedRun Run(string strategy, List<Trade> trades, int open)
    {
        var (from, to) =
            trades.Count == 0 ? (default, default) : (trades.Min(t => t.OpenTime), trades.Max(t => t.CloseTime));
        return new(strategy, trades, double.NaN, from, to, null, new Dictionary<string, double>())
        {
            OpenTrades = open,
        };
    }

    private static Instant Time(SqliteDataReader rows, int column, string name)
    {
        var text = Text(rows, column, name) ?? throw new FormatException($"'{name}' is missing");
        return
            DateTimeOffset.TryParse(
                text,
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
                out var time
            ) && TradeFile.IsTime(Instant.From(time))
            ? Instant.From(time)
            : throw new FormatException($"'{name}' is '{text}': expected {TradeFile.TimesInWords}");
    }

    private static double Number(SqliteDataReader rows, int column, string name) =>
        rows.GetValue(column) switch
        {
            double number when double.IsFinite(number) => number,
            long number => number,
            DBNull => throw new FormatException($"'{name}' is missing"),
            _ => throw new FormatException($"'{name}' is not a number"),
        };

    private static string? Text(SqliteDataReader rows, int column, string name) =>
        rows.GetValue(column) switch
        {
            DBNull => null,
            string { Length: <= LongestText } text => text,
            string => throw new FormatException($"'{name}' is longer than {LongestText} characters"),
            _ => throw new FormatException($"'{name}' is not a text"),
        };
}
