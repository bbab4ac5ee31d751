using System.Buffers;
using System.Runtime.InteropServices;

namespace Remora.Forecasts;

/// <summary>
/// Writes the fields of a state as bytes, or reads them back in the same order: one method lists
/// the fields for both. A hash at the end detects damaged bytes. Little-endian, all bits of a
/// number.
/// </summary>
internal sealed class StateCodec
{
    private const int HashLength = 8;
    private readonly ArrayBufferWriter<byte>? _written;
    private readonly byte[] _state;
    private int _read;

    private StateCodec(ArrayBufferWriter<byte>? written, byte[] state)
    {
        _written = written;
        _state = state;
    }

    public bool IsReading => _written is null;

    public static StateCodec Writer() => new(new(), []);

    /// <summary>Begins to read.</summary>
    /// <exception cref="FormatException">The bytes are damaged.</exception>
    public static StateCodec Reader(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HashLength || !Hash(bytes[..^HashLength]).SequenceEqual(bytes[^HashLength..]))
            throw new FormatException("the state is damaged: its hash differs");
        return new(null, bytes[..^HashLength].ToArray());
    }

    /// <summary>Returns the written bytes with their hash.</summary>
    public byte[] ToBytes() => [.. _written!.WrittenSpan, .. Hash(_written.WrittenSpan)];

    public void Field(ref double value) => Exchange(MemoryMarshal.AsBytes(new Span<double>(ref value)));

    public void Field(ref long value) => Exchange(MemoryMarshal.AsBytes(new Span<long>(ref value)));

    public void Field<T>(Span<T> values)
        where T : unmanaged => Exchange(MemoryMarshal.AsBytes(values));

    /// <summary>Writes a number, or reads it and refuses another one.</summary>
    /// <exception cref="FormatException">The read number differs.</exception>
    public void Expect(long expected, string what)
    {
        var value = expected;
        Field(ref value);
        if (value != expected)
            throw new FormatException($"the state has another {what}: {value}, expected {expected}");
    }

    /// <summary>Writes the first number, or reads one of the two and returns it.</summary>
    /// <exception cref="FormatException">The read number is neither.</exception>
    public long Expect(long expected, long other, string what)
    {
        var value = expected;
        Field(ref value);
        return value == expected || value == other
            ? value
            : throw new FormatException($"the state has another {what}: {value}, expected {expected} or {other}");
    }

    /// <summary>Reads a number.</summary>
    /// <param name="most">The largest allowed one; the smallest is 0.</param>
    /// <exception cref="FormatException">The read number is not allowed.</exception>
    public int Number(int most)
    {
        var value = 0L;
        Field(ref value);
        return value >= 0 && value <= most
            ? (int)value
            : throw new FormatException($"the state has the number {value}, expected 0 to {most}");
    }

    /// <summary>Refuses bytes that are left over.</summary>
    /// <exception cref="FormatException">Bytes are left over.</exception>
    public void End()
    {
        if (_read < _state.Length)
            throw new FormatException("the state is too long");
    }

    private void Exchange(Span<byte> bytes)
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("states are little-endian");
        if (_written is not null)
        {
            _written.Write(bytes);
            return;
        }
        if (_state.Length - _read < bytes.Length)
            throw new FormatException("the state is too short");
        _state.AsSpan(_read, bytes.Length).CopyTo(bytes);
        _read += bytes.Length;
    }

    private static ReadOnlySpan<byte> Hash(ReadOnlySpan<byte> bytes) => Sha256.Hash(bytes).AsSpan(0, HashLength);
}
