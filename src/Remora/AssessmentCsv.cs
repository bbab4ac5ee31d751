using System.Globalization;
using System.Text;
using Remora.Columns;
using Remora.Markets;

namespace Remora;

/// <summary>
/// Writes assessments as rows of CSV for data frames: one row per candle, numbers at full
/// precision, an empty field for an unknown value.
/// </summary>
public static class AssessmentCsv
{
    /// <summary>Separates the items of a list.</summary>
    public const char ListSeparator = '|';

    private static readonly Action<StringBuilder, Assessment>[] Fields = [.. AssessmentColumns.Files.Select(FieldOf)];

    /// <summary>The header line, without a newline.</summary>
    public static string Header { get; } = string.Join(',', AssessmentColumns.Files.Select(column => column.Name));

    /// <summary>
    /// Appends one row and a newline. <c>date</c> is the candle's open time, as in data frames of
    /// candles. <c>as_of</c> is its close time, at which the row became knowable.
    /// </summary>
    public static void Append(StringBuilder row, Assessment assessment)
    {
        for (var i = 0; i < Fields.Length; i++)
        {
            if (i > 0)
                row.Append(',');
            Fields[i](row, assessment);
        }
        row.Append('\n');
    }

    private static Action<StringBuilder, Assessment> FieldOf(Column<Assessment> column) =>
        column switch
        {
            Column<Assessment, double> number => (row, assessment) => Append(row, number.Value(assessment)),
            Column<Assessment, long> integer => (row, assessment) => row.Append(integer.Value(assessment)),
            Column<Assessment, bool> boolean => (row, assessment) =>
                row.Append(boolean.Value(assessment) ? "true" : "false"),
            Column<Assessment, string?> text => (row, assessment) => row.Append(text.Value(assessment)),
            Column<Assessment, IReadOnlyList<string>> list => (row, assessment) =>
                row.AppendJoin(ListSeparator, list.Value(assessment)),
            Column<Assessment, Instant?> time => (row, assessment) => row.Append(time.Value(assessment)?.ToString()),
            _ => throw new NotSupportedException(
                $"CSV has no format for the column '{column.Name}' of kind {column.Kind}."
            ),
        };

    private static void Append(StringBuilder row, double value)
    {
        if (double.IsFinite(value))
            row.Append(CultureInfo.InvariantCulture, $"{value}");
    }
}
