using System.Globalization;
using System.Text;
using Remora.Columns;
using Remora.Markets;

namespace Remora.Csv;

/// <summary>
/// Reads candles from CSV: open time, open, high, low, close, volume. With a header that names the
/// columns (<see cref="CandleColumns"/>) they can have any order; without one they have that order.
/// Fields can be quoted. Times are Unix seconds, milliseconds, microseconds or ISO-8601. Rows are
/// ascending; a repeated identical row is skipped and counted.
/// </summary>
public sealed class CandleCsv
{
    private const string AllowedTimes = "expected Unix seconds, milliseconds, microseconds or ISO-8601";

    private readonly CsvRows _rows;

    // The columns of time, open, high, low, close and volume.
    private readonly int[] _positions = [0, 1, 2, 3, 4, 5];
    private int _width;

    private CandleCsv(CsvRows rows)
    {
        _rows = rows;
        _width = _positions.Length;
    }

    /// <summary>Reads all candles.</summary>
    /// <param name="content">The file, which is closed at the end.</param>
    /// <param name="timeframe">The timeframe of the candles; null to use the shortest step between
    /// the first rows.</param>
    /// <exception cref="CandleFileException">A row is invalid; the message names the problem and
    /// the line.</exception>
    public static CandleTape Read(Stream content, Timeframe? timeframe = null)
    {
        try
        {
            using var rows = new CsvRows(content);
            var (csv, candles) = (new CandleCsv(rows), new CandleRows("line"));
            for (var more = rows.Read() && (!csv.ReadHeader() || rows.Read()); more; more = rows.Read())
                candles.Add(rows.Line, csv.Row());
            return candles.ToTape(Math.Max(1, rows.Line), timeframe);
        }
        catch (CsvException e)
        {
            throw new CandleFileException("line", e.Line, e.Problem);
        }
    }

    /// <summary>Reads the header; returns false if the first row is not one.</summary>
    private bool ReadHeader()
    {
        var names = _rows.ToArray();
        if (names[0].Length > 0 && char.IsAsciiDigit(names[0][0]))
            return false;
        var time = CandleColumns.Times.Select(Find).FirstOrDefault(position => position >= 0, -1);
        if (time < 0)
        {
            var allowed = string.Join(", ", CandleColumns.Times);
            throw _rows.Wrong($"the header has no time column: expected one of {allowed}");
        }
        _positions[0] = time;
        for (var i = 0; i < CandleColumns.Values.Count; i++)
        {
            var position = Find(CandleColumns.Values[i]);
            if (position < 0)
                throw _rows.Wrong($"the header has no column '{CandleColumns.Values[i]}'");
            _positions[i + 1] = position;
        }
        _width = names.Length;
        return true;

        int Find(string name) => Array.FindIndex(names, n => n.Equals(name, StringComparison.OrdinalIgnoreCase));
    }

    private Candle Row()
    {
        if (_rows.Count < _width)
            throw _rows.Wrong($"expected {_width} columns, found {_rows.Count}");
        return new(Time(), Number(1), Number(2), Number(3), Number(4), Number(5));
    }

    private Instant Time()
    {
        var field = _rows.Bytes(_positions[0]);
        if (long.TryParse(field, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return number switch
            {
                < 100_000_000 => throw _rows.Wrong($"'{number}' is not a time: {AllowedTimes}"),
                < 100_000_000_000 => new(number * 1000),
                < 100_000_000_000_000 => new(number),
                _ => new(number / 1000),
            };
        }
        var text = Encoding.UTF8.GetString(field);
        return Instant.TryParse(text, out var time)
            ? time
            : throw _rows.Wrong($"'{text}' is not a time: {AllowedTimes}");
    }

    private double Number(int column)
    {
        var field = _rows.Bytes(_positions[column]);
        if (double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
            return value;
        var name = CandleColumns.Values[column - 1];
        throw _rows.Wrong($"'{Encoding.UTF8.GetString(field)}' is not a number for '{name}'");
    }
}
