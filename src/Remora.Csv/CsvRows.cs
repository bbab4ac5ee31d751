using CsvHelper;

namespace Remora.Csv;

/// <summary>
/// Reads the rows of a CSV file: commas, fields that can be quoted, UTF-8 unless a byte order mark
/// says otherwise. A row is one line. Empty lines are skipped, and blanks around fields are
/// removed.
/// </summary>
public sealed class CsvRows : IDisposable
{
    /// <summary>
    /// The longest line that is certainly read, in bytes. A line longer than twice this is refused.
    /// </summary>
    public const int LongestLine = 1 << 16;

    private readonly CsvReader _reader;

    /// <param name="content">The file, which is closed with this reader.</param>
    /// <param name="comment">Lines that start with this character are skipped; null for
    /// none.</param>
    public CsvRows(Stream content, char? comment = null) =>
        _reader = CsvReader.Create(
            content,
            new()
            {
                HasHeader = false,
                Separator = ',',
                CommentPrefix = comment,
                TrimWhitespace = true,
                TrackLineNumbers = true,
                AllowLineBreaksInQuotes = false,
                MaxRecordSize = LongestLine,
                BufferSize = LongestLine,
                OnMalformedRecord = Refuse,
            }
        );

    /// <summary>The number of the current line, from 1; 0 before the first row.</summary>
    public int Line { get; private set; }

    /// <summary>The number of fields of the current row.</summary>
    public int Count => _reader.FieldCount;

    /// <summary>The current line as it is in the file, as UTF-8.</summary>
    public ReadOnlySpan<byte> Raw => _reader.RawRecord;

    /// <summary>
    /// A field of the current row, without its quotes; empty after the last field.
    /// </summary>
    /// <param name="column">The column, from 0.</param>
    public string this[int column] => _reader.GetString(column);

    /// <summary>A field as UTF-8, without its quotes. Valid until the next row.</summary>
    /// <param name="column">The column, from 0.</param>
    public ReadOnlySpan<byte> Bytes(int column) => _reader.GetSpan(column);

    /// <summary>All fields of the current row.</summary>
    public string[] ToArray()
    {
        var fields = new string[Count];
        for (var i = 0; i < fields.Length; i++)
            fields[i] = this[i];
        return fields;
    }

    /// <summary>Advances to the next row; false at the end of the file.</summary>
    /// <exception cref="CsvException">The line is too long, or its quotes are wrong.</exception>
    public bool Read()
    {
        try
        {
            do
            {
                if (!_reader.Read())
                    return false;
            } while (Count == 1 && Bytes(0).IsEmpty); // a line of blanks
            Line = (int)_reader.LineNumber;
            return true;
        }
        catch (CsvFormatException e)
        {
            throw new CsvException((int)e.LineNumber, $"the line is longer than {LongestLine} bytes, the maximum", e);
        }
    }

    /// <summary>Returns the error for the current row.</summary>
    public CsvException Wrong(string problem) => new(Line, problem);

    /// <inheritdoc/>
    public void Dispose() => _reader.Dispose();

    private static void Refuse(CsvMalformedRecord record)
    {
        // A quote inside an unquoted field is text.
        if (record.Reason == CsvMalformedReason.StrayQuote)
            return;
        throw new CsvException(
            (int)record.LineNumber,
            record.Reason == CsvMalformedReason.TextAfterClosingQuote
                ? "expected a comma after the closing quote"
                : "a quote is not closed on its line"
        );
    }
}

/// <summary>A CSV file is invalid.</summary>
public sealed class CsvException(int line, string problem, Exception? cause = null)
    : FormatException($"line {line}: {problem}", cause)
{
    /// <summary>The number of the line, from 1.</summary>
    public int Line { get; } = line;

    /// <summary>What is wrong, without the line.</summary>
    public string Problem { get; } = problem;
}
