using System.Globalization;

namespace Remora.Store.Recording;

/// <summary>A batch of the journal, as far as its file's name tells: <c>0000000000000001-assessments-2500-1732179600000.batch</c>.</summary>
/// <param name="Path">The file.</param>
/// <param name="Number">Batches are inserted in this order.</param>
/// <param name="Table">Where its rows belong.</param>
/// <param name="Rows">How many they are.</param>
/// <param name="ClosedAt">When it was closed.</param>
/// <param name="Bytes">The size of the file.</param>
internal sealed record JournalEntry(string Path, long Number, string Table, int Rows, DateTimeOffset ClosedAt, long Bytes)
{
    public const string Extension = ".batch";

    // Leaves room for the numbers of all batches that come after.
    private const long MaxNumber = long.MaxValue / 2;
    private static readonly long MaxClosedAt = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    public static string NameOf(long number, string table, int rows, DateTimeOffset closedAt) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{number:D16}-{table}-{rows}-{closedAt.ToUnixTimeMilliseconds()}{Extension}");

    /// <summary>Whether the file claims to be a batch.</summary>
    public static bool IsBatch(FileInfo file) => file.Name.EndsWith(Extension, StringComparison.Ordinal);

    /// <summary>The batch in a file; null where the file's name is not one that <see cref="NameOf"/> gives.</summary>
    public static JournalEntry? Of(FileInfo file) =>
        IsBatch(file) && file.Name[..^Extension.Length].Split('-') is [var number, var table, var rows, var closedAt]
        && TryParse(number, MaxNumber, out var n)
        && TryParse(rows, int.MaxValue, out var r)
        && TryParse(closedAt, MaxClosedAt, out var at)
            ? new(file.FullName, n, table, (int)r, DateTimeOffset.FromUnixTimeMilliseconds(at), file.Length)
            : null;

    private static bool TryParse(string text, long max, out long value) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value <= max;
}
