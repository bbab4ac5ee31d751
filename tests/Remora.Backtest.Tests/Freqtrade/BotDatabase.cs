using Microsoft.Data.Sqlite;
using Remora.Backtest.Trading;

namespace Remora.Backtest.Tests.Freqtrade;

/// <summary>Writes databases with the table of Freqtrade, as far as it is read.</summary>
internal static class BotDatabase
{
    private const string Columns =
        "id INTEGER NOT NULL PRIMARY KEY, pair VARCHAR(25) NOT NULL, is_open BOOLEAN NOT NULL, open_rate FLOAT NOT "
        + "NULL, close_rate FLOAT, close_profit FLOAT, close_profit_abs FLOAT, stake_amount FLOAT NOT NULL, amount "
        + "FLOAT NOT NULL, open_date DATETIME NOT NULL, close_date DATETIME, exit_reason VARCHAR(255), strategy "
        + "VARCHAR(100), is_short BOOLEAN NOT NULL";

    public static void Write(string path, IReadOnlyList<Trade> trades, int open = 0)
    {
        using var database = Open(path);
        Run(database, $"CREATE TABLE trades ({Columns})");
        using var transaction = database.BeginTransaction();
        foreach (var trade in trades)
            Run(
                database,
                "INSERT INTO trades (pair, is_open, open_rate, close_rate, close_profit, close_profit_abs, "
                    + "stake_amount, amount, open_date, close_date, exit_reason, strategy, is_short) VALUES "
                    + "($0, 0, $1, $2, $3, $4, $5, $6, $7, $8, $9, 'TestStrategy', $10)",
                trade.Pair!,
                trade.OpenRate,
                trade.CloseRate,
                trade.ProfitRatio,
                trade.Profit,
                trade.Stake,
                trade.Amount,
                $"{trade.OpenTime.ToDateTimeOffset():yyyy-MM-dd HH:mm:ss.ffffff}",
                $"{trade.CloseTime.ToDateTimeOffset():yyyy-MM-dd HH:mm:ss.ffffff}",
                trade.ExitReason,
                trade.Short
            );
        for (var i = 0; i < open; i++)
            Run(
                database,
                "INSERT INTO trades (pair, is_open, open_rate, stake_amount, amount, open_date, strategy, is_short) "
                    + "VALUES ('BTC/USDT', 1, 1, 1, 1, '2026-01-01 00:00:00.000000', 'TestStrategy', 0)"
            );
        transaction.Commit();
    }

    /// <summary>Writes a database by statements.</summary>
    public static void Write(string path, string sql)
    {
        using var database = Open(path);
        Run(database, sql);
    }

    private static SqliteConnection Open(string path)
    {
        var database = new SqliteConnection($"Data Source={path};Pooling=False");
        database.Open();
        return database;
    }

    private static void Run(SqliteConnection database, string sql, params object[] values)
    {
        using var command = database.CreateCommand();
#pragma warning disable CA2100 // the statements of tests
        command.CommandText = sql;
#pragma warning restore CA2100
        for (var i = 0; i < values.Length; i++)
            command.Parameters.AddWithValue($"${i}", values[i]);
        command.ExecuteNonQuery();
    }
}
