using Remora.Columns;

namespace Remora.Store.Tables;

/// <summary>The ClickHouse types of the engine's columns.</summary>
internal static class ColumnTypes
{
    /// <summary>The type of a time in tables and files.</summary>
    public const string Time = "DateTime64(3, 'UTC')";

    /// <summary>The type of a name in tables, which store each value once.</summary>
    public static readonly string Name = InTable(ValueKind.Text, isOptional: false);

    /// <summary>Returns the type in a table.</summary>
    public static string InTable(ValueKind kind, bool isOptional) =>
        kind switch
        {
            ValueKind.List => "Array(LowCardinality(String))",
            ValueKind.Text => $"LowCardinality({Nullable("String", isOptional)})",
            _ => Nullable(Plain(kind), isOptional),
        };

    /// <summary>Returns the type in a file, which has lists as text.</summary>
    public static string InFile<T>(Column<T> column) =>
        Nullable(column.Kind is ValueKind.List or ValueKind.Text ? "String" : Plain(column.Kind), column.IsOptional);

    private static string Plain(ValueKind kind) =>
        kind switch
        {
            ValueKind.Number => "Float64",
            ValueKind.Integer => "Int64",
            ValueKind.Boolean => "Bool",
            ValueKind.Time => Time,
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "The kind has no plain type."),
        };

    private static string Nullable(string type, bool isOptional) => isOptional ? $"Nullable({type})" : type;
}
