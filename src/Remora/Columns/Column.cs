using Remora.Markets;

namespace Remora.Columns;

/// <summary>
/// A named value of each row. Header, file types, table, encoder and query follow from one list of
/// columns.
/// </summary>
/// <typeparam name="T">The type of a row.</typeparam>
/// <param name="Name">The name in files and returned rows.</param>
/// <param name="Kind">The kind of the values.</param>
/// <param name="Use">Where the column appears.</param>
public abstract record Column<T>(string Name, ValueKind Kind, ColumnUse Use)
{
    /// <summary>The name in the store's table.</summary>
    public string TableName { get; init; } = Name;

    /// <summary>Whether a value can be unknown.</summary>
    public bool IsOptional { get; init; }

    /// <summary>
    /// Whether the table can have rows without a value, although files cannot: rows from before the
    /// column existed or from before the first candle.
    /// </summary>
    public bool IsOptionalInTable { get; init; }

    /// <summary>Whether the value depends on the side of the assessment.</summary>
    public bool DependsOnSide { get; init; }
}

/// <summary>A column with the function that returns its value.</summary>
/// <typeparam name="T">The type of a row.</typeparam>
/// <typeparam name="TValue">The type of the values, as <see cref="ValueKind"/> names
/// it.</typeparam>
public sealed record Column<T, TValue> : Column<T>
{
    internal Column(string name, ValueKind kind, ColumnUse use, Func<T, TValue> value)
        : base(name, kind, use) => Value = value;

    /// <summary>Returns the value of a row.</summary>
    public Func<T, TValue> Value { get; }
}

/// <summary>Creates columns: one method for each <see cref="ValueKind"/>.</summary>
public static class Column
{
    /// <summary>Creates a column of numbers; NaN is unknown.</summary>
    public static Column<T> Number<T>(string name, ColumnUse use, Func<T, double> value) =>
        new Column<T, double>(name, ValueKind.Number, use, value);

    /// <summary>Creates a column of whole numbers.</summary>
    public static Column<T> Integer<T>(string name, ColumnUse use, Func<T, long> value) =>
        new Column<T, long>(name, ValueKind.Integer, use, value);

    /// <summary>Creates a column of truth values.</summary>
    public static Column<T> Boolean<T>(string name, ColumnUse use, Func<T, bool> value) =>
        new Column<T, bool>(name, ValueKind.Boolean, use, value);

    /// <summary>Creates a column of texts; null is unknown.</summary>
    public static Column<T> Text<T>(string name, ColumnUse use, Func<T, string?> value) =>
        new Column<T, string?>(name, ValueKind.Text, use, value);

    /// <summary>Creates a column of lists of texts.</summary>
    public static Column<T> List<T>(string name, ColumnUse use, Func<T, IReadOnlyList<string>> value) =>
        new Column<T, IReadOnlyList<string>>(name, ValueKind.List, use, value);

    /// <summary>Creates a column of moments; null is unknown.</summary>
    public static Column<T> Time<T>(string name, ColumnUse use, Func<T, Instant?> value) =>
        new Column<T, Instant?>(name, ValueKind.Time, use, value);
}
