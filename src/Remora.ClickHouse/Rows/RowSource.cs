using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;

namespace Remora.ClickHouse.Rows;

/// <summary>Reads rows from a response in RowBinaryWithNamesAndTypes, in bounded memory.</summary>
internal static class RowSource
{
    private const int BufferBytes = 256 << 10;

    public static async IAsyncEnumerable<T> ReadAsync<T>(
        Stream answer,
        Func<RowReader, T> read,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        int start = 0,
            end = 0;
        RowReader? rows = null;
        var isAtEnd = false;
        try
        {
            while (true)
            {
                if (rows is null && TryReadHeader(buffer.AsSpan(start, end - start), out var header, out var length))
                {
                    rows = header;
                    start += length;
                }
                while (rows is not null && start < end)
                {
                    rows.Start(buffer, start, end);
                    T row;
                    try
                    {
                        row = read(rows);
                    }
                    catch (Exception) when (rows.HasUnderrun)
                    {
                        break; // it refuses the defaults of a row that has not arrived completely
                    }
                    if (rows.HasUnderrun)
                        break;
                    rows.CheckRowIsRead();
                    start = rows.Position;
                    yield return row;
                }
                if (isAtEnd)
                {
                    if (start < end)
                        throw new ClickHouseUnavailableException("the response ends in the middle of a row");
                    yield break;
                }
                buffer.AsSpan(start, end - start).CopyTo(buffer);
                end -= start;
                start = 0;
                if (end == buffer.Length)
                    buffer = Larger(buffer);
                var got = await answer.ReadAsync(buffer.AsMemory(end), cancellation);
                isAtEnd = got == 0;
                end += got;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static byte[] Larger(byte[] buffer)
    {
        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    private static bool TryReadHeader(ReadOnlySpan<byte> data, out RowReader? rows, out int length)
    {
        rows = null;
        length = 0;
        if (!TryCount(data, ref length, out var columns))
            return false;
        var texts = new string[columns * 2];
        for (var i = 0; i < texts.Length; i++)
        {
            if (!TryCount(data, ref length, out var size) || size > data.Length - length)
                return false;
            texts[i] = Encoding.UTF8.GetString(data.Slice(length, size));
            length += size;
        }
        rows = new(texts[..columns], texts[columns..]);
        return true;
    }

    private static bool TryCount(ReadOnlySpan<byte> data, ref int at, out int value)
    {
        value = 0;
        for (var shift = 0; at < data.Length && shift < 28; shift += 7)
        {
            var part = data[at++];
            value |= (part & 0x7F) << shift;
            if (part < 0x80)
                return true;
        }
        return false;
    }
}
