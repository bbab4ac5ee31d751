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
        if (text.Length > Longest) text = text[..Longest] + " ...";
        return $"ClickHouse: {text}{(error.Code == 0 ? "" : $" ({error.Name})")}{Advice(error)}";
    }

    private static string Advice(ClickHouseException error) => error.Name switch
    {
        "READONLY" => ". 'remora sql' only reads, and takes no settings; rows come in through the service and 'remora rollup load'",
        "ACCESS_DENIED" => ". 'remora sql' only reads the store: SELECT, SHOW TABLES, DESCRIBE, SHOW CREATE TABLE and EXISTS",
        "UNKNOWN_TABLE" => ". 'SHOW TABLES' lists what there is",
        "UNKNOWN_DATABASE" => ". 'SHOW DATABASES' lists what there is",
        "UNKNOWN_QUERY_PARAMETER" => ". Give it a value with --param name=value",
        "UNKNOWN_FORMAT" => ". Known are TabSeparated, CSVWithNames, JSONEachRow, PrettyCompact, Markdown, Parquet and more",
        "MEMORY_LIMIT_EXCEEDED" => ". Ask for less at a time, or write GROUP BY and ORDER BY so that less is kept",
        _ => "",
    };

    // ClickHouse wraps some errors twice: those of a query within the query.
    [GeneratedRegex(@"^Code: \d+\. DB::Exception: (?<message>.*?)\.? \([A-Z_]+\)( \(version [^)]*\))?$", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Nested();

    [GeneratedRegex(@"\s+", RegexOptions.None, 1000)]
    private static partial Regex Blanks();
}
