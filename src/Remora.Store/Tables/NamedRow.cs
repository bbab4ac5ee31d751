using System.Collections.Frozen;
using Remora.ClickHouse.Rows;
using Remora.Markets;

namespace Remora.Store.Tables;

/// <summary>The values of one row of a result, by column name. An unknown value is null.</summary>
internal sealed class NamedRow
{
    /// <summary>Separates the items of a list that is returned as text.</summary>
    public const char ListSeparator = '|';

    private readonly FrozenDictionary<string, int> _positions;
    private readonly object?[] _values;

    private NamedRow(FrozenDictionary<string, int> positions, object?[] values)
    {
        _positions = positions;
        _values = values;
    }

    /// <summary>Returns a function that reads rows of one query.</summary>
    public static Func<RowReader, T> Reader<T>(Func<NamedRow, T> create)
    {
        FrozenDictionary<string, int>? positions = null;
        return row =>
        {
            positions ??= row
                .Names.Index()
                .ToFrozenDictionary(name => name.Item, name => name.Index, StringComparer.Ordinal);
            return create(new(positions, [.. row.Types.Select(type => Value(row, type))]));
        };
    }

    /// <summary>Returns a number; null while unknown.</summary>
    public double? Number(string column) => (double?)_values[_positions[column]];

    /// <summary>Returns a count.</summary>
    public long Count(string column) => (long)_values[_positions[column]]!;

    /// <summary>Returns a truth value.</summary>
    public bool Boolean(string column) => (bool)_values[_positions[column]]!;

    /// <summary>Returns a text; null while unknown.</summary>
    public string? Text(string column) => (string?)_values[_positions[column]];

    /// <summary>Returns a list, which the query joins with <see cref="ListSeparator"/>.</summary>
    public IReadOnlyList<string> List(string column) =>
        Text(column)!.Split(ListSeparator, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Returns a moment; null while unknown.</summary>
    public Instant? Time(string column) => (Instant?)_values[_positions[column]];

    private static object? Value(RowReader row, ColumnType type) =>
        type.Kind switch
        {
            ColumnKind.Float64 when type.IsNullable => row.Nullable(value => value.Float64()),
            ColumnKind.Float64 => row.Float64(),
            ColumnKind.Float32 when type.IsNullable => row.Nullable(value => (double)value.Float32()),
            ColumnKind.Float32 => (double)row.Float32(),
            ColumnKind.UInt64 => (long)row.UInt64(),
            ColumnKind.UInt32 => (long)row.UInt32(),
            ColumnKind.Bool => row.Bool(),
            ColumnKind.String when type.IsNullable => row.NullableString(),
            ColumnKind.String => row.String(),
            ColumnKind.DateTime => Instant.From(row.DateTime()),
            ColumnKind.DateTime64 when type.IsNullable => row.Nullable(value => Instant.From(value.DateTime64())),
            ColumnKind.DateTime64 => Instant.From(row.DateTime64()),
            _ => throw new NotSupportedException($"A column of type {type.Text} cannot be read by name."),
        };
}
