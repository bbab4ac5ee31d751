using Remora.Forecasts;
using Remora.Indicators;
using Remora.Markets;
using Remora.Volatility;

namespace Remora;

/// <summary>
/// The state of one market: indicators, volatility ranks and the longer candles built from the base
/// candles. It is the only mutable object graph. Everything measured from a candle is in the
/// <see cref="MarketReadings"/> that <see cref="Apply"/> returns.
/// </summary>
public sealed class MarketModel
{
    /// <summary>
    /// The longest gap across which indicators continue. After a longer gap, the past
    /// describes the present too poorly, and the model warms up again.
    /// </summary>
    public static readonly TimeSpan LongestBridgedGap = TimeSpan.FromHours(24);

    /// <summary>
    /// The longest gap for the daily averages of the bear market, which one or two missing days
    /// hardly move.
    /// </summary>
    public static readonly TimeSpan LongestBridgedDailyGap = TimeSpan.FromDays(7);

    private const int MoveCandles = 12;

    private readonly Timeframe _timeframe;
    private readonly Forecaster? _forecaster;
    private readonly bool _trendFromBase;
    private readonly bool _dailyFromBase;
    private Atr _atr = null!;
    private Rsi _rsi = null!;
    private Bollinger _bollinger = null!;
    private ReturnDeviation _deviation = null!;
    private TrailingCloses _closes = null!;
    private RootMeanSquare _sigma = null!;
    private VolatilityScorer _volatility = null!;
    private CandleAggregator _hours = null!;
    private CandleAggregator _days;
    private TrendIndicators _trend = null!;
    private TrendIndicators _dailyTrend = new();
    private Instant _nextOpen;
    private bool _started;
    private int _gaps;
    private CandleChain _chain;
    private (int Hourly, int Daily) _seeds;

    /// <param name="timeframe">The base timeframe.</param>
    /// <param name="forecaster">A forecaster of this timeframe; null for no forecasts.</param>
    public MarketModel(Timeframe timeframe, Forecaster? forecaster = null)
    {
        _timeframe = timeframe;
        _forecaster = forecaster;
        Readings = MarketReadings.Unknown with { NoForecast = Absence };
        _trendFromBase = timeframe.Length >= Timeframe.OneHour.Length;
        _dailyFromBase = timeframe == Timeframe.OneDay;
        _days = new(timeframe, Timeframe.OneDay);
        Reset();
    }

    /// <summary>The readings after the last candle.</summary>
    public MarketReadings Readings { get; private set; }

    /// <summary>
    /// Seeds the longer timeframes from the exchange's own candles, up to the first base candles.
    /// Call once, before the first <see cref="Apply"/>.
    /// </summary>
    public void Seed(MarketHistory history)
    {
        var first = history.Base.Count > 0 ? history.Base[0].OpenTime : Instant.MaxValue;
        if (!_dailyFromBase)
        {
            var until = first == Instant.MaxValue ? first : CandleAggregator.FirstWhole(first, Timeframe.OneDay);
            foreach (var day in history.Daily)
            {
                if (day.OpenTime >= until)
                    continue;
                _dailyTrend.Update(day);
                _chain.Follow(CandleChain.HashOf(day));
                _seeds.Daily++;
            }
        }
        if (!_trendFromBase)
        {
            var until = first == Instant.MaxValue ? first : CandleAggregator.FirstWhole(first, Timeframe.OneHour);
            foreach (var hour in history.Hourly)
            {
                if (hour.OpenTime >= until)
                    continue;
                _trend.Update(hour);
                _chain.Follow(CandleChain.HashOf(hour));
                _seeds.Hourly++;
            }
        }
        Readings = Readings with { Trend = _trend.Reading, DailyTrend = _dailyTrend.Reading };
    }

    /// <summary>
    /// Adds the next closed candle. Returns false and changes nothing when the candle is not later
    /// than the last one.
    /// </summary>
    public bool Apply(in Candle candle)
    {
        if (_started && candle.OpenTime != _nextOpen)
        {
            if (candle.OpenTime < _nextOpen)
                return false;
            _gaps++;
            var gap = candle.OpenTime - _nextOpen;
            if (gap > LongestBridgedGap)
                Reset();
            if (gap > LongestBridgedDailyGap)
                ResetDays();
        }
        _started = true;
        _nextOpen = candle.OpenTime + _timeframe.Length;

        _chain.Add(candle, CandleChain.HashOf(candle));
        UpdateLongerCandles(candle);
        var close = candle.Close;
        _closes.Update(_nextOpen, close);
        var deviation = _deviation.Update(_closes.LastReturn);
        if (!double.IsNaN(_closes.LastReturn))
            _sigma.Update(_closes.LastReturn);
        var atrRatio = _atr.Update(candle.High, candle.Low, close) / close;
        var width = _bollinger.Update(close);

        Readings = new()
        {
            AsOf = _nextOpen,
            Candle = candle,
            Volatility = _volatility.Update(atrRatio, width, deviation),
            AtrRatio = atrRatio,
            BollingerWidth = width,
            ReturnDeviation = deviation,
            Rsi = _rsi.Update(close),
            DayReturn = _closes.DayReturn,
            DayDrawdown = _closes.DayDrawdown,
            MoveInSigmas = MoveInSigmas(),
            Trend = _trend.Reading,
            DailyTrend = _dailyTrend.Reading,
            WarmUp = WarmUp(),
            Gaps = _gaps,
            Inputs = _chain,
            Seeds = _seeds,
            Forecast = _forecaster?.Apply(candle),
            ForecastInputs = _forecaster?.Applied ?? default,
            NoForecast = Absence,
        };
        return true;
    }

    /// <summary>
    /// Compares the unfinished candle with the forecast. Returns whether it has just shown a shock,
    /// which the readings then have until the next <see cref="Apply"/>. Nothing else changes. A
    /// candle that does not follow the last one is ignored.
    /// </summary>
    public bool Watch(in Candle unfinished, Instant seenAt)
    {
        if (!_started || unfinished.OpenTime != _nextOpen || Readings.Shock is not null)
            return false;
        var shock = Shock.Of(Readings.Forecast, Readings.Close, _timeframe, unfinished, seenAt);
        if (shock is not null)
            Readings = Readings with { Shock = shock };
        return shock is not null;
    }

    private NoForecast? Absence => _forecaster is null ? NoForecast.TurnedOff : _forecaster.Absence;

    private void UpdateLongerCandles(in Candle candle)
    {
        if (_trendFromBase)
        {
            _trend.Update(candle);
        }
        else
        {
            if (_hours.TryCloseBefore(candle.OpenTime, out var cutShort))
                _trend.Update(cutShort);
            if (_hours.Add(candle, out var hour))
                _trend.Update(hour);
        }

        if (_dailyFromBase)
        {
            _dailyTrend.Update(candle);
        }
        else
        {
            if (_days.TryCloseBefore(candle.OpenTime, out var cutShort))
                _dailyTrend.Update(cutShort);
            if (_days.Add(candle, out var day))
                _dailyTrend.Update(day);
        }
    }

    private double MoveInSigmas()
    {
        // A deviation of less than a day of values, or of a market that did not move, is not a
        // usable unit.
        if (double.IsNaN(_volatility.Value))
            return double.NaN;
        var sigma = _sigma.Value;
        return sigma > 0 ? _closes.CandlesReturn / (sigma * Math.Sqrt(MoveCandles)) : double.NaN;
    }

    private double WarmUp() => (0.5 * _trend.Reading.WarmUp) + (0.5 * _volatility.Count / _volatility.Capacity);

    private void Reset()
    {
        _atr = new(14);
        _rsi = new(14);
        _bollinger = new(20, 2);
        _deviation = new(20);
        _closes = new(_timeframe, MoveCandles);
        _volatility = new(_timeframe);
        _sigma = new(_volatility.Capacity);
        _hours = new(_timeframe, Timeframe.OneHour);
        _trend = new();
    }

    private void ResetDays()
    {
        _days = new(_timeframe, Timeframe.OneDay);
        _dailyTrend = new();
    }
}
