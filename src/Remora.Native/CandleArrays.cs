using Remora.Columns;
using Remora.Markets;

namespace Remora.Native;

/// <summary>Candles as columns in the memory of the caller.</summary>
internal readonly unsafe struct CandleArrays
{
    private static readonly string Time = CandleColumns.Times[0];

    private readonly long* _time;
    private readonly double* _open;
    private readonly double* _high;
    private readonly double* _low;
    private readonly double* _close;
    private readonly double* _volume;

    /// <exception cref="RefusedException">An array is null, or the lengths differ.</exception>
    public CandleArrays(NativeCandles candles)
    {
        Count = candles.Time.Length;
        if (Count is < 0 or > EngineSession.MostRows)
            throw new RefusedException(
                ResultCode.Argument,
                $"there are {Count} times: expected 0 to {EngineSession.MostRows}",
                column: Time
            );
        _time = (long*)Checked(candles.Time, Time);
        _open = (double*)Checked(candles.Open, CandleColumns.Values[0]);
        _high = (double*)Checked(candles.High, CandleColumns.Values[1]);
        _low = (double*)Checked(candles.Low, CandleColumns.Values[2]);
        _close = (double*)Checked(candles.Close, CandleColumns.Values[3]);
        _volume = (double*)Checked(candles.Volume, CandleColumns.Values[4]);
    }

    /// <summary>The number of candles.</summary>
    public long Count { get; }

    /// <summary>Returns a candle.</summary>
    public Candle this[long row] => new(new(_time[row]), _open[row], _high[row], _low[row], _close[row], _volume[row]);

    /// <summary>Returns the timeframe whose length is the shortest step between the first
    /// candles.</summary>
    /// <exception cref="RefusedException">There is no such timeframe.</exception>
    public Timeframe InferTimeframe()
    {
        var time = _time;
        Instant? last = null;
        for (var row = 0L; row < Math.Min(Count, Timeframe.InferFrom); row++)
            CheckTime(row, ref last);
        return Timeframe.Infer(Count, row => new(time[row]), out var step)
            ?? throw new RefusedException(
                ResultCode.Candle,
                "the timeframe cannot be derived from the candles "
                    + $"({(Count < 2 ? "there is only one" : $"the shortest step is {step}")}): specify it",
                0,
                Time
            );
    }

    /// <summary>Checks every candle.</summary>
    /// <param name="timeframe">Their timeframe.</param>
    /// <param name="last">The open time of the candle before the first; null without one.</param>
    /// <exception cref="RefusedException">A candle is invalid; with its row and column.</exception>
    public void Check(Timeframe timeframe, Instant? last)
    {
        for (var row = 0L; row < Count; row++)
        {
            CheckTime(row, ref last);
            var candle = this[row];
            var fault = candle.Check(timeframe, Instant.MaxValue);
            if (fault != CandleFault.None)
                throw Refuse(row, ColumnOf(fault, candle), CandleRows.Describe(fault, timeframe));
        }
    }

    /// <summary>Returns all candles.</summary>
    /// <exception cref="RefusedException">A candle is invalid; with its row and
    /// column.</exception>
    public Candle[] ToCandles(Timeframe timeframe)
    {
        Check(timeframe, null);
        var candles = new Candle[Count];
        for (var row = 0L; row < Count; row++)
            candles[row] = this[row];
        return candles;
    }

    private void CheckTime(long row, ref Instant? last)
    {
        var time = new Instant(_time[row]);
        if (!EngineOptions.IsInRange(time))
            throw Refuse(row, Time, "the time is missing or not in the years 1 to 9999");
        if (time <= last)
            throw Refuse(row, Time, $"{time} is not later than {last} before it; candles must ascend");
        last = time;
    }

    private static RefusedException Refuse(long row, string column, string problem) =>
        new(ResultCode.Candle, $"row {row}, {column}: {problem}", row, column);

    private static string ColumnOf(CandleFault fault, in Candle candle)
    {
        ReadOnlySpan<double> values = [candle.Open, candle.High, candle.Low, candle.Close, candle.Volume];
        for (var i = 0; i < values.Length; i++)
            switch (fault)
            {
                case CandleFault.NotFinite when !double.IsFinite(values[i]):
                case CandleFault.NotPositive when values[i] <= 0:
                case CandleFault.NegativeVolume when i == values.Length - 1:
                case CandleFault.Inverted when i == (IsHighest(candle) ? 2 : 1):
                    return CandleColumns.Values[i];
            }
        return Time;
    }

    private static bool IsHighest(in Candle candle) =>
        candle.High >= candle.Open && candle.High >= candle.Close && candle.High >= candle.Low;

    private void* Checked(NativeArray array, string column)
    {
        if (array.Length != Count)
            throw new RefusedException(
                ResultCode.Argument,
                $"the column '{column}' has {array.Length} values, and '{Time}' has {Count}",
                column: column
            );
        return array.Data is not null || Count == 0
            ? array.Data
            : throw new RefusedException(ResultCode.Argument, $"the column '{column}' is null", column: column);
    }
}
