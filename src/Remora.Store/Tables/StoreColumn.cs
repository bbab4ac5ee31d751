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
internal sealed record StoreColumn<TRow>(SqlName Name, string Type, Encode<TRow> Write);

/// <summary>
/// Encodes a value of a row. Rows are passed by reference, because candles are large.
/// </summary>
internal delegate void Encode<TRow>(RowWriter writer, in TRow row);

/// <summary>Returns the part of a row that some of its columns describe.</summary>
internal delegate TPart PartOf<TRow, out TPart>(in TRow row);

/// <summary>Makes columns of tables from the columns of the engine.</summary>
internal static class StoreColumn
{
    /// <summary>Creates a column that only the store has.</summary>
    public static StoreColumn<TRow> Of<TRow>(string name, string type, Encode<TRow> write) =>
        new(SqlName.Of(name), type, write);

    /// <summary>Creates the columns of a part of the row.</summary>
    /// <param name="columns">The columns of the part.</param>
    /// <param name="part">Returns the part.</param>
    public static IEnumerable<StoreColumn<TRow>> Of<TRow, TPart>(
        IEnumerable<Column<TPart>> columns,
        PartOf<TRow, TPart> part
    ) => columns.Select(column => Of(column.TableName, column, column.IsOptional || column.IsOptionalInTable, part));

    /// <summary>
    /// Creates the columns that differ for the short side. Rows from before the short side was
    /// recorded have no values in them.
    /// </summary>
    /// <param name="columns">The columns of an assessment.</param>
    /// <param name="shortSide">Returns the assessment of the short side.</param>
    public static IEnumerable<StoreColumn<TRow>> OfShortSide<TRow>(
        IEnumerable<Column<Assessment>> columns,
        PartOf<TRow, Assessment> shortSide
    ) =>
        columns
            .Where(column => column.DependsOnSide)
            .Select(column => Of(SelectList.ShortName(column), column, isOptional: true, shortSide));

    private static StoreColumn<TRow> Of<TRow, TPart>(
        string name,
        Column<TPart> column,
        bool isOptional,
        PartOf<TRow, TPart> part
    ) => Of(name, ColumnTypes.InTable(column.Kind, isOptional), Encoder(column, isOptional, part));

    private static Encode<TRow> Encoder<TRow, TPart>(Column<TPart> column, bool isOptional, PartOf<TRow, TPart> part) =>
        column switch
        {
            Column<TPart, double> number when isOptional => (writer, in row) =>
                writer.NullableFloat64(number.Value(part(row)) is var value && double.IsFinite(value) ? value : null),
            Column<TPart, double> number => (writer, in row) => writer.Float64(number.Value(part(row))),
            Column<TPart, string?> text when isOptional => (writer, in row) =>
                writer.NullableString(text.Value(part(row))),
            Column<TPart, string?> text => (writer, in row) => writer.String(text.Value(part(row))),
            Column<TPart, Instant?> time when isOptional => (writer, in row) =>
            {
                var value = time.Value(part(row));
                writer.IsNull(value is null);
                if (value is { } known)
                    writer.Int64(known.UnixMilliseconds);
            },
            Column<TPart, Instant?> time => (writer, in row) =>
                writer.Int64(time.Value(part(row))!.Value.UnixMilliseconds),
            // An array cannot be null
            Column<TPart, IReadOnlyList<string>> list => (writer, in row) => WriteList(writer, list.Value(part(row))),
            Column<TPart, bool> boolean => (writer, in row) =>
            {
                if (isOptional)
                    writer.IsNull(false);
                writer.Bool(boolean.Value(part(row)));
            },
            Column<TPart, long> integer => (writer, in row) =>
            {
                if (isOptional)
                    writer.IsNull(false);
                writer.Int64(integer.Value(part(row)));
            },
            _ => throw new NotSupportedException(
                $"A table cannot have the column '{column.Name}' of kind {column.Kind}."
            ),
        };

    private static void WriteList(RowWriter writer, IReadOnlyList<string> texts)
    {
        writer.Count(texts.Count);
        for (var i = 0; i < texts.Count; i++)
            writer.String(texts[i]);
    }
}
