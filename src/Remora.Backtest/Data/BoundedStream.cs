using System.Globalization;

namespace Remora.Backtest.Data;

/// <summary>Reads another stream up to a number of bytes, so that a small compressed file cannot fill the
/// memory.</summary>
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

    /// <summary>The complaint about a file that has more.</summary>
    public static string TooLarge(long maxBytes) =>
        string.Create(
            CultureInfo.InvariantCulture, $"the file has more than {maxBytes} bytes of content, the most that is read");

    /// <exception cref="InvalidDataException">There is more than allowed.</exception>
    public override int Read(Span<byte> buffer)
    {
        var read = inner.Read(buffer);
        _read += read;
        return _read <= maxBytes ? read : throw new InvalidDataException(TooLarge(maxBytes));
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        // There is nothing to write.
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }
}
