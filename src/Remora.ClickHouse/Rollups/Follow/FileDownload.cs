using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Remora.Supervision;

namespace Remora.ClickHouse.Rollups.Follow;

/// <summary>The file cannot be fetched now. The next look tries again.</summary>
internal sealed class FileWaitsException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// Downloads files into a folder. A broken download continues where it ended, also after a restart,
/// unless the file has changed on the server.
/// </summary>
internal sealed class FileDownload(HttpClient http, string folder, long mostBytes, TimeProvider time)
{
    private const int MostFailures = 5;
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(1);
    private static readonly Backoff Backoff = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(10));

    /// <summary>Returns the path of the downloaded file.</summary>
    /// <param name="url">The address.</param>
    /// <param name="hash">The expected SHA-256 in lower-case hexadecimal; null for any.</param>
    /// <param name="cancellation">Stops the download, which can continue later.</param>
    /// <exception cref="FileWaitsException">The server does not return the file now.</exception>
    /// <exception cref="RefusedFileException">It is too large or has another hash.</exception>
    public async Task<string> FetchAsync(Uri url, string? hash, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        var path = PathOf(url);
        if (!File.Exists(path))
        {
            await CompleteAsync(url, path + ".part", cancellation);
            File.Move(path + ".part", path, overwrite: true);
            File.Delete(path + ".etag");
        }
        if (hash is null || await HashOfAsync(path, cancellation) is var found && found == hash)
            return path;
        File.Delete(path);
        throw new RefusedFileException($"the SHA-256 of the downloaded file is {found}, expected {hash}");
    }

    /// <summary>Deletes a downloaded file.</summary>
    public void Discard(Uri url)
    {
        if (Directory.Exists(folder))
            File.Delete(PathOf(url));
    }

    /// <summary>Returns the SHA-256 of a file in lower-case hexadecimal.</summary>
    public static async Task<string> HashOfAsync(string path, CancellationToken cancellation)
    {
        await using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation));
    }

    // The name ends like that of the file, because it says the format.
    private string PathOf(Uri url)
    {
        var name = string.Concat(
            url.Segments[^1]
                .Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_' ? letter : '_')
        );
        var id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(url.AbsoluteUri)))[..16];
        return Path.Combine(folder, $"{id}-{(name.Length > 100 ? name[^100..] : name)}");
    }

    private async Task CompleteAsync(Uri url, string part, CancellationToken cancellation)
    {
        for (var failures = 0; ; )
        {
            var before = LengthOf(part);
            try
            {
                await ContinueAsync(url, part, cancellation);
                return;
            }
            catch (Exception e)
                when (e is HttpRequestException or IOException or TimeoutException
                    && !cancellation.IsCancellationRequested
                )
            {
                failures = LengthOf(part) > before ? 1 : failures + 1;
                if (failures >= MostFailures)
                    throw new FileWaitsException($"the download fails: {e.Message}", e);
            }
            await Task.Delay(Backoff.After(failures), time, cancellation);
        }
    }

    private async Task ContinueAsync(Uri url, string part, CancellationToken cancellation)
    {
        var tagFile = Path.ChangeExtension(part, ".etag");
        var have = LengthOf(part);
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        if (
            have > 0
            && File.Exists(tagFile)
            && EntityTagHeaderValue.TryParse(await File.ReadAllTextAsync(tagFile, cancellation), out var tag)
        )
        {
            request.Headers.Range = new(have, null);
            request.Headers.IfRange = new(tag);
        }
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        silence.CancelAfter(Silence);
        try
        {
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, silence.Token);
            var total = TotalOf(answer, have);
            if (total is { } bytes && bytes == have && answer.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
                return;
            if (answer.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.PartialContent))
                throw Failure(answer.StatusCode);
            if (total > mostBytes)
                throw TooLarge();
            await AppendAsync(answer, part, tagFile, total, silence);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new TimeoutException($"nothing was received for {Silence.TotalSeconds:0} s", e);
        }
    }

    private async Task AppendAsync(
        HttpResponseMessage answer,
        string part,
        string tagFile,
        long? total,
        CancellationTokenSource silence
    )
    {
        var isRest = answer.StatusCode == HttpStatusCode.PartialContent;
        if (isRest && answer.Content.Headers.ContentRange?.From != LengthOf(part))
            throw new IOException("the server returned another range than was requested");
        await using var file = new FileStream(part, isRest ? FileMode.Append : FileMode.Create, FileAccess.Write);
        // A weak tag does not promise the same bytes
        if (answer.Headers.ETag is { IsWeak: false } tag)
            await File.WriteAllTextAsync(tagFile, tag.ToString(), silence.Token);
        else
            File.Delete(tagFile);
        await using var content = await answer.Content.ReadAsStreamAsync(silence.Token);
        var buffer = new byte[1 << 16];
        while (await content.ReadAsync(buffer, silence.Token) is > 0 and var count)
        {
            silence.CancelAfter(Silence);
            if (file.Position + count > mostBytes)
                throw TooLarge();
            await file.WriteAsync(buffer.AsMemory(0, count), silence.Token);
        }
        await file.FlushAsync(silence.Token);
        if (total is { } bytes && file.Position != bytes)
            throw new IOException($"the connection ended after {file.Position} of {bytes} bytes");
    }

    private static long? TotalOf(HttpResponseMessage answer, long have) =>
        answer.StatusCode is HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable
            ? answer.Content.Headers.ContentRange?.Length
                ?? (answer.Content.Headers.ContentLength is { } rest ? have + rest : null)
            : answer.Content.Headers.ContentLength;

    private static Exception Failure(HttpStatusCode status) =>
        (int)status is >= 500 or 408 or 429
            ? new HttpRequestException(string.Create(CultureInfo.InvariantCulture, $"the server answers {(int)status}"))
            : new FileWaitsException(
                string.Create(CultureInfo.InvariantCulture, $"the server answers {(int)status} ({status})")
            );

    private RefusedFileException TooLarge() => new($"the file is larger than {mostBytes} bytes");

    private static long LengthOf(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;
}
