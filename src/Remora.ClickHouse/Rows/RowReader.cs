using System.Buffers.Binary;
using System.Text;

namespace Remora.ClickHouse.Rows;

/// <summary>
/// Reads the values of rows from RowBinary, in the order of the columns. Each method checks its
/// type against the column. When a row has not arrived completely, the methods return defaults and
/// the row is read again later. So the function that reads a row must have no side effects.
/// </summary>
public sealed class RowReader
{
    private readonly ColumnType[] _types;
    private byte[] _buffer = [];
    private int _at;
    private int _end;
    private int _column;
    private ColumnType? _pending; // the item type of an array, or the inner type of a Nullable

    internal RowReader(IReadOnlyList<string> names, IReadOnlyList<string> types)
    {
        Names = names;
        _types = [.. types.Select(ColumnType.Parse)];
    }

    public IReadOnlyList<string> Names { get; }

    public IReadOnlyList<ColumnType> Types => _types;

    internal bool HasUnderrun { get; private set; }

    internal int Position => _at;

    public byte UInt8() => Take(ColumnKind.UInt8, 1) is { IsEmpty: false } data ? data[0] : default;

    public ushort UInt16() =>
        Take(ColumnKind.UInt16, 2) is { IsEmpty: false } data ? BinaryPrimitives.ReadUInt16LittleEndian(data) : default;

    public uint UInt32() =>
        Take(ColumnKind.UInt32, 4) is { IsEmpty: false } data ? BinaryPrimitives.ReadUInt32LittleEndian(data) : default;

    public ulong UInt64() =>
        Take(ColumnKind.UInt64, 8) is { IsEmpty: false } data ? BinaryPrimitives.ReadUInt64LittleEndian(data) : default;

    public sbyte Int8() => Take(ColumnKind.Int8, 1) is { IsEmpty: false } data ? (sbyte)data[0] : default;

    public short Int16() =>
        Take(ColumnKind.Int16, 2) is { IsEmpty: false } data ? BinaryPrimitives.ReadInt16LittleEndian(data) : default;

    public int Int32() =>
        Take(ColumnKind.Int32, 4) is { IsEmpty: false } data ? BinaryPrimitives.ReadInt32LittleEndian(data) : default;

    public long Int64() =>
        Take(ColumnKind.Int64, 8) is { IsEmpty: false } data ? BinaryPrimitives.ReadInt64LittleEndian(data) : default;

    public float Float32() =>
        Take(ColumnKind.Float32, 4) is { IsEmpty: false } data
            ? BinaryPrimitives.ReadSingleLittleEndian(data)
            : default;

    public double Float64() =>
        Take(ColumnKind.Float64, 8) is { IsEmpty: false } data
            ? BinaryPrimitives.ReadDoubleLittleEndian(data)
            : default;

    public bool Bool() => Take(ColumnKind.Bool, 1) is { IsEmpty: false } data && data[0] != 0;

    public string String() => Encoding.UTF8.GetString(Bytes());

    /// <summary>
    /// Reads the bytes of a String or FixedString. They are valid until the next row.
    /// </summary>
    public ReadOnlySpan<byte> Bytes()
    {
        var type = Next();
        if (type.Kind == ColumnKind.FixedString)
            return Slice(type.Size);
        Check(type, ColumnKind.String);
        return Slice(Length());
    }

    public DateOnly Date() =>
        Take(ColumnKind.Date, 2) is { IsEmpty: false } data
            ? DateOnly.FromDateTime(System.DateTime.UnixEpoch).AddDays(BinaryPrimitives.ReadUInt16LittleEndian(data))
            : default;

    public DateTimeOffset DateTime() =>
        Take(ColumnKind.DateTime, 4) is { IsEmpty: false } data
            ? DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadUInt32LittleEndian(data))
            : default;

    /// <summary>Reads a DateTime64 of any precision. Precision below 100 ns is truncated.</summary>
    public DateTimeOffset DateTime64()
    {
        var type = Next();
        Check(type, ColumnKind.DateTime64);
        var data = Slice(8);
        if (data.IsEmpty)
            return default;
        var value = BinaryPrimitives.ReadInt64LittleEndian(data);
        for (var digits = type.Size; digits < 7; digits++)
            value *= 10;
        for (var digits = type.Size; digits > 7; digits--)
            value /= 10;
        return DateTimeOffset.UnixEpoch.AddTicks(value);
    }

    public Guid Uuid()
    {
        var data = Take(ColumnKind.Uuid, 16);
        if (data.IsEmpty)
            return default;
        Span<byte> bytes = stackalloc byte[16];
        data.CopyTo(bytes);
        bytes[..8].Reverse();
        bytes[8..].Reverse();
        return new(bytes, bigEndian: true);
    }

    /// <summary>Reads a Nullable value with one of the other methods.</summary>
    public T? Nullable<T>(Func<RowReader, T> read)
        where T : struct => IsNull() ? null : read(this);

    /// <summary>Reads a Nullable(String).</summary>
    public string? NullableString() => IsNull() ? null : String();

    public T[] Array<T>(Func<RowReader, T> read)
    {
        var type = Next();
        Check(type, ColumnKind.Array);
        var count = Length();
        if (HasUnderrun || count > _end - _at)
        {
            HasUnderrun = true; // fewer bytes than values: the rest has not arrived yet
            return [];
        }
        var items = new T[count];
        for (var i = 0; i < count && !HasUnderrun; i++)
        {
            _pending = type.Element;
            items[i] = read(this);
        }
        return items;
    }

    internal void Start(byte[] buffer, int at, int end)
    {
        _buffer = buffer;
        _at = at;
        _end = end;
        _column = 0;
        _pending = null;
        HasUnderrun = false;
    }

    /// <summary>
    /// Checks that all columns were read; otherwise the function that reads the row is wrong.
    /// </summary>
    internal void CheckRowIsRead()
    {
        if (_column != _types.Length)
            throw new InvalidOperationException($"the row has {_types.Length} columns, {_column} were read");
    }

    private bool IsNull()
    {
        var type = TakeType();
        if (type.NotNull is null)
            throw new InvalidOperationException($"column {Where(type)} cannot be null");
        var flag = Slice(1);
        if (flag.IsEmpty || flag[0] != 0)
            return true;
        _pending = type.NotNull;
        return false;
    }

    private ColumnType Next()
    {
        var type = TakeType();
        return type.NotNull is null
            ? type
            : throw new InvalidOperationException($"column {Where(type)} may be null: read it with Nullable");
    }

    private ColumnType TakeType()
    {
        if (_pending is not { } type)
            return _column < _types.Length ? _types[_column++] : throw TooManyReads();
        _pending = null;
        return type;
    }

    private InvalidOperationException TooManyReads() => new($"the row has {_types.Length} columns only");

    private string Where(ColumnType type)
    {
        var index = System.Array.IndexOf(_types, type);
        return index < 0 ? type.Text : $"'{Names[index]}' of type {type.Text}";
    }

    private void Check(ColumnType type, ColumnKind expected)
    {
        if (type.Kind != expected)
            throw new InvalidOperationException($"column {Where(type)} was read as {expected}");
    }

    private ReadOnlySpan<byte> Take(ColumnKind kind, int size)
    {
        Check(Next(), kind);
        return Slice(size);
    }

    private ReadOnlySpan<byte> Slice(int size)
    {
        if (HasUnderrun || size > _end - _at)
        {
            HasUnderrun = true;
            return default;
        }
        var data = _buffer.AsSpan(_at, size);
        _at += size;
        return data;
    }

    private int Length()
    {
        ulong value = 0;
        for (var shift = 0; shift < 35; shift += 7)
        {
            var data = Slice(1);
            if (data.IsEmpty)
                return 0;
            value |= (ulong)(data[0] & 0x7F) << shift;
            if (data[0] < 0x80)
                return value <= int.MaxValue ? (int)value : throw new InvalidDataException("a value of more than 2 GB");
        }
        throw new InvalidDataException("invalid length: the response is not RowBinary, or it ends with an error");
    }
}
