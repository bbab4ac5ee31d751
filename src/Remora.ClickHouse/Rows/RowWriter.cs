using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Remora.ClickHouse.Rows;

/// <summary>
/// Encodes rows as RowBinary: the values in the order of the insert's columns, each by the method
/// of its type.
/// </summary>
public sealed class RowWriter
{
    private readonly ArrayBufferWriter<byte> _buffer = new(64 << 10);

    public int Length => _buffer.WrittenCount;

    /// <summary>
    /// The encoded bytes. They are valid until the next write or <see cref="Clear"/>.
    /// </summary>
    public ReadOnlyMemory<byte> Written => _buffer.WrittenMemory;

    public void UInt8(byte value) => Take(1)[0] = value;

    public void UInt16(ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(Take(2), value);

    public void UInt32(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Take(4), value);

    public void UInt64(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Take(8), value);

    public void Int8(sbyte value) => Take(1)[0] = (byte)value;

    public void Int16(short value) => BinaryPrimitives.WriteInt16LittleEndian(Take(2), value);

    public void Int32(int value) => BinaryPrimitives.WriteInt32LittleEndian(Take(4), value);

    public void Int64(long value) => BinaryPrimitives.WriteInt64LittleEndian(Take(8), value);

    public void Float32(float value) => BinaryPrimitives.WriteSingleLittleEndian(Take(4), value);

    public void Float64(double value) => BinaryPrimitives.WriteDoubleLittleEndian(Take(8), value);

    public void Bool(bool value) => Take(1)[0] = value ? (byte)1 : (byte)0;

    /// <summary>Writes a String or LowCardinality(String).</summary>
    public void String(ReadOnlySpan<char> value)
    {
        var length = Encoding.UTF8.GetByteCount(value);
        Count(length);
        Encoding.UTF8.GetBytes(value, Take(length));
    }

    public void Bytes(ReadOnlySpan<byte> value)
    {
        Count(value.Length);
        value.CopyTo(Take(value.Length));
    }

    public void FixedString(ReadOnlySpan<byte> value, int length)
    {
        if (value.Length > length)
            throw new ArgumentException($"{value.Length} bytes do not fit into FixedString({length})", nameof(value));
        var data = Take(length);
        data.Clear();
        value.CopyTo(data);
    }

    public void Date(DateOnly value) =>
        UInt16(checked((ushort)(value.DayNumber - DateOnly.FromDateTime(System.DateTime.UnixEpoch).DayNumber)));

    public void DateTime(DateTimeOffset value) => UInt32(checked((uint)value.ToUnixTimeSeconds()));

    /// <summary>Writes a DateTime64(3).</summary>
    public void DateTime64Milliseconds(DateTimeOffset value) => Int64(value.ToUnixTimeMilliseconds());

    /// <summary>Writes a DateTime64(6).</summary>
    public void DateTime64Microseconds(DateTimeOffset value) =>
        Int64((value.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond);

    public void Uuid(Guid value)
    {
        var data = Take(16);
        value.TryWriteBytes(data, bigEndian: true, out _);
        data[..8].Reverse();
        data[8..].Reverse();
    }

    /// <summary>
    /// Writes the null flag before a Nullable value. A null has no value after it.
    /// </summary>
    public void IsNull(bool isNull) => Take(1)[0] = isNull ? (byte)1 : (byte)0;

    public void NullableFloat64(double? value)
    {
        IsNull(value is null);
        if (value is { } number)
            Float64(number);
    }

    public void NullableString(string? value)
    {
        IsNull(value is null);
        if (value is not null)
            String(value);
    }

    /// <summary>Writes the number of items before the items of an Array.</summary>
    public void Count(int count)
    {
        for (var rest = (uint)count; ; rest >>= 7)
        {
            if (rest < 0x80)
            {
                UInt8((byte)rest);
                return;
            }
            UInt8((byte)(rest | 0x80));
        }
    }

    public void Clear() => _buffer.ResetWrittenCount();

    /// <summary>
    /// Removes everything after the first bytes, for example a row that is not complete.
    /// </summary>
    /// <param name="length">The number of bytes that remain, at most <see cref="Length"/>.</param>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        _buffer.ResetWrittenCount();
        _buffer.Advance(length);
    }

    private Span<byte> Take(int size)
    {
        var data = _buffer.GetSpan(size)[..size];
        _buffer.Advance(size);
        return data;
    }
}
