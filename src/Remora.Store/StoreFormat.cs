namespace Remora.Store;

/// <summary>Formats in which rows are exported.</summary>
public enum StoreFormat
{
    /// <summary>One JSON object per line.</summary>
    JsonLines,

    /// <summary>CSV with column names in the first line.</summary>
    Csv,

    /// <summary>Parquet.</summary>
    Parquet,

    /// <summary>Feather, which is the Arrow file format.</summary>
    Feather,
}

/// <summary>Media types and file extensions of <see cref="StoreFormat"/>.</summary>
public static class StoreFormats
{
    /// <summary>The extensions of files that can be written, for messages.</summary>
    public const string Extensions = ".csv, .csv.gz, .jsonl, .jsonl.gz, .parquet, .feather and .arrow";

    /// <summary>Returns the media type.</summary>
    public static string MediaType(this StoreFormat format) =>
        format switch
        {
            StoreFormat.JsonLines => "application/x-ndjson",
            StoreFormat.Csv => "text/csv",
            StoreFormat.Parquet => "application/vnd.apache.parquet",
            _ => "application/vnd.apache.arrow.file",
        };

    /// <summary>Returns the file extension.</summary>
    public static string FileEnding(this StoreFormat format) =>
        format switch
        {
            StoreFormat.JsonLines => ".jsonl",
            StoreFormat.Csv => ".csv",
            StoreFormat.Parquet => ".parquet",
            _ => ".feather",
        };

    /// <summary>
    /// Finds the format of a file by its extension: .csv, .parquet, .feather, .arrow, .jsonl or
    /// .ndjson; .csv and .jsonl also with .gz.
    /// </summary>
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

    internal static string EngineName(this StoreFormat format) =>
        format switch
        {
            StoreFormat.JsonLines => "JSONEachRow",
            StoreFormat.Csv => "CSVWithNames",
            StoreFormat.Parquet => "Parquet",
            _ => "Arrow",
        };
}
