namespace Remora.Store.Backups;

/// <summary>What the check of a backup has found.</summary>
/// <param name="Manifest">Its manifest.</param>
/// <param name="Files">The files that were checked.</param>
/// <param name="Damage">A line for each file that is missing, changed or damaged; empty when the backup is as it was written.</param>
public sealed record BackupReport(BackupManifest Manifest, int Files, IReadOnlyList<string> Damage);

/// <summary>Checks a backup without a store: the manifest with its checksum and every field, every file's checksum, and that it can be unpacked.</summary>
public static class BackupVerification
{
    /// <param name="folder">The backup.</param>
    /// <param name="progress">Told before every file.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="StoreException">The folder is no backup, or its manifest is wrong; the message names the field.</exception>
    public static async Task<BackupReport> RunAsync(string folder, IProgress<BackupProgress>? progress = null, CancellationToken cancellation = default)
    {
        var backup = new BackupFolder(folder);
        var manifest = await backup.ReadAsync(cancellation);
        return new(manifest, manifest.Files.Count + (manifest.Attachments?.Count ?? 0), await backup.DamageAsync(manifest, unpack: true, progress, cancellation));
    }
}
