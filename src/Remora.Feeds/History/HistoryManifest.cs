using System.Text.Json;
using System.Text.Json.Serialization;
using Remora.Csv;
using Remora.Markets;

namespace Remora.Feeds.History;

/// <summary>
/// The description of the files that were fetched into a folder: <c>history.json</c>. Files that it
/// does not list are never changed.
/// </summary>
/// <param name="Files">The files, by name.</param>
public sealed record HistoryManifest(IReadOnlyList<HistoryEntry> Files)
{
    /// <summary>Reads the manifest of a folder; an empty one if there is none.</summary>
    /// <exception cref="HistoryException">The file is not a manifest.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static HistoryManifest Read(string folder)
    {
        var path = Path.Combine(folder, HistoryLayout.Manifest);
        if (!File.Exists(path))
            return new([]);
        try
        {
            var manifest = JsonSerializer.Deserialize(File.ReadAllBytes(path), FeedsJson.Shared.HistoryManifest);
            if (manifest?.Files is { } files && files.All(file => file is { File: not null, Sha256: not null }))
                return manifest;
            throw new HistoryException($"{path}: expected an object with 'files'");
        }
        catch (JsonException e)
        {
            throw new HistoryException($"{path} is not a manifest of 'history fetch': {e.Message}", e);
        }
    }

    /// <summary>Returns the entry of a file; null if it is not listed.</summary>
    public HistoryEntry? Find(string file) => Files.FirstOrDefault(entry => entry.File == file);

    /// <summary>
    /// Returns a manifest with another entry, which replaces that of the same file.
    /// </summary>
    internal HistoryManifest With(HistoryEntry entry) =>
        new([
            .. Files
                .Where(other => other.File != entry.File)
                .Append(entry)
                .OrderBy(other => other.File, StringComparer.Ordinal),
        ]);

    /// <summary>Replaces the manifest of a folder as a whole.</summary>
    internal void Write(string folder)
    {
        var path = Path.Combine(folder, HistoryLayout.Manifest);
        using (var file = new FileStream(path + ".tmp", FileMode.Create, FileAccess.Write, FileShare.None))
        {
            JsonSerializer.Serialize(file, this, FeedsJson.Indented.HistoryManifest);
            file.Flush(flushToDisk: true);
        }
        File.Move(path + ".tmp", path, overwrite: true);
    }
}

/// <summary>A fetched file.</summary>
/// <param name="File">Its name, relative to the folder.</param>
/// <param name="Series">What it contains.</param>
/// <param name="Source">Where it comes from: an exchange's CCXT id, or the name of a
/// source.</param>
/// <param name="From">The beginning of the span that was requested.</param>
/// <param name="Until">The end of that span, exclusive.</param>
/// <param name="First">The time of the first row.</param>
/// <param name="Last">The time of the last row.</param>
/// <param name="Rows">The number of rows.</param>
/// <param name="Missing">The number of rows that the source does not have within the span; null if
/// the source pauses at weekends and holidays.</param>
/// <param name="GapCount">The number of gaps.</param>
/// <param name="Gaps">The longest gaps, at most 100, by time.</param>
/// <param name="Sha256">The SHA-256 of the file in hexadecimal.</param>
/// <param name="FetchedAt">When it was completed.</param>
/// <param name="Version">The version of Remora that wrote it.</param>
public sealed record HistoryEntry(
    string File,
    string Series,
    string Source,
    Instant From,
    Instant Until,
    Instant First,
    Instant Last,
    long Rows,
    long? Missing,
    int GapCount,
    IReadOnlyList<HistoryGap> Gaps,
    string Sha256,
    Instant FetchedAt,
    string Version
);

/// <summary>Consecutive rows that the source does not have.</summary>
/// <param name="From">The time of the first missing row.</param>
/// <param name="Until">The time of the next row, or the end of the span.</param>
/// <param name="Missing">The number of missing rows.</param>
public sealed record HistoryGap(Instant From, Instant Until, long Missing);

/// <summary>A folder of historical data cannot be used; the message states why.</summary>
public sealed class HistoryException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The types of the feeds that are written or read as JSON.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(HistoryManifest))]
internal sealed partial class FeedsJson : JsonSerializerContext
{
    public static FeedsJson Shared { get; } = new(RemoraJson.NewOptions());

    /// <summary>For files that people read.</summary>
    public static FeedsJson Indented { get; } =
        new(new(Shared.Options) { WriteIndented = true, TypeInfoResolver = null });
}
