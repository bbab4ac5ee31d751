using System.Buffers;
using System.Text;

namespace Remora.ClickHouse.Rows;

/// <summary>
/// The body of a response. ClickHouse appends an error during the response to its end, after a tag
/// that the headers announce. Reading returns the data before it and then throws the error. Without
/// a tag, a truncated response is an error.
/// </summary>
internal sealed class AnswerStream(Stream body, string? exceptionTag) : Stream
{
    private readonly byte[] _marker = exceptionTag is null
        ? []
        : Encoding.ASCII.GetBytes("\r\n__exception__\r\n" + exceptionTag + "\r\n");
    private byte[]? _buffer = ArrayPool<byte>.Shared.Rent(256 << 10);
    private int _start;
    private int _end;
    private bool _isAtEnd;
    private bool _isReading;
    private Exception? _fault;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    private byte[] Buffer => _buffer ?? throw new ObjectDisposedException(nameof(AnswerStream));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // Holds back bytes that may be the start of the marker until more arrive.
        while (_fault is null && !_isAtEnd && _end - _start < Math.Max(1, _marker.Length))
        {
            _isReading = true;
            await FillAsync(cancellationToken);
            _isReading = false;
        }
        var ready = _isAtEnd ? _end - _start : _end - _start - Math.Max(0, _marker.Length - 1);
        var count = Math.Min(Math.Max(0, ready), buffer.Length);
        if (count == 0)
            return _fault is null ? 0 : throw _fault;
        Buffer.AsMemory(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("responses are read asynchronously");

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        // A read that was interrupted may still write to the buffer: then it does not go back.
        var buffer = Interlocked.Exchange(ref _buffer, null);
        if (disposing && buffer is not null && !_isReading)
            ArrayPool<byte>.Shared.Return(buffer);
        if (disposing)
            body.Dispose();
        base.Dispose(disposing);
    }

    private async ValueTask FillAsync(CancellationToken cancellation)
    {
        var buffer = Buffer;
        if (_start > 0)
        {
            buffer.AsSpan(_start, _end - _start).CopyTo(buffer);
            _end -= _start;
            _start = 0;
        }
        try
        {
            var read = await body.ReadAsync(buffer.AsMemory(_end), cancellation);
            _isAtEnd = read == 0;
            _end += read;
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            _isAtEnd = true;
            _fault = new ClickHouseUnavailableException("the response was interrupted: " + e.Message, e);
        }
        var found = _marker.Length == 0 ? -1 : buffer.AsSpan(_start, _end - _start).IndexOf(_marker);
        if (found < 0)
            return;
        var text = await ReadRestAsync(_start + found + _marker.Length, cancellation);
        _fault = ClickHouseException.Read(text);
        _end = _start + found;
        _isAtEnd = true;
    }

    private async Task<string> ReadRestAsync(int from, CancellationToken cancellation)
    {
        using var rest = new MemoryStream();
        rest.Write(Buffer, from, _end - from);
        try
        {
            await body.CopyToAsync(rest, cancellation);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            // the server closes the connection after the error
        }
        return Encoding.UTF8.GetString(rest.GetBuffer(), 0, (int)rest.Length);
    }
}
