using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Remora.Store.Files;

namespace Remora.Store.Backups;

/// <summary>
/// The folder of a backup. While it is being written it contains a file <c>backup.incomplete</c>
/// with the id of the job. The manifest is written last, so a folder without one is not a backup.
/// Only the owner can read the files.
/// </summary>
internal sealed class BackupFolder
{
    internal const string MarkerName = "backup.incomplete";
    private const string RowsEnding = ".native.gz";
    private const string AttachmentsName = "files";
    private const long LongestManifest = 256 << 20;

    public BackupFolder(string path) => Path = System.IO.Path.GetFullPath(path);

    public string Path { get; }

    /// <summary>Returns the path of a file with rows.</summary>
    public string RowsOf(BackupFile file) => System.IO.Path.Combine(Path, file.Name);

    /// <summary>Returns the name of a file with rows.</summary>
    public static string NameOf(string table, string partition) =>
        string.Concat(partition.Length > 0 ? $"{table}-{partition}" : table, RowsEnding);

    /// <summary>Returns the path of an attachment.</summary>
    public string AttachmentOf(string name) => System.IO.Path.Combine([Path, AttachmentsName, .. name.Split('/')]);

    /// <exception cref="StoreException">The folder is not empty.</exception>
    public void NeedEmpty()
    {
        if (File.Exists(Path))
            throw new StoreException($"'{Path}' is a file: name a folder that is empty or does not exist");
        if (!Directory.Exists(Path) || !Directory.EnumerateFileSystemEntries(Path).Any())
            return;
        throw new StoreException(
            File.Exists(In(MarkerName)) && !File.Exists(In(BackupManifest.FileName))
                ? $"'{Path}' is not empty: it has the files of an interrupted backup; delete it, or name a new folder"
                : $"'{Path}' is not empty: name a folder that is empty or does not exist"
        );
    }

    /// <summary>Creates the folder and marks it as incomplete.</summary>
    public void Begin(string id)
    {
        PrivateFile.CreateFolder(Path);
        using var marker = PrivateFile.Open(In(MarkerName), FileMode.CreateNew);
        marker.Write(Encoding.ASCII.GetBytes(id));
        marker.Flush(flushToDisk: true);
    }

    /// <summary>Writes an attachment.</summary>
    public BackupAttachment Attach(BackupSource source)
    {
        var path = AttachmentOf(source.Name);
        PrivateFile.CreateFolder(System.IO.Path.GetDirectoryName(path)!);
        using var file = PrivateFile.Open(path, FileMode.CreateNew);
        file.Write(source.Content.Span);
        file.Flush(flushToDisk: true);
        return new(source.Name, source.Content.Length, Convert.ToHexStringLower(SHA256.HashData(source.Content.Span)));
    }

    /// <summary>Writes the manifest and its checksum, which completes the backup.</summary>
    public void Complete(BackupManifest manifest)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(manifest, BackupJson.Default.BackupManifest);
        var unfinished = In(BackupManifest.FileName + ".part");
        Write(
            In(BackupManifest.ChecksumName),
            Encoding.ASCII.GetBytes($"{Convert.ToHexStringLower(SHA256.HashData(json))}  {BackupManifest.FileName}\n")
        );
        Write(unfinished, json);
        File.Move(unfinished, In(BackupManifest.FileName));
        File.Delete(In(MarkerName));

        static void Write(string path, byte[] content)
        {
            using var file = PrivateFile.Open(path, FileMode.CreateNew);
            file.Write(content);
            file.Flush(flushToDisk: true);
        }
    }

    /// <summary>
    /// Deletes the files of an incomplete job, and the folder if the job created it. Complete
    /// backups and files of other jobs are kept.
    /// </summary>
    public void RemoveIncomplete(string id, bool isMadeByJob)
    {
        if (!Directory.Exists(Path))
            return;
        var marker = In(MarkerName);
        if (File.Exists(marker))
        {
            // Another job's; a kill can truncate the id
            if (!id.StartsWith(File.ReadAllText(marker), StringComparison.Ordinal))
                return;
            if (File.Exists(In(BackupManifest.FileName)))
            {
                File.Delete(marker);
                return;
            }
            foreach (var file in Directory.EnumerateFiles(Path, "*" + RowsEnding))
                File.Delete(file);
            if (Directory.Exists(In(AttachmentsName)))
                Directory.Delete(In(AttachmentsName), recursive: true);
            File.Delete(In(BackupManifest.ChecksumName));
            File.Delete(In(BackupManifest.FileName + ".part"));
            File.Delete(marker);
        }
        if (isMadeByJob && !Directory.EnumerateFileSystemEntries(Path).Any())
            Directory.Delete(Path);
    }

    /// <summary>
    /// Reads and checks the manifest: its checksum, every field, and that the folder contains
    /// exactly the listed files.
    /// </summary>
    /// <exception cref="StoreException">The folder is not a backup, or the manifest is invalid; the
    /// message names the field.</exception>
    public async Task<BackupManifest> ReadAsync(CancellationToken cancellation)
    {
        byte[] json;
        string? checksum;
        try
        {
            if (!Directory.Exists(Path))
                throw new StoreException($"the folder '{Path}' does not exist");
            if (!File.Exists(In(BackupManifest.FileName)))
                throw new StoreException(
                    File.Exists(In(MarkerName))
                        ? $"'{Path}' has the files of an interrupted backup: it is incomplete"
                        : $"'{Path}' is not a backup: it has no {BackupManifest.FileName}"
                );
            if (new FileInfo(In(BackupManifest.FileName)).Length > LongestManifest)
                throw new StoreException(
                    $"{BackupManifest.FileName} of '{Path}' is larger than {LongestManifest >> 20} MB"
                );
            json = await File.ReadAllBytesAsync(In(BackupManifest.FileName), cancellation);
            checksum = File.Exists(In(BackupManifest.ChecksumName))
                ? await File.ReadAllTextAsync(In(BackupManifest.ChecksumName), cancellation)
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"the backup in '{Path}' cannot be read: {e.Message}", e);
        }
        if (
            checksum is not null
            && !checksum.StartsWith(Convert.ToHexStringLower(SHA256.HashData(json)), StringComparison.Ordinal)
        )
            throw Wrong(
                $"its checksum is not the one in {BackupManifest.ChecksumName}: one of the two was changed or is "
                    + $"damaged"
            );
        var manifest = Parse(json);
        if (manifest.Format != BackupManifest.FormatOfVersion01 && checksum is null)
            throw Wrong($"{BackupManifest.ChecksumName} is missing");
        if (ManifestCheck.ProblemOf(manifest) is { } problem)
            throw Wrong(problem);
        NeedListed(manifest);
        return manifest;
    }

    /// <summary>Returns the checksum of a file.</summary>
    public static async Task<string> ChecksumAsync(string path, CancellationToken cancellation)
    {
        await using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation));
    }

    /// <summary>Returns one line for each damaged or missing file.</summary>
    /// <param name="manifest">The manifest of this folder.</param>
    /// <param name="unpack">Whether to unpack every file, which also finds damage from before the
    /// checksum was computed.</param>
    /// <param name="progress">Receives the progress before each file.</param>
    /// <param name="cancellation">Cancels the job.</param>
    public async Task<IReadOnlyList<string>> DamageAsync(
        BackupManifest manifest,
        bool unpack,
        IProgress<BackupProgress>? progress,
        CancellationToken cancellation
    )
    {
        var files = manifest
            .Files.Select(file => (Name: file.Name, Path: RowsOf(file), file.Sha256, IsPacked: true))
            .Concat(
                (manifest.Attachments ?? []).Select(file =>
                    (
                        Name: $"{AttachmentsName}/{file.Name}",
                        Path: AttachmentOf(file.Name),
                        file.Sha256,
                        IsPacked: false
                    )
                )
            )
            .ToList();
        var damage = new List<string>();
        for (var i = 0; i < files.Count; i++)
        {
            progress?.Report(new($"check {files[i].Name}", i, files.Count));
            try
            {
                if (await ChecksumAsync(files[i].Path, cancellation) != files[i].Sha256)
                    damage.Add($"{files[i].Name}: the checksum is wrong: the file was changed or is damaged");
                else if (unpack && files[i].IsPacked)
                    await UnpackAsync(files[i].Path, cancellation);
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
            {
                damage.Add($"{files[i].Name}: the file is missing");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
            {
                damage.Add($"{files[i].Name}: {e.Message}");
            }
        }
        progress?.Report(new("done", files.Count, files.Count));
        return damage;
    }

    private static async Task UnpackAsync(string path, CancellationToken cancellation)
    {
        await using var packed = File.OpenRead(path);
        await using var rows = new GZipStream(packed, CompressionMode.Decompress);
        await rows.CopyToAsync(Stream.Null, cancellation);
    }

    private void NeedListed(BackupManifest manifest)
    {
        var listed = manifest.Files.Select(file => file.Name).ToHashSet(StringComparer.Ordinal);
        try
        {
            foreach (var path in Directory.EnumerateFiles(Path, "*" + RowsEnding))
                if (System.IO.Path.GetFileName(path) is var name && !listed.Contains(name))
                    throw Wrong($"files: '{name}' is in the folder and not in the list");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"the backup in '{Path}' cannot be read: {e.Message}", e);
        }
    }

    private BackupManifest Parse(byte[] json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, BackupJson.Default.BackupManifest) ?? throw Wrong("it is empty");
        }
        catch (JsonException e)
        {
            var at = e.Path is { Length: > 2 } path ? path[2..] : $"line {e.LineNumber + 1}";
            var missing = e.Message.Contains("missing required properties", StringComparison.Ordinal)
                ? $"{at}: {MissingOf(e.Message)}"
                : null;
            throw Wrong(missing ?? $"{at}: it is null, has the wrong type, or is not JSON");
        }
    }

    // "... was missing required properties including: 'rows', 'sha256'."
    private static string MissingOf(string message) =>
        message.IndexOf("including: ", StringComparison.Ordinal) is > 0 and var at
            ? $"{message[(at + "including: ".Length)..].Split(". ")[0].TrimEnd('.')} is missing"
            : "a field is missing";

    private StoreException Wrong(string problem) => new($"{In(BackupManifest.FileName)}: {problem}");

    private string In(string name) => System.IO.Path.Combine(Path, name);
}

/// <summary>A file outside the store that a backup includes.</summary>
/// <param name="Name">The path in the backup, with slashes, for example
/// <c>policies/mine.json</c>.</param>
/// <param name="Content">Its content.</param>
public sealed record BackupSource(string Name, ReadOnlyMemory<byte> Content);
