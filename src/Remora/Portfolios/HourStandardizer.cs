using Remora.Forecasts;
using Remora.Markets;

namespace Remora.Portfolios;

/// <summary>
/// Collects the candles of the hour in progress and, when it is whole, adds their standardized
/// returns to <see cref="Hours"/>.
/// </summary>
internal sealed class HourStandardizer(Timeframe timeframe)
{
    private const long HourLength = 3_600_000;
    private readonly double[] _returns = new double[timeframe.CountIn(Timeframe.OneHour.Length)];
    private readonly double _fives = timeframe.Length / Timeframe.FiveMinutes.Length;
    private long _count;
    private long _nextOpen;
    private double _close;
    private double _sigma = double.NaN; // per candle, of the hour in progress

    public StandardizedHours Hours { get; } = new(timeframe.CountIn(Timeframe.OneHour.Length));

    /// <summary>
    /// Adds the next candle, with or without volume. Returns whether it ends an hour; the next hour
    /// must then be begun.
    /// </summary>
    public bool Add(in Candle candle)
    {
        if (candle.OpenTime.UnixMilliseconds != _nextOpen)
            _sigma = double.NaN;
        if (!double.IsNaN(_sigma) && _count < _returns.Length)
            _returns[_count++] = Math.Log(candle.Close / _close) / _sigma;
        var close = candle.OpenTime + timeframe.Length;
        (_nextOpen, _close) = (close.UnixMilliseconds, candle.Close);
        if (_nextOpen % HourLength != 0)
            return false;
        if (_count == _returns.Length)
            Hours.Add(close, _returns);
        (_count, _sigma) = (0, double.NaN);
        return true;
    }

    /// <summary>Begins an hour.</summary>
    /// <param name="logVariance">Log of the variance per 5 minutes that is forecast for it; NaN
    /// when it is unknown.</param>
    public void Begin(double logVariance) => _sigma = Math.Sqrt(Math.Exp(logVariance) * _fives);

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        Hours.Clear();
        (_count, _nextOpen, _close, _sigma) = (0, 0, 0, double.NaN);
    }

    /// <summary>Reads or writes the state.</summary>
    public void Exchange(StateCodec codec)
    {
        codec.Field(_returns.AsSpan());
        codec.Field(ref _count);
        codec.Field(ref _nextOpen);
        codec.Field(ref _close);
        codec.Field(ref _sigma);
        if (_count < 0 || _count > _returns.Length)
            throw new FormatException($"the state has {_count} candles in an hour");
        Hours.Exchange(codec);
    }
}
