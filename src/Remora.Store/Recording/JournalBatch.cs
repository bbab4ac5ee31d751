using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Remora.ClickHouse;
using Remora.Store.Files;

namespace Remora.Store.Recording;

/// <summary>
/// A batch on disk: table, columns, insert token, encoded rows, and a checksum over all of it.
/// Columns are stored by name, so that batches of an older version can be inserted.
/// </summary>
internal sealed record JournalBatch(
    SqlName Table,
    IReadOnlyList<SqlName> Columns,
    string Token,
    ReadOnlyMemory<byte> Rows
)
{
    private const int ChecksumBytes = 32;
    private static readonly byte[] Mark = "remora journal 1\n"u8.ToArray();

    /// <summary>
    /// The lease under which the rows were recorded; 0 if they were recorded without one.
    /// </summary>
    public ulong Epoch =>
        Token.IndexOf('-', StringComparison.Ordinal) is > 0 and var end
        && ulong.TryParse(Token.AsSpan(0, end), NumberStyles.None, CultureInfo.InvariantCulture, out var epoch)
            ? epoch
            : 0;

    /// <summary>Returns a new token.</summary>
    public static string NewToken(ulong? epoch) =>
        epoch is { } lease
            ? string.Create(CultureInfo.InvariantCulture, $"{lease}-{Guid.NewGuid():N}")
            : Guid.NewGuid().ToString("N");

    /// <summary>Writes the batch and flushes it to disk.</summary>
    public void WriteTo(string path)
    {
        var head = Encoding.UTF8.GetBytes($"{Table}\n{string.Join(',', Columns)}\n{Token}\n{Rows.Length}\n");
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var file = PrivateFile.Open(path, FileMode.Create, bufferSize: 0);
        foreach (var part in (ReadOnlySpan<ReadOnlyMemory<byte>>)[Mark, head, Rows])
        {
            hash.AppendData(part.Span);
            file.Write(part.Span);
        }
        file.Write(hash.GetHashAndReset());
        file.Flush(flushToDisk: true);
    }

    /// <summary>Reads a batch.</summary>
    /// <exception cref="InvalidDataException">The file is truncated or damaged.</exception>
    public static JournalBatch Read(string path)
    {
        var data = File.ReadAllBytes(path);
        var body = data.AsSpan(0, Math.Max(0, data.Length - ChecksumBytes));
        if (!body.StartsWith(Mark) || !SHA256.HashData(body).AsSpan().SequenceEqual(data.AsSpan(body.Length)))
            throw new InvalidDataException("the file is truncated or damaged: its checksum is wrong");
        var at = Mark.Length;
        var (table, columns, token, length) = (
            Line(data, ref at),
            Line(data, ref at),
            Line(data, ref at),
            Line(data, ref at)
        );
        if (length != (body.Length - at).ToString(CultureInfo.InvariantCulture))
            throw new InvalidDataException("the rows do not have the length that the header states");
        try
        {
            return new(
                SqlName.Of(table),
                [.. columns.Split(',').Select(SqlName.Of)],
                token,
                data.AsMemory(at, body.Length - at)
            );
        }
        catch (FormatException e)
        {
            throw new InvalidDataException($"the header is invalid: {e.Message}", e);
        }
    }

    private static string Line(byte[] data, ref int at)
    {
        var end = Array.IndexOf(data, (byte)'\n', at);
        if (end < 0)
            throw new InvalidDataException("the header is truncated");
        var line = Encoding.UTF8.GetString(data, at, end - at);
        at = end + 1;
        return line;
    }
}
