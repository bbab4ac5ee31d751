namespace Remora.Store.Backups;

/// <summary>The result of checking a backup.</summary>
/// <param name="Manifest">The manifest.</param>
/// <param name="Files">The files that were checked.</param>
/// <param name="Damage">One line for each missing, changed or damaged file; empty for none.</param>
public sealed record BackupReport(BackupManifest Manifest, int Files, IReadOnlyList<string> Damage);

/// <summary>
/// Checks a backup without a store: the checksum and the fields of the manifest, the checksum of
/// every file, and that every file can be unpacked.
/// </summary>
public static class BackupVerification
{
    /// <param name="folder">The backup.</param>
    /// <param name="progress">Receives the progress before each file.</param>
    /// <param name="cancellation">Cancels the job.</param>
    /// <exception cref="StoreException">The folder is not a backup, or its manifest is invalid; the
    /// message names the field.</exception>
    public static async Task<BackupReport> RunAsync(
        string folder,
        IProgress<BackupProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        var backup = new BackupFolder(folder);
        var manifest = await backup.ReadAsync(cancellation);
        return new(
            manifest,
            manifest.Files.Count + (manifest.Attachments?.Count ?? 0),
            await backup.DamageAsync(manifest, unpack: true, progress, cancellation)
        );
    }
}
