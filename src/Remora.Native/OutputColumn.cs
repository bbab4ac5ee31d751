using Remora.Columns;
using Remora.Markets;

namespace Remora.Native;

/// <summary>
/// Writes one column of assessments into the memory of the caller. The kind of the column defines
/// the values: see <c>remora_output</c> in remora.h.
/// </summary>
internal abstract unsafe class OutputColumn
{
    private const int NoText = -1;
    private const long NoTime = long.MinValue;

    private static readonly Dictionary<string, Column<Assessment>> Named = AssessmentColumns.Files.ToDictionary(
        column => column.Name
    );

    /// <summary>Writes the value of a row.</summary>
    public abstract void Write(Assessment assessment, long row);

    /// <summary>Returns the writer of a column.</summary>
    /// <param name="name">The name of the column.</param>
    /// <param name="data">The memory of the caller.</param>
    /// <param name="bytes">Its size.</param>
    /// <param name="rows">The number of values to write.</param>
    /// <param name="texts">Receives the texts.</param>
    /// <exception cref="RefusedException">There is no such column, or the memory is null or too
    /// small.</exception>
    public static OutputColumn Of(string name, void* data, long bytes, long rows, TextTable texts)
    {
        if (!Named.TryGetValue(name, out var column) && !ForecastColumns.TryFind(name, out column))
            throw new RefusedException(
                ResultCode.Argument,
                $"'{name}' is not a column: expected one of {string.Join(", ", Named.Keys)}, or a column of forecasts",
                column: name
            );
        if (data is null && rows > 0)
            throw new RefusedException(ResultCode.Argument, $"the memory of the column '{name}' is null", column: name);
        var width = WidthOf(column.Kind);
        if (bytes < 0 || bytes / width < rows)
            throw new RefusedException(
                ResultCode.Argument,
                $"the memory of the column '{name}' has {bytes} bytes: {rows} values of kind "
                    + $"{RemoraJson.NameOf(column.Kind)} need {rows * width}",
                column: name
            );
        return column switch
        {
            Column<Assessment, double> number => new Number(number.Value, (double*)data),
            Column<Assessment, long> integer => new Integer(integer.Value, (long*)data),
            Column<Assessment, bool> boolean => new Boolean(boolean.Value, (byte*)data),
            Column<Assessment, Instant?> time => new Time(time.Value, (long*)data),
            Column<Assessment, string?> text => new Text(text.Value, (int*)data, texts),
            Column<Assessment, IReadOnlyList<string>> list => new List(list.Value, (int*)data, texts),
            _ => throw new NotSupportedException($"a column of kind {column.Kind} has no form in C"),
        };
    }

    private static int WidthOf(ValueKind kind) =>
        kind switch
        {
            ValueKind.Boolean => sizeof(byte),
            ValueKind.Text or ValueKind.List => sizeof(int),
            _ => sizeof(long),
        };

    private sealed class Number(Func<Assessment, double> value, double* data) : OutputColumn
    {
        // As in a file, a value that is not finite is not known.
        public override void Write(Assessment assessment, long row)
        {
            var number = value(assessment);
            data[row] = double.IsFinite(number) ? number : double.NaN;
        }
    }

    private sealed class Integer(Func<Assessment, long> value, long* data) : OutputColumn
    {
        public override void Write(Assessment assessment, long row) => data[row] = value(assessment);
    }

    private sealed class Boolean(Func<Assessment, bool> value, byte* data) : OutputColumn
    {
        public override void Write(Assessment assessment, long row) =>
            data[row] = value(assessment) ? (byte)1 : (byte)0;
    }

    private sealed class Time(Func<Assessment, Instant?> value, long* data) : OutputColumn
    {
        public override void Write(Assessment assessment, long row) =>
            data[row] = value(assessment)?.UnixMilliseconds ?? NoTime;
    }

    private sealed class Text(Func<Assessment, string?> value, int* data, TextTable texts) : OutputColumn
    {
        // Names of enumerations and policies are the same objects from row to row.
        private string? _last;
        private int _code = NoText;

        public override void Write(Assessment assessment, long row)
        {
            var text = value(assessment);
            if (!ReferenceEquals(text, _last))
                (_last, _code) = (text, text is null ? NoText : texts.CodeOf(text));
            data[row] = _code;
        }
    }

    private sealed class List(Func<Assessment, IReadOnlyList<string>> value, int* data, TextTable texts) : OutputColumn
    {
        private readonly int _empty = texts.CodeOf("");

        public override void Write(Assessment assessment, long row)
        {
            var list = value(assessment);
            data[row] = list.Count switch
            {
                0 => _empty,
                1 => texts.CodeOf(list[0]),
                _ => texts.CodeOf(string.Join(AssessmentCsv.ListSeparator, list)),
            };
        }
    }
}
