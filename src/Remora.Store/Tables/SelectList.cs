using Remora.Columns;
using Remora.Risk;

namespace Remora.Store.Tables;

/// <summary>Makes the list of expressions of a SELECT from columns.</summary>
internal static class SelectList
{
    /// <summary>Selects the columns of rows, lists as text, in order.</summary>
    /// <param name="columns">The columns.</param>
    /// <param name="side">
    /// The side of an assessment. For the short side, the query must exclude rows without it.
    /// </param>
    public static string Of<T>(IEnumerable<Column<T>> columns, Side side = Side.Long) =>
        string.Join(
            ", ",
            columns.Where(column => column.Use.HasFlag(ColumnUse.Row)).Select(column => Expression(column, side))
        );

    /// <summary>Returns the name of the column with a value of the short side.</summary>
    public static string ShortName<T>(Column<T> column) => "short_" + column.TableName;

    private static string Expression<T>(Column<T> column, Side side)
    {
        var isShort = column.DependsOnSide && side == Side.Short;
        var name = isShort ? ShortName(column) : column.TableName;
        var expression =
            column.Kind == ValueKind.List ? $"arrayStringConcat({name}, '{NamedRow.ListSeparator}')"
            : isShort && !column.IsOptional ? $"assumeNotNull({name})"
            : name;
        return expression == column.Name ? expression : $"{expression} AS {column.Name}";
    }
}
