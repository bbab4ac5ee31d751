using System.Globalization;
using Remora.Columns;

namespace Remora.Markets;

/// <summary>
/// Reads candles from CSV: open time, open, high, low, close, volume. With a header that names the
/// columns (<see cref="CandleColumns"/>) they can have any order; without one they have that order.
/// Fields can be quoted. Times are Unix seconds, milliseconds, microseconds or ISO-8601. Rows are
/// ascending; a repeated identical row is skipped and counted.
/// </summary>
public sealed class CandleCsv
{
    private const int Columns = 6;
    private const int MostColumns = 64;
    private const char Quote = '"';

    private readonly TextReader _reader;
    // The columns of time, open, high, low, close and volume.
    private readonly int[] _positions = [0, 1, 2, 3, 4, 5];
    private int _width = Columns;
    private int _line;

    private CandleCsv(TextReader reader) => _reader = reader;

    /// <summary>Reads all candles.</summary>
    /// <param name="reader">The text.</param>
    /// <param name="timeframe">The timeframe of the candles; null to use the shortest step between
    /// the first rows.</param>
    /// <exception cref="CandleFileException">A row is invalid; the message names the problem and
    /// the line.</exception>
    public static CandleTape Read(TextReader reader, Timeframe? timeframe = null)
    {
        var csv = new CandleCsv(reader);
        var rows = new CandleRows("line");
        while (csv.Next() is { } candle) rows.Add(csv._line, candle);
        return rows.ToTape(csv._line, timeframe);
    }

    private Candle? Next()
    {
        while (_reader.ReadLine() is { } text)
        {
            _line++;
            if (text.Length > 0 && !(_line == 1 && ReadHeader(text))) return ReadRow(text);
        }
        return null;
    }

    private bool ReadHeader(string text)
    {
        Span<Range> fields = stackalloc Range[MostColumns];
        var names = new string[Split(text, fields)];
        for (var i = 0; i < names.Length; i++) names[i] = text[fields[i]].Trim();
        if (names[0].Length > 0 && char.IsAsciiDigit(names[0][0])) return false;
        var time = CandleColumns.Times.Select(Find).FirstOrDefault(position => position >= 0, -1);
        if (time < 0)
            throw Wrong(1, $"the header has no time column: expected one of {string.Join(", ", CandleColumns.Times)}");
        _positions[0] = time;
        for (var i = 0; i < CandleColumns.Values.Count; i++)
        {
            var position = Find(CandleColumns.Values[i]);
            if (position < 0) throw Wrong(1, $"the header has no column '{CandleColumns.Values[i]}'");
            _positions[i + 1] = position;
        }
        _width = names.Length;
        return true;

        int Find(string name) => Array.FindIndex(names, n => n.Equals(name, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>
    /// Finds the fields of a line, without the quotes of quoted fields, up to the length of
    /// <paramref name="fields"/>.
    /// </summary>
    private int Split(ReadOnlySpan<char> text, Span<Range> fields)
    {
        if (!text.Contains(Quote)) return text.Split(fields, ',');
        var count = 0;
        for (var start = 0; count < fields.Length; count++)
        {
            var isQuoted = start < text.Length && text[start] == Quote;
            var end = isQuoted ? EndOfQuoted(text, start) : start + Comma(text[start..]);
            fields[count] = isQuoted ? (start + 1)..end : start..end;
            if (isQuoted && ++end < text.Length && text[end] != ',')
                throw Wrong(_line, "expected a comma after the closing quote");
            if (end >= text.Length) return count + 1;
            start = end + 1;
        }
        return count;
    }

    private static int Comma(ReadOnlySpan<char> rest) => rest.IndexOf(',') is >= 0 and var at ? at : rest.Length;

    private int EndOfQuoted(ReadOnlySpan<char> text, int start)
    {
        for (var i = start + 1; i < text.Length; i++)
        {
            if (text[i] != Quote) continue;
            if (i + 1 == text.Length || text[i + 1] != Quote) return i;
            i++; // a doubled quote is one quote of the text
        }
        throw Wrong(_line, "a quote is not closed on its line");
    }

    private static CandleFileException Wrong(int line, string problem) => new("line", line, problem);

    private Candle ReadRow(ReadOnlySpan<char> text)
    {
        Span<Range> fields = stackalloc Range[MostColumns];
        var count = Split(text, fields);
        if (count < Math.Min(_width, fields.Length)) throw Wrong(_line, $"expected {_width} columns, found {count}");
        return new(
            Time(text[fields[_positions[0]]]),
            Number(text, fields, 1), Number(text, fields, 2), Number(text, fields, 3), Number(text, fields, 4), Number(text, fields, 5));
    }

    private Instant Time(ReadOnlySpan<char> text)
    {
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return number switch
            {
                < 100_000_000 => throw Wrong(_line, $"'{text}' is not a time: expected Unix seconds, milliseconds, microseconds or ISO-8601"),
                < 100_000_000_000 => new(number * 1000),
                < 100_000_000_000_000 => new(number),
                _ => new(number / 1000),
            };
        }
        return Instant.TryParse(text.Trim().ToString(), out var time) ? time
            : throw Wrong(_line, $"'{text}' is not a time: expected Unix seconds, milliseconds, microseconds or ISO-8601");
    }

    private double Number(ReadOnlySpan<char> text, ReadOnlySpan<Range> fields, int column)
    {
        var field = text[fields[_positions[column]]];
        return double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value
            : throw Wrong(_line, $"'{field}' is not a number for '{CandleColumns.Values[column - 1]}'");
    }
}
