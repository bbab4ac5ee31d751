using System.Text;

namespace Remora.Store.Files;

/// <summary>A stream whose first line can be read in advance.</summary>
internal sealed class PeekedStream : Stream
{
    private const int MostBytes = 4096;

    private readonly Stream _rest;
    private readonly byte[] _beginning;
    private int _given;

    public PeekedStream(Stream from)
    {
        _rest = from;
        var buffer = new byte[MostBytes];
        _beginning = buffer[..from.ReadAtLeast(buffer, MostBytes, throwOnEndOfStream: false)];
        var end = Array.IndexOf(_beginning, (byte)'\n');
        var line = end < 0 ? _beginning.Length : end;
        FirstLine = Encoding.Latin1.GetString(_beginning, 0, line);
    }

    /// <summary>The original first line.</summary>
    public string FirstLine { get; }

    /// <summary>Converts the first line, a header of names, to lower case.</summary>
    public void LowerFirstLine()
    {
        foreach (ref var letter in _beginning.AsSpan(0, FirstLine.Length))
            if (char.IsAsciiLetterUpper((char)letter))
                letter |= 0x20;
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        var ready = Take(buffer.AsSpan(offset, count));
        return ready > 0 ? ready : _rest.Read(buffer, offset, count);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var ready = Take(buffer.Span);
        return ready > 0 ? ready : await _rest.ReadAsync(buffer, cancellationToken);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _rest.Dispose();
        base.Dispose(disposing);
    }

    private int Take(Span<byte> buffer)
    {
        var count = Math.Min(buffer.Length, _beginning.Length - _given);
        _beginning.AsSpan(_given, count).CopyTo(buffer);
        _given += count;
        return count;
    }
}
