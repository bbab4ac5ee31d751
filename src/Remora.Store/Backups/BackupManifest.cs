using System.Text.Json;
using System.Text.Json.Serialization;

namespace Remora.Store.Backups;

/// <summary>The contents of a backup, as its <c>manifest.json</c> lists them.</summary>
/// <param name="Format">The format of the backup: 2. Version 0.1 wrote format 1, without tables,
/// views and attachments.</param>
/// <param name="Schema">The schema version of the store.</param>
/// <param name="Engine">The engine's version.</param>
/// <param name="CreatedAt">The start time of the backup.</param>
/// <param name="Files">The files with rows.</param>
public sealed record BackupManifest(
    int Format,
    int Schema,
    string Engine,
    DateTimeOffset CreatedAt,
    IReadOnlyList<BackupFile> Files
)
{
    internal const string FileName = "manifest.json";
    internal const string ChecksumName = "manifest.json.sha256";
    internal const int KnownFormat = 2;
    internal const int FormatOfVersion01 = 1;

    /// <summary>All tables of the database that store rows; null in format 1.</summary>
    public IReadOnlyList<BackupTable>? Tables { get; init; }

    /// <summary>All views, materialized or not; null in format 1.</summary>
    public IReadOnlyList<BackupView>? Views { get; init; }

    /// <summary>
    /// Files outside the store: keys, calendar, policies, settings; null in format 1.
    /// </summary>
    public IReadOnlyList<BackupAttachment>? Attachments { get; init; }

    /// <summary>What the backup omits, each with the reason; null in format 1.</summary>
    public IReadOnlyList<string>? LeftOut { get; init; }

    /// <summary>The total number of rows in all files.</summary>
    [JsonIgnore]
    public long Rows => Files.Sum(file => file.Rows);
}

/// <summary>A table of the database.</summary>
/// <param name="Name">The table.</param>
/// <param name="Definition">The text after the name in CREATE TABLE: columns, engine, keys,
/// settings, comment.</param>
/// <param name="Rows">The number of rows in its files.</param>
/// <param name="Checksum">The sum of the hashes of its rows, without the columns with states of
/// aggregate functions; null in a backup made before 0.2.</param>
public sealed record BackupTable(string Name, string Definition, long Rows, string? Checksum = null);

/// <summary>A view of the database.</summary>
/// <param name="Name">The view.</param>
/// <param name="Statement">The CREATE statement without the name of the database, so that it can be
/// restored into another one.</param>
public sealed record BackupView(string Name, string Statement);

/// <summary>
/// One partition of one table, in ClickHouse's Native format, compressed with gzip.
/// </summary>
/// <param name="Name">The file.</param>
/// <param name="Table">The table.</param>
/// <param name="Partition">The id of the partition; empty for a table without partitions.</param>
/// <param name="Columns">The columns, in order.</param>
/// <param name="Rows">The number of rows.</param>
/// <param name="Sha256">The SHA-256 of the file, in lower-case hexadecimal digits.</param>
/// <param name="Rollup">In format 1: the rollup of the states; null for rows.</param>
/// <param name="Definition">In format 1: the hash of the rollup's definition.</param>
public sealed record BackupFile(
    string Name,
    string Table,
    string Partition,
    IReadOnlyList<string> Columns,
    long Rows,
    string Sha256,
    string? Rollup = null,
    string? Definition = null
);

/// <summary>A file outside the store, in <c>files/</c> of the backup.</summary>
/// <param name="Name">The path in that folder, with slashes, for example
/// <c>policies/mine.json</c>.</param>
/// <param name="Bytes">The size in bytes.</param>
/// <param name="Sha256">The SHA-256, in lower-case hexadecimal digits.</param>
public sealed record BackupAttachment(string Name, long Bytes, string Sha256);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true
)]
[JsonSerializable(typeof(BackupManifest))]
[JsonSerializable(typeof(StoreJobDetail))]
internal sealed partial class BackupJson : JsonSerializerContext;
