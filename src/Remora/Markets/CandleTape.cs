namespace Remora.Markets;

/// <summary>Candles of one timeframe, ascending.</summary>
/// <param name="Timeframe">Their timeframe.</param>
/// <param name="Candles">The candles.</param>
/// <param name="Repeated">How many identical rows were passed over.</param>
public sealed record CandleTape(Timeframe Timeframe, IReadOnlyList<Candle> Candles, int Repeated);

/// <summary>Makes a tape of a file's rows, whatever the file's format: they ascend, an identical row is passed over and counted, and each is checked.</summary>
/// <param name="place">What a row is called where it is named: line, row.</param>
public sealed class CandleRows(string place)
{
    private readonly List<Candle> _candles = [];
    private readonly List<int> _numbers = [];
    private int _repeated;

    /// <summary>Adds the next row.</summary>
    /// <param name="number">Its number in the file.</param>
    /// <param name="candle">What it says.</param>
    /// <exception cref="CandleFileException">It is not later than the one before.</exception>
    public void Add(int number, in Candle candle)
    {
        if (_candles.Count > 0 && candle.OpenTime <= _candles[^1].OpenTime)
        {
            if (candle != _candles[^1])
                throw new CandleFileException(place, number, $"the time {candle.OpenTime} is not later than {_candles[^1].OpenTime} before it; rows must ascend");
            _repeated++;
            return;
        }
        _candles.Add(candle);
        _numbers.Add(number);
    }

    /// <summary>All rows were added.</summary>
    /// <param name="read">The number of the last row.</param>
    /// <param name="timeframe">The timeframe of the candles; null to take the shortest step between the first rows.</param>
    /// <exception cref="CandleFileException">There is no row, or something is wrong with one.</exception>
    public CandleTape ToTape(int read, Timeframe? timeframe)
    {
        if (_candles.Count == 0) throw new CandleFileException(place, read, "there is no candle in the file");
        timeframe ??= Infer();
        for (var i = 0; i < _candles.Count; i++)
        {
            var fault = _candles[i].Check(timeframe, Instant.MaxValue);
            if (fault != CandleFault.None) throw new CandleFileException(place, _numbers[i], Describe(fault, timeframe));
        }
        return new(timeframe, _candles, _repeated);
    }

    private Timeframe Infer()
    {
        const int rows = 1000;
        var step = TimeSpan.MaxValue;
        for (var i = 1; i < Math.Min(_candles.Count, rows); i++)
        {
            var next = _candles[i].OpenTime - _candles[i - 1].OpenTime;
            if (next < step) step = next;
        }
        return Timeframe.Known.FirstOrDefault(t => t.Length == step)
            ?? throw new CandleFileException(place, _numbers[0], $"the timeframe cannot be told from the rows ({(_candles.Count < 2 ? "only one" : $"shortest step {step}")}): name it");
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

/// <summary>A candle file is malformed.</summary>
public sealed class CandleFileException(string place, int number, string problem) : Exception($"{place} {number}: {problem}")
{
    /// <summary>The line or row, from 1.</summary>
    public int Number { get; } = number;
}
