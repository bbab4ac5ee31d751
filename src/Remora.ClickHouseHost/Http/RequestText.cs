using System.IO.Compression;
using System.Text;
using Microsoft.AspNetCore.Http;
using Remora.ClickHouseHost.Engine;
using Remora.ClickHouseHost.Sql;

namespace Remora.ClickHouseHost.Http;

/// <summary>
/// The statement of a request and the rows after it. The statement is the URL's <c>query</c>
/// followed by the body. Of an INSERT, only the beginning is read into memory; its rows stay in the
/// body.
/// </summary>
internal sealed class RequestText : IAsyncDisposable
{
    private const int HeadBytes = 256 << 10;
    private const int MostBytes = 64 << 20;

    private readonly Stream _body;

    private RequestText(byte[] text, Statement statement, Stream body)
    {
        Text = text;
        Statement = statement;
        _body = body;
    }

    public byte[] Text { get; }

    public Statement Statement { get; }

    /// <summary>
    /// Returns the rows of an INSERT: those already read, then the rest of the body.
    /// </summary>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadRowsAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation
    )
    {
        if (Statement.DataStart < Text.Length)
            yield return Text.AsMemory(Statement.DataStart);
        var buffer = new byte[HeadBytes];
        int read;
        while (
            (read = await _body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation)) > 0
        )
            yield return buffer.AsMemory(0, read);
    }

    public static async Task<RequestText> ReadAsync(
        HttpRequest request,
        string? urlQuery,
        IFormCollection? form,
        CancellationToken cancellation
    )
    {
        var body = form is null ? Decoded(request) : Stream.Null;
        using var text = new MemoryStream();
        text.Write(Encoding.UTF8.GetBytes(urlQuery ?? form?["query"].ToString() ?? ""));
        if (await CopyAsync(body, text, HeadBytes, separate: text.Length > 0, cancellation))
        {
            // Longer than the limit: the rows of an INSERT stay in the body; any other statement is
            // read to its end.
            var beginning = Statement.Read(text.GetBuffer().AsSpan(0, (int)text.Length));
            if (
                beginning.Kind != StatementKind.InsertData
                && await CopyAsync(body, text, MostBytes, separate: false, cancellation)
            )
                throw EngineException.Of(
                    62,
                    "SYNTAX_ERROR",
                    $"Max query size exceeded: a statement can have at most {MostBytes} bytes"
                );
        }
        var bytes = text.ToArray();
        return new(bytes, Statement.Read(bytes), body);
    }

    public ValueTask DisposeAsync() => _body.DisposeAsync();

    // Returns true if the limit was reached before the end.
    private static async Task<bool> CopyAsync(
        Stream from,
        MemoryStream to,
        int limit,
        bool separate,
        CancellationToken cancellation
    )
    {
        var buffer = new byte[Math.Min(limit, HeadBytes)];
        for (var copied = 0; copied < limit; )
        {
            var read = await from.ReadAsync(buffer.AsMemory(0, Math.Min(buffer.Length, limit - copied)), cancellation);
            if (read == 0)
                return false;
            if (separate && copied == 0)
                to.WriteByte((byte)'\n');
            to.Write(buffer, 0, read);
            copied += read;
        }
        return true;
    }

    private static Stream Decoded(HttpRequest request)
    {
        var encoding = request.Headers.ContentEncoding.ToString();
        return encoding.ToLowerInvariant() switch
        {
            "" or "identity" => request.Body,
            "gzip" => new GZipStream(request.Body, CompressionMode.Decompress, leaveOpen: true),
            "deflate" => new ZLibStream(request.Body, CompressionMode.Decompress, leaveOpen: true),
            "br" => new BrotliStream(request.Body, CompressionMode.Decompress, leaveOpen: true),
            _ => throw EngineException.Of(
                48,
                "NOT_IMPLEMENTED",
                $"Content-Encoding '{encoding}' is not supported: use gzip, deflate, br or none"
            ),
        };
    }
}
