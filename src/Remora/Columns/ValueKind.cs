namespace Remora.Columns;

/// <summary>
/// The kind of a column's values, which determines their types in files and tables.
/// </summary>
public enum ValueKind
{
    /// <summary>A <see cref="double"/>; NaN while unknown.</summary>
    Number,

    /// <summary>A <see cref="long"/>.</summary>
    Integer,

    /// <summary>A <see cref="bool"/>.</summary>
    Boolean,

    /// <summary>A <see cref="string"/>; null while unknown.</summary>
    Text,

    /// <summary>A list of strings, which can be empty.</summary>
    List,

    /// <summary>An <see cref="Markets.Instant"/>; null while unknown.</summary>
    Time,
}

/// <summary>Where a column appears.</summary>
[Flags]
public enum ColumnUse
{
    /// <summary>Nowhere.</summary>
    None = 0,

    /// <summary>In history files: CSV, Parquet and Feather.</summary>
    File = 1,

    /// <summary>In the store's table.</summary>
    Table = 2,

    /// <summary>In the rows that the store returns. Requires <see cref="Table"/>.</summary>
    Row = 4,
}
