using System.Globalization;

namespace Remora.Markets;

/// <summary>
/// Reads candles from CSV: open time, open, high, low, close, volume; with a header naming the columns in any order, or without one in that order.
/// Times are Unix seconds, milliseconds, microseconds or ISO-8601. Rows ascend; a repeated identical row is passed over and counted.
/// </summary>
public sealed class CandleCsv
{
    private const int Columns = 6;
    private static readonly string[] TimeNames = ["timestamp", "open_time", "opentime", "time", "date", "datetime"];
    private static readonly string[] ValueNames = ["open", "high", "low", "close", "volume"];

    private readonly TextReader _reader;
    private readonly int[] _positions = [0, 1, 2, 3, 4, 5]; // where time, open, high, low, close and volume stand
    private int _width = Columns;
    private int _line;

    private CandleCsv(TextReader reader) => _reader = reader;

    /// <summary>Reads all candles.</summary>
    /// <param name="reader">The text.</param>
    /// <param name="timeframe">The timeframe of the candles; null to take the shortest step between the first rows.</param>
    /// <exception cref="CandleFileException">Something is wrong with a row; the message says what and where.</exception>
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
        var names = text.Split(',', StringSplitOptions.TrimEntries);
        if (names[0].Length > 0 && char.IsAsciiDigit(names[0][0])) return false;
        var time = Array.FindIndex(names, n => TimeNames.Contains(n.ToLowerInvariant()));
        if (time < 0) throw Wrong(1, $"the header has no time column: expected one of {string.Join(", ", TimeNames)}");
        _positions[0] = time;
        for (var i = 0; i < ValueNames.Length; i++)
        {
            var position = Array.FindIndex(names, n => n.Equals(ValueNames[i], StringComparison.OrdinalIgnoreCase));
            _positions[i + 1] = position >= 0 ? position : throw Wrong(1, $"the header has no column '{ValueNames[i]}'");
        }
        _width = names.Length;
        return true;
    }

    private static CandleFileException Wrong(int line, string problem) => new("line", line, problem);

    private Candle ReadRow(ReadOnlySpan<char> text)
    {
        Span<Range> fields = stackalloc Range[64];
        var count = text.Split(fields, ',');
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
            : throw Wrong(_line, $"'{field}' is not a number for '{ValueNames[column - 1]}'");
    }
}
