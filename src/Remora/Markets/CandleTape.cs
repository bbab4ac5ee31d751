namespace Remora.Markets;

/// <summary>Candles of one timeframe, ascending.</summary>
/// <param name="Timeframe">Their timeframe.</param>
/// <param name="Candles">The candles.</param>
/// <param name="Repeated">The number of identical rows that were skipped.</param>
public sealed record CandleTape(Timeframe Timeframe, IReadOnlyList<Candle> Candles, int Repeated);

/// <summary>
/// Builds a tape from the rows of a file of any format. Rows must ascend, an identical row is
/// skipped and counted, and every row is checked.
/// </summary>
/// <param name="place">The word for a row in error messages: line or row.</param>
public sealed class CandleRows(string place)
{
    private readonly List<Candle> _candles = [];
    private readonly List<int> _numbers = [];
    private int _repeated;

    /// <summary>Adds the next row.</summary>
    /// <param name="number">Its number in the file.</param>
    /// <param name="candle">The candle of the row.</param>
    /// <exception cref="CandleFileException">The row is not later than the row before
    /// it.</exception>
    public void Add(int number, in Candle candle)
    {
        if (_candles.Count > 0 && candle.OpenTime <= _candles[^1].OpenTime)
        {
            if (candle != _candles[^1])
                throw new CandleFileException(
                    place,
                    number,
                    $"the time {candle.OpenTime} is not later than {_candles[^1].OpenTime} before it; rows must ascend"
                );
            _repeated++;
            return;
        }
        _candles.Add(candle);
        _numbers.Add(number);
    }

    /// <summary>Returns the tape of all added rows.</summary>
    /// <param name="read">The number of the last row.</param>
    /// <param name="timeframe">The timeframe of the candles; null to use the shortest step between
    /// the first rows.</param>
    /// <exception cref="CandleFileException">There are no rows, or a row is invalid.</exception>
    public CandleTape ToTape(int read, Timeframe? timeframe)
    {
        if (_candles.Count == 0)
            throw new CandleFileException(place, read, "the file has no candles");
        timeframe ??= Infer();
        for (var i = 0; i < _candles.Count; i++)
        {
            var fault = _candles[i].Check(timeframe, Instant.MaxValue);
            if (fault != CandleFault.None)
                throw new CandleFileException(place, _numbers[i], Describe(fault, timeframe));
        }
        return new(timeframe, _candles, _repeated);
    }

    private Timeframe Infer() =>
        Timeframe.Infer(_candles.Count, i => _candles[i].OpenTime, out var step)
        ?? throw new CandleFileException(
            place,
            _numbers[0],
            $"the timeframe cannot be derived from the rows "
                + $"({(_candles.Count < 2 ? "only one" : $"shortest step {step}")}): specify it"
        );

    /// <summary>Returns what is wrong with a candle, in words.</summary>
    /// <param name="fault">A fault that <see cref="Candle.Check"/> found.</param>
    /// <param name="timeframe">The timeframe of the candle.</param>
    public static string Describe(CandleFault fault, Timeframe timeframe) =>
        fault switch
        {
            CandleFault.NotFinite => "a value is not a finite number",
            CandleFault.NotPositive => "a price is 0 or negative",
            CandleFault.NegativeVolume => "the volume is negative",
            CandleFault.Inverted => "high is not the highest price or low not the lowest",
            CandleFault.Unaligned => $"the open time is not a multiple of {timeframe}",
            CandleFault.InTheFuture or CandleFault.NotClosed => "the time is out of range",
            _ => throw new ArgumentOutOfRangeException(nameof(fault), fault, "not a fault"),
        };
}

/// <summary>A candle file is invalid.</summary>
public sealed class CandleFileException(string place, int number, string problem)
    : Exception($"{place} {number}: {problem}")
{
    /// <summary>The number of the line or row, from 1.</summary>
    public int Number { get; } = number;
}
