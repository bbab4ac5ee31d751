using System.Globalization;

namespace Remora.Store.Recording;

/// <summary>
/// The properties of a journal batch in its file name:
/// <c>0000000000000001-assessments-2500-1732179600000.batch</c>.
/// </summary>
/// <param name="Path">The file.</param>
/// <param name="Number">The position in the order of inserts.</param>
/// <param name="Table">The table of the rows.</param>
/// <param name="Rows">The number of rows.</param>
/// <param name="ClosedAt">The close time of the batch.</param>
/// <param name="Bytes">The size of the file, in bytes.</param>
internal sealed record JournalFile(
    string Path,
    long Number,
    string Table,
    int Rows,
    DateTimeOffset ClosedAt,
    long Bytes
)
{
    public const string Extension = ".batch";

    // Leaves room for the numbers of later batches.
    private const long MaxNumber = long.MaxValue / 2;
    private static readonly long MaxClosedAt = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    public static string NameOf(long number, string table, int rows, DateTimeOffset closedAt) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{number:D16}-{table}-{rows}-{closedAt.ToUnixTimeMilliseconds()}{Extension}"
        );

    /// <summary>Returns whether the file has the extension of a batch.</summary>
    public static bool IsBatch(FileInfo file) => file.Name.EndsWith(Extension, StringComparison.Ordinal);

    /// <summary>
    /// Returns the batch file; null if its name does not have the form of
    /// <see cref="NameOf"/>.
    /// </summary>
    public static JournalFile? Of(FileInfo file) =>
        IsBatch(file)
        && file.Name[..^Extension.Length].Split('-') is [var number, var table, var rows, var closedAt]
        && TryParse(number, MaxNumber, out var n)
        && TryParse(rows, int.MaxValue, out var r)
        && TryParse(closedAt, MaxClosedAt, out var at)
            ? new(file.FullName, n, table, (int)r, DateTimeOffset.FromUnixTimeMilliseconds(at), file.Length)
            : null;

    private static bool TryParse(string text, long max, out long value) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value <= max;
}
