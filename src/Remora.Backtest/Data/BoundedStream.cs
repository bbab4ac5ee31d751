using System.Globalization;

namespace Remora.Backtest.Data;

/// <summary>
/// Reads another stream up to a number of bytes, so that a small compressed file cannot exhaust the
/// memory.
/// </summary>
internal sealed class BoundedStream(Stream inner, long maxBytes) : Stream
{
    private long _read;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => _read;
        set => throw new NotSupportedException();
    }

    /// <summary>Returns the error message for a larger file.</summary>
    public static string TooLarge(long maxBytes) =>
        string.Create(CultureInfo.InvariantCulture, $"the file has more than {maxBytes} bytes of content, the maximum");

    /// <exception cref="InvalidDataException">The stream has more bytes than allowed.</exception>
    public override int Read(Span<byte> buffer)
    {
        var read = inner.Read(buffer);
        _read += read;
        return _read <= maxBytes ? read : throw new InvalidDataException(TooLarge(maxBytes));
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        // The stream is read-only.
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }
}
