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
    /// <exception cref="CandleCsvException">Something is wrong with a row; the message says what and where.</exception>
    public static CandleTape Read(TextReader reader, Timeframe? timeframe = null)
    {
        var csv = new CandleCsv(reader);
        var (candles, lines, repeated) = csv.ReadRows();
        timeframe ??= Infer(candles);
        for (var i = 0; i < candles.Count; i++)
        {
            var fault = candles[i].Check(timeframe, Instant.MaxValue);
            if (fault != CandleFault.None) throw new CandleCsvException(lines[i], $"{Describe(fault, timeframe)}");
        }
        return new(timeframe, candles, repeated);
    }

    private (List<Candle> Candles, List<int> Lines, int Repeated) ReadRows()
    {
        var candles = new List<Candle>();
        var lines = new List<int>();
        var repeated = 0;
        while (_reader.ReadLine() is { } text)
        {
            _line++;
            if (text.Length == 0) continue;
            if (_line == 1 && ReadHeader(text)) continue;
            var candle = ReadRow(text);
            if (candles.Count > 0 && candle.OpenTime <= candles[^1].OpenTime)
            {
                if (candle != candles[^1])
                    throw new CandleCsvException(_line, $"the time {candle.OpenTime} is not later than {candles[^1].OpenTime} before it; rows must ascend");
                repeated++;
                continue;
            }
            candles.Add(candle);
            lines.Add(_line);
        }
        return candles.Count > 0 ? (candles, lines, repeated) : throw new CandleCsvException(_line, "there is no candle in the file");
    }

    private bool ReadHeader(string text)
    {
        var names = text.Split(',', StringSplitOptions.TrimEntries);
        if (names[0].Length > 0 && char.IsAsciiDigit(names[0][0])) return false;
        var time = Array.FindIndex(names, n => TimeNames.Contains(n.ToLowerInvariant()));
        if (time < 0) throw new CandleCsvException(1, $"the header has no time column: expected one of {string.Join(", ", TimeNames)}");
        _positions[0] = time;
        for (var i = 0; i < ValueNames.Length; i++)
        {
            var position = Array.FindIndex(names, n => n.Equals(ValueNames[i], StringComparison.OrdinalIgnoreCase));
            _positions[i + 1] = position >= 0 ? position : throw new CandleCsvException(1, $"the header has no column '{ValueNames[i]}'");
        }
        _width = names.Length;
        return true;
    }

    private Candle ReadRow(ReadOnlySpan<char> text)
    {
        Span<Range> fields = stackalloc Range[64];
        var count = text.Split(fields, ',');
        if (count < Math.Min(_width, fields.Length)) throw new CandleCsvException(_line, $"expected {_width} columns, found {count}");
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
                < 100_000_000 => throw new CandleCsvException(_line, $"'{text}' is not a time: expected Unix seconds, milliseconds, microseconds or ISO-8601"),
                < 100_000_000_000 => new(number * 1000),
                < 100_000_000_000_000 => new(number),
                _ => new(number / 1000),
            };
        }
        return Instant.TryParse(text.Trim().ToString(), out var time) ? time
            : throw new CandleCsvException(_line, $"'{text}' is not a time: expected Unix seconds, milliseconds, microseconds or ISO-8601");
    }

    private double Number(ReadOnlySpan<char> text, ReadOnlySpan<Range> fields, int column)
    {
        var field = text[fields[_positions[column]]];
        return double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value
            : throw new CandleCsvException(_line, $"'{field}' is not a number for '{ValueNames[column - 1]}'");
    }

    private static Timeframe Infer(List<Candle> candles)
    {
        const int rows = 1000;
        var step = TimeSpan.MaxValue;
        for (var i = 1; i < Math.Min(candles.Count, rows); i++)
        {
            var next = candles[i].OpenTime - candles[i - 1].OpenTime;
            if (next < step) step = next;
        }
        return Timeframe.Known.FirstOrDefault(t => t.Length == step)
            ?? throw new CandleCsvException(1, $"the timeframe cannot be told from the rows ({(candles.Count < 2 ? "only one" : $"shortest step {step}")}): name it");
    }

    private static string Describe(CandleFault fault, Timeframe timeframe) => fault switch
    {
        CandleFault.NotFinite => "a value is not a finite number",
        CandleFault.NotPositive => "a price is 0 or negative",
        CandleFault.NegativeVolume => "the volume is negative",
        CandleFault.Inverted => "high is not the highest price or low not the lowest",
        CandleFault.Unaligned => $"the open time is not a multiple of {timeframe}",
        _ => "the time is out of range",
    };
}

/// <summary>Candles of one timeframe, ascending.</summary>
/// <param name="Timeframe">Their timeframe.</param>
/// <param name="Candles">The candles.</param>
/// <param name="Repeated">How many identical rows were passed over.</param>
public sealed record CandleTape(Timeframe Timeframe, IReadOnlyList<Candle> Candles, int Repeated);

/// <summary>A candle file is malformed.</summary>
public sealed class CandleCsvException(int line, string problem) : Exception($"line {line}: {problem}")
{
    /// <summary>The line, from 1.</summary>
    public int Line { get; } = line;
}
