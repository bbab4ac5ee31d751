using Remora.Markets;

namespace Remora.Forecasts;

/// <summary>
/// What a market is like, to compare it with the markets that a fit has seen. Shares and turnover
/// are exponential means with a half-life of ten days.
/// </summary>
/// <param name="EmptyShare">Share of candles that are missing or have no volume, [0, 1].</param>
/// <param name="TickOverSigma">The smallest step of the price since yesterday, in standard
/// deviations of a return over 5 minutes; infinite while the price has not moved.</param>
/// <param name="HistoryDays">The days from the first candle to the last.</param>
/// <param name="Turnover">Mean turnover of a day in the quote currency.</param>
public readonly record struct MarketTraits(
    double EmptyShare,
    double TickOverSigma,
    double HistoryDays,
    double Turnover
);

/// <summary>Measures <see cref="MarketTraits"/> from candles.</summary>
internal sealed class RangeMeter(Timeframe timeframe)
{
    private readonly double _fade = Math.Pow(0.5, timeframe.Length / TimeSpan.FromDays(10));
    private readonly double _candlesInDay = TimeSpan.FromDays(1) / timeframe.Length;
    private double _traded;
    private double _all;
    private double _turnover;
    private double _close = double.NaN;
    private double _tick = double.PositiveInfinity;
    private double _tickBefore = double.PositiveInfinity; // of the day before
    private long _day;
    private long _first;
    private long _nextOpen;

    /// <summary>The days from the first candle to the last.</summary>
    public double HistoryDays => TimeSpan.FromMilliseconds(_nextOpen - _first).TotalDays;

    public void Update(in Candle candle)
    {
        var time = candle.OpenTime.UnixMilliseconds;
        var day = (long)(candle.OpenTime - Instant.MinValue).TotalDays;
        if (_all <= 0)
            (_first, _nextOpen, _day) = (time, time, day);
        // A fade at once for all candles that are missing before this one.
        if (time > _nextOpen)
        {
            var missing = (time - _nextOpen) / timeframe.Length.TotalMilliseconds;
            var fade = Math.Pow(_fade, missing);
            _traded *= fade;
            _turnover *= fade;
            _all = (_all * fade) + ((1 - fade) / (1 - _fade));
        }
        _traded = (_traded * _fade) + 1;
        _all = (_all * _fade) + 1;
        _turnover = (_turnover * _fade) + (candle.Close * candle.Volume);

        if (day != _day)
            (_tickBefore, _tick, _day) = (
                day == _day + 1 ? _tick : double.PositiveInfinity,
                double.PositiveInfinity,
                day
            );
        Step(candle.High - candle.Low);
        Step(candle.High - candle.Open);
        Step(candle.High - candle.Close);
        Step(Math.Abs(candle.Open - candle.Close));
        Step(Math.Abs(candle.Close - _close));
        _close = candle.Close;
        _nextOpen = time + (long)timeframe.Length.TotalMilliseconds;
    }

    /// <summary>Returns the traits.</summary>
    /// <param name="sigma">Standard deviation of a return over 5 minutes, above 0.</param>
    public MarketTraits Measure(double sigma) =>
        new(
            Math.Max(0, 1 - (_traded / _all)),
            Math.Min(_tick, _tickBefore) / _close / sigma,
            HistoryDays,
            _turnover / _all * _candlesInDay
        );

    public void Clear()
    {
        (_traded, _all, _turnover, _close) = (0, 0, 0, double.NaN);
        (_tick, _tickBefore) = (double.PositiveInfinity, double.PositiveInfinity);
        (_day, _first, _nextOpen) = (0, 0, 0);
    }

    public void Exchange(StateCodec codec)
    {
        codec.Field(ref _traded);
        codec.Field(ref _all);
        codec.Field(ref _turnover);
        codec.Field(ref _close);
        codec.Field(ref _tick);
        codec.Field(ref _tickBefore);
        codec.Field(ref _day);
        codec.Field(ref _first);
        codec.Field(ref _nextOpen);
    }

    // The first difference is NaN, which is not above 0.
    private void Step(double difference)
    {
        if (difference > 0 && difference < _tick)
            _tick = difference;
    }
}
