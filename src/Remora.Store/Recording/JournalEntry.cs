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

    private const int NumberDigits = 16; // as NameOf writes them; a longer number is of nobody's making here, and might be the last there is

    public static string NameOf(long number, string table, int rows, DateTimeOffset closedAt) =>
        string.Create(CultureInfo.InvariantCulture, $"{number:D16}-{table}-{rows}-{closedAt.ToUnixTimeMilliseconds()}{Extension}");

    public static JournalEntry? Of(FileInfo file) =>
        file.Name.EndsWith(Extension, StringComparison.Ordinal) && file.Name[..^Extension.Length].Split('-') is [var number, var table, var rows, var closedAt]
        && number.Length <= NumberDigits && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var n)
        && int.TryParse(rows, NumberStyles.None, CultureInfo.InvariantCulture, out var r)
        && long.TryParse(closedAt, NumberStyles.None, CultureInfo.InvariantCulture, out var at)
            ? new(file.FullName, n, table, r, DateTimeOffset.FromUnixTimeMilliseconds(at), file.Length)
            : null;
}
