using Remora.ClickHouse;
using Remora.ClickHouse.Rows;
using Remora.Columns;
using Remora.Markets;

namespace Remora.Store.Tables;

/// <summary>A column of a table of the store.</summary>
/// <typeparam name="TRow">The type of the rows that are written.</typeparam>
/// <param name="Name">The name.</param>
/// <param name="Type">The type in the schema.</param>
/// <param name="Write">Encodes the value of a row.</param>
internal sealed record StoreColumn<TRow>(SqlName Name, string Type, Action<RowWriter, TRow> Write);

/// <summary>Makes columns of tables from the columns of the engine.</summary>
internal static class StoreColumn
{
    /// <summary>Creates a column that only the store has.</summary>
    public static StoreColumn<TRow> Of<TRow>(string name, string type, Action<RowWriter, TRow> write) =>
        new(SqlName.Of(name), type, write);

    /// <summary>Creates the columns of a part of the row.</summary>
    /// <param name="columns">The columns of the part.</param>
    /// <param name="part">Returns the part.</param>
    public static IEnumerable<StoreColumn<TRow>> Of<TRow, TPart>(
        IEnumerable<Column<TPart>> columns, Func<TRow, TPart> part) =>
        columns.Select(column => Of(column.TableName, column, column.IsOptional || column.IsOptionalInTable, part));

    /// <summary>
    /// Creates the columns that differ for the short side. Rows from before the short side was
    /// recorded have no values in them.
    /// </summary>
    /// <param name="columns">The columns of an assessment.</param>
    /// <param name="shortSide">Returns the assessment of the short side.</param>
    public static IEnumerable<StoreColumn<TRow>> OfShortSide<TRow>(
        IEnumerable<Column<Assessment>> columns, Func<TRow, Assessment> shortSide) =>
        columns.Where(column => column.DependsOnSide)
            .Select(column => Of(SelectList.ShortName(column), column, isOptional: true, shortSide));

    private static StoreColumn<TRow> Of<TRow, TPart>(
        string name, Column<TPart> column, bool isOptional, Func<TRow, TPart> part)
    {
        var write = Encoder(column, isOptional);
        return Of<TRow>(name, ColumnTypes.InTable(column.Kind, isOptional), (writer, row) => write(writer, part(row)));
    }

    private static Action<RowWriter, T> Encoder<T>(Column<T> column, bool isOptional) => column switch
    {
        Column<T, double> number when isOptional => (row, item) =>
            row.NullableFloat64(number.Value(item) is var value && double.IsFinite(value) ? value : null),
        Column<T, double> number => (row, item) => row.Float64(number.Value(item)),
        Column<T, string?> text when isOptional => (row, item) => row.NullableString(text.Value(item)),
        Column<T, string?> text => (row, item) => row.String(text.Value(item)),
        Column<T, Instant?> time when isOptional => (row, item) =>
        {
            var value = time.Value(item);
            row.IsNull(value is null);
            if (value is { } known) row.Int64(known.UnixMilliseconds);
        },
        Column<T, Instant?> time => (row, item) => row.Int64(time.Value(item)!.Value.UnixMilliseconds),
        Column<T, IReadOnlyList<string>> list => (row, item) => WriteList(row, list.Value(item)), // an array cannot be null
        Column<T, bool> boolean => AfterFlag<T>(isOptional, (row, item) => row.Bool(boolean.Value(item))),
        Column<T, long> integer => AfterFlag<T>(isOptional, (row, item) => row.Int64(integer.Value(item))),
        _ => throw new NotSupportedException($"A table cannot have the column '{column.Name}' of kind {column.Kind}."),
    };

    // A value that is always known, in a column that can be null.
    private static Action<RowWriter, T> AfterFlag<T>(bool isOptional, Action<RowWriter, T> write) => !isOptional ? write : (row, item) =>
    {
        row.IsNull(false);
        write(row, item);
    };

    private static void WriteList(RowWriter row, IReadOnlyList<string> texts)
    {
        row.Count(texts.Count);
        for (var i = 0; i < texts.Count; i++) row.String(texts[i]);
    }
}
