namespace Remora.Store;

/// <summary>How rows are given out when they are passed on as they are.</summary>
public enum StoreFormat
{
    /// <summary>One JSON object a line.</summary>
    JsonLines,

    /// <summary>CSV with the names in its first line.</summary>
    Csv,

    /// <summary>Parquet.</summary>
    Parquet,

    /// <summary>Feather, which is Arrow's file format.</summary>
    Feather,
}

/// <summary>What goes with a format.</summary>
public static class StoreFormats
{
    /// <summary>The extensions of files that can be written, for messages.</summary>
    public const string Extensions = ".csv, .csv.gz, .jsonl, .jsonl.gz, .parquet, .feather and .arrow";

    /// <summary>The MIME type.</summary>
    public static string MediaType(this StoreFormat format) => format switch
    {
        StoreFormat.JsonLines => "application/x-ndjson",
        StoreFormat.Csv => "text/csv",
        StoreFormat.Parquet => "application/vnd.apache.parquet",
        _ => "application/vnd.apache.arrow.file",
    };

    /// <summary>What the name of a file ends with.</summary>
    public static string FileEnding(this StoreFormat format) => format switch
    {
        StoreFormat.JsonLines => ".jsonl",
        StoreFormat.Csv => ".csv",
        StoreFormat.Parquet => ".parquet",
        _ => ".feather",
    };

    /// <summary>The format of a file by its ending: .csv, .parquet, .feather, .arrow, .jsonl, .ndjson; .gz behind .csv and .jsonl.</summary>
    public static bool TryFromFile(string path, out StoreFormat format)
    {
        var name = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? path[..^3] : path;
        StoreFormat? found = Path.GetExtension(name).ToLowerInvariant() switch
        {
            ".csv" => StoreFormat.Csv,
            ".jsonl" or ".ndjson" => StoreFormat.JsonLines,
            ".parquet" when name.Length == path.Length => StoreFormat.Parquet,
            ".feather" or ".arrow" when name.Length == path.Length => StoreFormat.Feather,
            _ => null,
        };
        format = found ?? default;
        return found is not null;
    }

    internal static string EngineName(this StoreFormat format) => format switch
    {
        StoreFormat.JsonLines => "JSONEachRow",
        StoreFormat.Csv => "CSVWithNames",
        StoreFormat.Parquet => "Parquet",
        _ => "Arrow",
    };
}
