using System.IO.Compression;

namespace Remora.Store.Files;

/// <summary>Writes the result of a query to a file.</summary>
public static class FileExport
{
    /// <summary>
    /// Writes a file in the format of its extension: .csv, .csv.gz, .jsonl, .jsonl.gz, .parquet,
    /// .feather or .arrow. The file appears only when it is complete.
    /// </summary>
    /// <param name="query">The query.</param>
    /// <param name="path">The file. An existing file is replaced.</param>
    /// <param name="progress">Receives the number of bytes so far, before compression.</param>
    /// <param name="cancellation">Stops the export. No file is left.</param>
    /// <returns>The number of bytes received.</returns>
    /// <exception cref="StoreException">
    /// The extension is unknown, or the file cannot be written.
    /// </exception>
    public static Task<long> WriteAsync<T>(
        StoreQuery<T> query,
        string path,
        IProgress<long>? progress = null,
        CancellationToken cancellation = default
    ) => WriteAsync(query.StreamAsync, path, progress, cancellation);

    /// <summary>
    /// Writes rows from any source in the format of the file's extension, by the same rules.
    /// </summary>
    /// <param name="open">Opens the rows in a format.</param>
    /// <param name="path">The file. An existing file is replaced.</param>
    /// <param name="progress">Receives the number of bytes so far, before compression.</param>
    /// <param name="cancellation">Stops the export. No file is left.</param>
    /// <returns>The number of bytes received.</returns>
    /// <exception cref="StoreException">
    /// The extension is unknown, or the file cannot be written.
    /// </exception>
    public static async Task<long> WriteAsync(
        Func<StoreFormat, CancellationToken, Task<Stream>> open,
        string path,
        IProgress<long>? progress = null,
        CancellationToken cancellation = default
    )
    {
        if (!StoreFormats.TryFromFile(path, out var format))
            throw new StoreException($"'{path}': unknown file extension; allowed are {StoreFormats.Extensions}");
        var unfinished = path + ".part";
        try
        {
            long bytes;
            await using (var file = new FileStream(unfinished, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                await using var target = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)
                    ? new GZipStream(file, CompressionLevel.Optimal)
                    : (Stream)file;
                await using var rows = await open(format, cancellation);
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
            if (File.Exists(unfinished))
                File.Delete(unfinished);
        }
    }

    internal static async Task<long> CopyAsync(
        Stream from,
        Stream to,
        IProgress<long>? progress,
        CancellationToken cancellation
    )
    {
        var buffer = new byte[128 << 10];
        var bytes = 0L;
        int read;
        while ((read = await ReadAsync(from, buffer, cancellation)) > 0)
        {
            await to.WriteAsync(buffer.AsMemory(0, read), cancellation);
            bytes += read;
            progress?.Report(bytes);
        }
        return bytes;
    }

    private static async Task<int> ReadAsync(Stream from, byte[] buffer, CancellationToken cancellation)
    {
        try
        {
            return await from.ReadAsync(buffer, cancellation);
        }
        catch (IOException e)
        {
            throw new StoreException($"the rows ended early: {e.Message}", e);
        }
    }
}
