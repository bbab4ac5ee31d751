using System.Text.RegularExpressions;
using Remora.ClickHouse;

namespace Remora.Cli.Render;

/// <summary>ClickHouse's errors as one line, with what to do where that is known.</summary>
internal static partial class StoreError
{
    private const int Longest = 600;

    public static string Describe(ClickHouseException error)
    {
        var text = Blanks().Replace(error.Message, " ").Trim().TrimEnd('.');
        if (text.Length > Longest) text = text[..Longest] + " ...";
        return $"ClickHouse: {text}{(error.Code == 0 ? "" : $" ({error.Name})")}{Advice(error)}";
    }

    private static string Advice(ClickHouseException error) => error.Name switch
    {
        "READONLY" => ". 'remora sql' only reads; rows come in through the service and 'remora rollup load'",
        "UNKNOWN_TABLE" => ". 'SHOW TABLES' lists what there is",
        "UNKNOWN_DATABASE" => ". 'SHOW DATABASES' lists what there is",
        "UNKNOWN_QUERY_PARAMETER" => ". Give it a value with --param name=value",
        "UNKNOWN_FORMAT" => ". Known are TabSeparated, CSVWithNames, JSONEachRow, PrettyCompact, Markdown, Parquet and more",
        "MEMORY_LIMIT_EXCEEDED" => ". Ask for less at a time, or write GROUP BY and ORDER BY so that less is kept",
        _ => "",
    };

    [GeneratedRegex(@"\s+", RegexOptions.None, 1000)]
    private static partial Regex Blanks();
}
