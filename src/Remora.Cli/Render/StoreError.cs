using System.Text.RegularExpressions;
using Remora.ClickHouse;

namespace Remora.Cli.Render;

/// <summary>Formats ClickHouse's errors as one line, with advice for common ones.</summary>
internal static partial class StoreError
{
    private const int Longest = 600;

    public static string Describe(ClickHouseException error)
    {
        var text = Blanks().Replace(Nested().Replace(error.Message, "${message}"), " ").Trim().TrimEnd('.');
        if (text.Length > Longest)
            text = text[..Longest] + " ...";
        return $"ClickHouse: {text}{(error.Code == 0 ? "" : $" ({error.Name})")}{Advice(error)}";
    }

    private static string Advice(ClickHouseException error) =>
        error.Name switch
        {
            "READONLY" => ". 'remora sql' is read-only; use the service or 'remora rollup load' to insert rows",
            "ACCESS_DENIED" =>
                ". 'remora sql' is read-only: it allows SELECT, SHOW TABLES, DESCRIBE, SHOW CREATE TABLE and EXISTS",
            "UNKNOWN_TABLE" => ". 'SHOW TABLES' lists the tables",
            "UNKNOWN_DATABASE" => ". 'SHOW DATABASES' lists the databases",
            "UNKNOWN_QUERY_PARAMETER" => ". Give it a value with --param name=value",
            "UNKNOWN_FORMAT" =>
                ". Formats include TabSeparated, CSVWithNames, JSONEachRow, PrettyCompact, Markdown and Parquet",
            "MEMORY_LIMIT_EXCEEDED" =>
                ". Read fewer rows at a time, or reduce what GROUP BY and ORDER BY hold in memory",
            _ => "",
        };

    // ClickHouse wraps some errors twice: those of a query within the query.
    [GeneratedRegex(
        @"^Code: \d+\. DB::Exception: (?<message>.*?)\.? \([A-Z_]+\)( \(version [^)]*\))?$",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex Nested();

    [GeneratedRegex(@"\s+", RegexOptions.None, 1000)]
    private static partial Regex Blanks();
}
