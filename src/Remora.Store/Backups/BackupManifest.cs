using System.Text.Json;
using System.Text.Json.Serialization;

namespace Remora.Store.Backups;

/// <summary>The contents of a backup, as its <c>manifest.json</c> lists them.</summary>
/// <param name="Format">The format of the backup: 2; version 0.1 wrote 1, which has tables, views and attachments not yet.</param>
/// <param name="Schema">The schema version of the store it was made from.</param>
/// <param name="Engine">The engine's version.</param>
/// <param name="CreatedAt">When it was begun.</param>
/// <param name="Files">The files with rows.</param>
public sealed record BackupManifest(int Format, int Schema, string Engine, DateTimeOffset CreatedAt, IReadOnlyList<BackupFile> Files)
{
    internal const string FileName = "manifest.json";
    internal const string ChecksumName = "manifest.json.sha256";
    internal const int KnownFormat = 2;
    internal const int FormatOfVersion01 = 1;

    /// <summary>Every table of the database that holds rows of its own; null in format 1.</summary>
    public IReadOnlyList<BackupTable>? Tables { get; init; }

    /// <summary>Every view, materialized or not; null in format 1.</summary>
    public IReadOnlyList<BackupView>? Views { get; init; }

    /// <summary>Files beside the store: keys, calendar, policies, settings; null in format 1.</summary>
    public IReadOnlyList<BackupAttachment>? Attachments { get; init; }

    /// <summary>What the database has and the backup has not, each with the reason; null in format 1.</summary>
    public IReadOnlyList<string>? LeftOut { get; init; }

    /// <summary>The total number of rows in all files.</summary>
    [JsonIgnore]
    public long Rows => Files.Sum(file => file.Rows);
}

/// <summary>A table of the database.</summary>
/// <param name="Name">The table.</param>
/// <param name="Definition">What stands behind its name in CREATE TABLE: columns, engine, keys, settings, comment.</param>
/// <param name="Rows">The rows in its files.</param>
public sealed record BackupTable(string Name, string Definition, long Rows);

/// <summary>A view of the database.</summary>
/// <param name="Name">The view.</param>
/// <param name="Statement">The statement that makes it, without the database's name, so that it can be restored into another database.</param>
public sealed record BackupView(string Name, string Statement);

/// <summary>One partition of one table, in ClickHouse's Native format, compressed with gzip.</summary>
/// <param name="Name">The file.</param>
/// <param name="Table">The table.</param>
/// <param name="Partition">The partition's id; empty for a table that has none.</param>
/// <param name="Columns">The columns, in order.</param>
/// <param name="Rows">The number of rows.</param>
/// <param name="Sha256">The file's SHA-256 in lower-case hexadecimal digits.</param>
/// <param name="Rollup">In format 1: the rollup whose states it holds; null for rows.</param>
/// <param name="Definition">In format 1: the hash of that rollup's definition.</param>
public sealed record BackupFile(
    string Name, string Table, string Partition, IReadOnlyList<string> Columns, long Rows, string Sha256, string? Rollup = null, string? Definition = null);

/// <summary>A file from beside the store, under <c>files/</c> in the backup.</summary>
/// <param name="Name">Its path below that folder, with slashes, such as <c>policies/mine.json</c>.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">Its SHA-256 in lower-case hexadecimal digits.</param>
public sealed record BackupAttachment(string Name, long Bytes, string Sha256);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(BackupManifest))]
[JsonSerializable(typeof(StoreJobDetail))]
internal sealed partial class BackupJson : JsonSerializerContext;
