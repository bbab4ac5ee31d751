using System.Text.Json;
using System.Text.Json.Serialization;

namespace Remora.Store.Backups;

/// <summary>The contents of a backup.</summary>
/// <param name="Format">The version of the backup format; 1.</param>
/// <param name="Schema">The schema version of the store.</param>
/// <param name="Engine">The version of ClickHouse.</param>
/// <param name="CreatedAt">The start time of the backup.</param>
/// <param name="Files">The files.</param>
public sealed record BackupManifest(int Format, int Schema, string Engine, DateTimeOffset CreatedAt, IReadOnlyList<BackupFile> Files)
{
    internal const string FileName = "manifest.json";
    internal const int KnownFormat = 1;

    /// <summary>The total number of rows in all files.</summary>
    [JsonIgnore]
    public long Rows => Files.Sum(file => file.Rows);

    /// <summary>Reads the manifest of a folder.</summary>
    /// <exception cref="StoreException">The manifest is missing or invalid.</exception>
    public static async Task<BackupManifest> ReadAsync(string folder, CancellationToken cancellation = default)
    {
        try
        {
            await using var file = File.OpenRead(Path.Combine(folder, FileName));
            var manifest = await JsonSerializer.DeserializeAsync(file, BackupJson.Default.BackupManifest, cancellation) ?? throw new JsonException("it is empty");
            return manifest.Format == KnownFormat ? manifest : throw new StoreException($"the backup in '{folder}' has format {manifest.Format}, this program knows {KnownFormat}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new StoreException($"'{folder}' holds no backup that can be read: {e.Message}", e);
        }
    }
}

/// <summary>
/// One partition of one table, in ClickHouse's Native format, compressed with gzip.
/// </summary>
/// <param name="Name">The file name.</param>
/// <param name="Table">The table.</param>
/// <param name="Rollup">The rollup whose states the file contains; null for rows.</param>
/// <param name="Definition">The hash of that rollup's definition.</param>
/// <param name="Partition">The partition id.</param>
/// <param name="Columns">The columns, in order.</param>
/// <param name="Rows">The number of rows.</param>
/// <param name="Sha256">The SHA-256 checksum of the file.</param>
public sealed record BackupFile(string Name, string Table, string? Rollup, string? Definition, string Partition, IReadOnlyList<string> Columns, long Rows, string Sha256);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(BackupManifest))]
internal sealed partial class BackupJson : JsonSerializerContext;
