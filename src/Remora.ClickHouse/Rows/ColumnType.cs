using System.Globalization;

namespace Remora.ClickHouse.Rows;

/// <summary>The encoding of a value in RowBinary.</summary>
public enum ColumnKind
{
    Other,
    UInt8,
    UInt16,
    UInt32,
    UInt64,
    Int8,
    Int16,
    Int32,
    Int64,
    Float32,
    Float64,
    Bool,
    String,
    FixedString,
    Date,
    DateTime,
    DateTime64,
    Uuid,
    Array,
}

/// <summary>
/// The type of a column, as far as reading needs it. LowCardinality and SimpleAggregateFunction are
/// replaced by their inner types.
/// </summary>
public sealed record ColumnType(string Text, ColumnKind Kind)
{
    public bool IsNullable => NotNull is not null;

    /// <summary>The inner type of a Nullable; null for others.</summary>
    public ColumnType? NotNull { get; private init; }

    /// <summary>
    /// The number of fractional digits of a DateTime64, or the length of a FixedString in bytes.
    /// </summary>
    public int Size { get; private init; }

    public ColumnType? Element { get; private init; }

    public static ColumnType Parse(string text)
    {
        var (name, inner) = Split(text);
        return name switch
        {
            "Nullable" => Nullable(text, Parse(inner)),
            "LowCardinality" => Parse(inner),
            "SimpleAggregateFunction" => Parse(inner[(inner.IndexOf(',', StringComparison.Ordinal) + 1)..].Trim()),
            "Array" => new(text, ColumnKind.Array) { Element = Parse(inner) },
            "FixedString" => new(text, ColumnKind.FixedString)
            {
                Size = int.Parse(inner, CultureInfo.InvariantCulture),
            },
            "DateTime64" => new(text, ColumnKind.DateTime64)
            {
                Size = int.Parse(inner.Split(',')[0], CultureInfo.InvariantCulture),
            },
            "DateTime" => new(text, ColumnKind.DateTime),
            "Date" => new(text, ColumnKind.Date),
            "UUID" => new(text, ColumnKind.Uuid),
            "Enum8" => new(text, ColumnKind.Int8),
            "Enum16" => new(text, ColumnKind.Int16),
            _ when inner.Length == 0 && Enum.TryParse<ColumnKind>(name, out var kind) => new(text, kind),
            _ => new(text, ColumnKind.Other),
        };
    }

    private static ColumnType Nullable(string text, ColumnType inner) => new(text, inner.Kind) { NotNull = inner };

    private static (string Name, string Inner) Split(string text)
    {
        var open = text.IndexOf('(', StringComparison.Ordinal);
        return open < 0 ? (text, "") : (text[..open], text[(open + 1)..^1]);
    }
}
