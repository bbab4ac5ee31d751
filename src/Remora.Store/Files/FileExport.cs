using System.IO.Compression;

namespace Remora.Store.Files;

/// <summary>Writes what a question gives into a file.</summary>
public static class FileExport
{
    /// <summary>Writes a file in the format of its ending: .csv, .csv.gz, .jsonl, .jsonl.gz, .parquet, .feather or .arrow. It is there when it is whole, or not at all.</summary>
    /// <param name="query">What to write.</param>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="progress">Told how many bytes have come so far, before they are compressed.</param>
    /// <param name="cancellation">Stops it; nothing is left.</param>
    /// <returns>The bytes that came.</returns>
    /// <exception cref="StoreException">The ending is of no known format, or the file cannot be written.</exception>
    public static async Task<long> WriteAsync<T>(StoreQuery<T> query, string path, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        if (!StoreFormats.TryFromFile(path, out var format))
            throw new StoreException($"'{path}' says no format: allowed are .csv, .csv.gz, .jsonl, .jsonl.gz, .parquet, .feather and .arrow");
        var unfinished = path + ".part";
        try
        {
            long bytes;
            await using (var file = new FileStream(unfinished, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                await using var target = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionLevel.Optimal) : (Stream)file;
                await using var rows = await query.StreamAsync(format, cancellation);
                bytes = await CopyAsync(rows, target, progress, cancellation);
            }
            File.Move(unfinished, path, overwrite: true);
            return bytes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"'{path}' cannot be written: {e.Message}", e);
        }
        finally
        {
            if (File.Exists(unfinished)) File.Delete(unfinished);
        }
    }

    internal static async Task<long> CopyAsync(Stream from, Stream to, IProgress<long>? progress, CancellationToken cancellation)
    {
        var buffer = new byte[128 << 10];
        var bytes = 0L;
        int read;
        while ((read = await from.ReadAsync(buffer, cancellation)) > 0)
        {
            await to.WriteAsync(buffer.AsMemory(0, read), cancellation);
            bytes += read;
            progress?.Report(bytes);
        }
        return bytes;
    }
}
