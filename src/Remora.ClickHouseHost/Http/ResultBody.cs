using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Remora.ClickHouseHost.Engine;

namespace Remora.ClickHouseHost.Http;

/// <summary>
/// The body of a response. Its beginning is held back, so that an early error becomes a status code
/// and a short result carries its statistics. After that it streams. An error during the stream is
/// written at the end, after a tag that the headers announce.
/// </summary>
internal sealed class ResultBody(HttpContext context, string? encoding, int? bufferBytes) : IAsyncDisposable
{
    private const int MemoryBytes = 8 << 20;
    private const int TagLength = 16;

    private readonly MemoryStream _kept = new();
    private readonly string _tag = RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz", TagLength);
    private FileStream? _spill;
    private Stream? _open;

    public async Task WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellation)
    {
        if (_open is null && bufferBytes is { } limit && _kept.Length + data.Length > limit)
            await OpenAsync(cancellation);
        if (_open is not null)
        {
            await _open.WriteAsync(data, cancellation);
        }
        else if (_kept.Length + data.Length > MemoryBytes || _spill is not null)
        {
            _spill ??= TemporaryFile();
            await _spill.WriteAsync(data, cancellation);
        }
        else
        {
            _kept.Write(data.Span);
        }
    }

    public async Task CompleteAsync(QueryStatistics statistics, CancellationToken cancellation)
    {
        if (_open is null)
        {
            context.Response.Headers["X-ClickHouse-Summary"] = statistics.ToHeader();
            if (encoding is null)
                context.Response.ContentLength = _kept.Length + (_spill?.Length ?? 0);
            await OpenAsync(cancellation);
        }
        await CloseAsync();
        await context.Response.CompleteAsync();
    }

    public async Task FailAsync(EngineException error, string version)
    {
        var message = WithVersion(error.Message, version) + "\n";
        if (context.Response.HasStarted)
        {
            var length = Encoding.UTF8.GetByteCount(message).ToString(CultureInfo.InvariantCulture);
            var text = $"\r\n__exception__\r\n{_tag}\r\n{message}{length} {_tag}\r\n__exception__\r\n";
            await _open!.WriteAsync(Encoding.UTF8.GetBytes(text));
            await CloseAsync();
            await context.Response.CompleteAsync();
            return;
        }
        var response = context.Response;
        response.StatusCode = ExceptionStatus.Of(error.Code);
        response.ContentType = "text/plain; charset=UTF-8";
        response.Headers.Remove("X-ClickHouse-Format");
        response.Headers["X-ClickHouse-Exception-Code"] = error.Code.ToString(CultureInfo.InvariantCulture);
        await response.WriteAsync(message);
    }

    public async ValueTask DisposeAsync()
    {
        if (_spill is not null)
            await _spill.DisposeAsync();
        await _kept.DisposeAsync();
    }

    private async Task OpenAsync(CancellationToken cancellation)
    {
        var response = context.Response;
        response.Headers["X-ClickHouse-Exception-Tag"] = _tag;
        if (encoding is not null)
            response.Headers.ContentEncoding = encoding;
        if (encoding is null && response.ContentLength is null)
            context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        _open = encoding switch
        {
            "gzip" => new GZipStream(response.Body, CompressionLevel.Fastest, leaveOpen: true),
            "deflate" => new ZLibStream(response.Body, CompressionLevel.Fastest, leaveOpen: true),
            "br" => new BrotliStream(response.Body, CompressionLevel.Fastest, leaveOpen: true),
            _ => response.Body,
        };
        await _open.WriteAsync(_kept.GetBuffer().AsMemory(0, (int)_kept.Length), cancellation);
        _kept.SetLength(0);
        if (_spill is null)
            return;
        _spill.Position = 0;
        await _spill.CopyToAsync(_open, cancellation);
    }

    private async Task CloseAsync()
    {
        if (_open is not null && _open != context.Response.Body)
            await _open.DisposeAsync();
    }

    private static FileStream TemporaryFile() =>
        new(
            Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()),
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.ReadWrite,
                Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }
        );

    private static string WithVersion(string message, string version) =>
        message.EndsWith($"(version {version})", StringComparison.Ordinal) ? message : $"{message} (version {version})";
}
