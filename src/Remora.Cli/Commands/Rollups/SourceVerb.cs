using System.CommandLine;
using System.Text.RegularExpressions;
using Remora.ClickHouse;

namespace Remora.Cli.Commands.Rollups;

/// <summary>
/// <c>remora rollup source</c>: creates the table whose rows rollups aggregate, from a file with
/// its CREATE TABLE statement.
/// </summary>
internal static partial class SourceVerb
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "File with one CREATE TABLE statement" };
        var store = new StoreOptionSet();
        var command = new Command(
            "source",
            "Creates a source table from a file with its CREATE TABLE statement. Changes nothing if the table exists."
        )
        {
            file,
        };
        store.AddTo(command);
        command.SetAction(
            async (parsed, cancellation) =>
            {
                var path = parsed.GetValue(file)!;
                string sql;
                try
                {
                    sql = await File.ReadAllTextAsync(path, cancellation);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    return Terminal.Fail(e.Message, ExitCode.Usage);
                }
                if (
                    Start().Match(sql) is not { Success: true } match
                    || !SqlName.TryParse(match.Groups["name"].Value.Trim('`'), out var table)
                )
                    return Terminal.Fail(
                        $"{path}: expected one statement: CREATE TABLE name (columns) ENGINE = …, where the name has "
                            + $"letters, digits and _",
                        ExitCode.Usage
                    );
                return await store.AttemptAsync(
                    parsed,
                    makeDatabase: true,
                    open => CreateAsync(open.Client, table, sql, cancellation),
                    cancellation
                );
            }
        );
        return command;
    }

    private static async Task<int> CreateAsync(
        ClickHouseClient client,
        SqlName table,
        string sql,
        CancellationToken cancellation
    )
    {
        var exists = await client.SingleAsync(
            "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name = {t:String}",
            row => row.UInt64(),
            new QueryParameters().Add("t", table.Value),
            cancellation
        );
        if (exists == 0)
            await client.ExecuteAsync(sql, cancellation: cancellation);
        Console.WriteLine(exists == 0 ? $"{table}: created" : $"{table}: exists, nothing to do");
        return ExitCode.Ok;
    }

    [GeneratedRegex(
        @"^(\s|--[^\n]*\n)*CREATE\s+TABLE\s+(IF\s+NOT\s+EXISTS\s+)?(?<name>[A-Za-z0-9_`]+)[\s(]",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking
    )]
    private static partial Regex Start();
}
