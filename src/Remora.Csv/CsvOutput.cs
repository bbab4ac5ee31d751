using CsvHelper;

namespace Remora.Csv;

/// <summary>
/// Writes CSV as this project's files have it: commas, quotes where they are needed, lines that end
/// with a line feed, numbers at full precision and independent of the culture.
/// </summary>
public static class CsvOutput
{
    private static readonly CsvWriterOptions Options = new()
    {
        NewLine = "\n",
        TrueValue = "true",
        FalseValue = "false",
    };

    /// <summary>Returns a writer of rows, which must be disposed.</summary>
    /// <param name="text">Receives the text and stays open.</param>
    public static CsvWriter To(TextWriter text) => CsvWriter.Create(text, Options, leaveOpen: true);
}
