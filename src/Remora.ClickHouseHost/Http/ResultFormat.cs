namespace Remora.ClickHouseHost.Http;

/// <summary>Returns the Content-Type of a format.</summary>
internal static class ResultFormat
{
    public const string Default = "TabSeparated";

    public static string ContentTypeOf(string format) =>
        format switch
        {
            _ when format.StartsWith("TabSeparated", StringComparison.Ordinal)
                    || format.StartsWith("TSV", StringComparison.Ordinal) => "text/tab-separated-values; charset=UTF-8",
            _ when format.StartsWith("CSV", StringComparison.Ordinal) => "text/csv; charset=UTF-8; header="
                + (format.Contains("WithNames", StringComparison.Ordinal) ? "present" : "absent"),
            "JSONEachRow"
            or "NDJSON"
            or "JSONLines"
            or "JSONCompactEachRow"
            or "JSONStringsEachRow"
            or "PrettyJSONEachRow" => "application/x-ndjson; charset=UTF-8",
            _ when format.StartsWith("JSON", StringComparison.Ordinal) => "application/json; charset=UTF-8",
            "XML" => "application/xml; charset=UTF-8",
            "Markdown" => "text/markdown; charset=UTF-8",
            "Parquet" => "application/vnd.apache.parquet",
            "RowBinary"
            or "RowBinaryWithNames"
            or "RowBinaryWithNamesAndTypes"
            or "Native"
            or "Arrow"
            or "ArrowStream"
            or "ORC"
            or "Avro"
            or "Protobuf"
            or "MsgPack"
            or "Npy" => "application/octet-stream",
            _ => "text/plain; charset=UTF-8",
        };
}
