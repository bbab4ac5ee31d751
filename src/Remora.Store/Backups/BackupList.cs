using System.Globalization;

namespace Remora.Store.Backups;

/// <summary>A complete backup that the service made on its schedule.</summary>
/// <param name="Folder">Its folder.</param>
/// <param name="At">When it began.</param>
public sealed record ScheduledBackup(string Folder, DateTimeOffset At);

/// <summary>
/// The backups of the schedule, in one folder: each is a folder named by its start in UTC, such as
/// <c>20261130T140000Z</c>. Other files and folders are neither listed nor deleted.
/// </summary>
public static class BackupList
{
    private const string Format = "yyyyMMdd'T'HHmmss'Z'";

    /// <summary>Returns the folder of a backup that begins at a moment.</summary>
    public static string FolderOf(string parent, DateTimeOffset at) =>
        Path.Combine(parent, at.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture));

    /// <summary>
    /// Returns the complete backups, oldest first; none if the folder is missing.
    /// </summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be read.</exception>
    public static IReadOnlyList<ScheduledBackup> Read(string parent) =>
        [.. All(parent).Where(backup => IsComplete(backup.Folder)).OrderBy(backup => backup.At)];

    /// <summary>Whether a folder is a complete backup.</summary>
    public static bool IsComplete(string folder) => File.Exists(Path.Combine(folder, BackupManifest.FileName));

    /// <summary>
    /// Deletes the oldest complete backups, and what an interrupted deletion has left.
    /// </summary>
    /// <param name="parent">The folder of backups.</param>
    /// <param name="keep">The number of backups to keep, at least 1.</param>
    /// <exception cref="IOException">A backup cannot be deleted.</exception>
    /// <exception cref="UnauthorizedAccessException">A backup cannot be deleted.</exception>
    internal static void Prune(string parent, int keep)
    {
        foreach (var old in Read(parent).SkipLast(keep))
        {
            File.Delete(Path.Combine(old.Folder, BackupManifest.FileName)); // now it is no backup
            Directory.Delete(old.Folder, recursive: true);
        }
        // The files of an interrupted backup have a marker, and belong to its job
        foreach (var (folder, _) in All(parent))
            if (!IsComplete(folder) && !File.Exists(Path.Combine(folder, BackupFolder.MarkerName)))
                Directory.Delete(folder, recursive: true);
    }

    private static List<ScheduledBackup> All(string parent)
    {
        var found = new List<ScheduledBackup>();
        if (!Directory.Exists(parent))
            return found;
        foreach (var folder in Directory.EnumerateDirectories(parent))
            if (
                DateTimeOffset.TryParseExact(
                    Path.GetFileName(folder),
                    Format,
                    CultureInfo.InvariantCulture,
                    DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
                    out var at
                )
            )
                found.Add(new(folder, at));
        return found;
    }
}
