using Remora.Markets;
using Remora.Portfolios;

namespace Remora.Forecasts;

/// <summary>
/// Forecasts one market's volatility from its candles, one after the other: the model
/// <c>remora-2</c> (docs/model.md). Candles of 1m are gathered to 5m and candles of 3m to 15m; the
/// forecast changes when those close. Candles without volume are like missing ones. After a hole of
/// more than 7 days the past is forgotten. Equal candles give equal bits.
/// </summary>
public sealed class Forecaster
{
    /// <summary>The longest hole across which the past counts.</summary>
    public static readonly TimeSpan LongestHole = TimeSpan.FromDays(7);

    private const long StateVersion = 4; // 3 was never released
    private const long EarlierVersion = 2;
    private static readonly TimeSpan PastOfHours = TimeSpan.FromDays(7);

    private static readonly string[] Dollars = ["USD", "USDT", "USDC", "FDUSD", "TUSD", "BUSD", "DAI", "PYUSD"];

    private readonly CoefficientVintages _vintages;
    private readonly Timeframe _base;
    private readonly Timeframe _timeframe; // of the gathered candles
    private readonly CandleAggregator? _gathered;
    private readonly ForecastMeans _means;
    private readonly ForecastWindow _window = new();
    private readonly RangeMeter _meter;
    private readonly CandleDigest _digest = new();
    private readonly HourStandardizer _hours;
    private readonly bool _isInDollars;
    private long _nextOpen = long.MinValue;
    private bool _hasChain = true;

    /// <param name="timeframe">The timeframe of the candles. There are no forecasts at 2h or
    /// longer.</param>
    /// <param name="vintages">The coefficients.</param>
    /// <param name="calendar">The events to take into account.</param>
    /// <param name="quote">The quote currency of the pair; turnover is compared with that of the
    /// fit only when it is a US dollar or a stable coin of it. Null when unknown.</param>
    public Forecaster(
        Timeframe timeframe,
        CoefficientVintages vintages,
        ForecastCalendar? calendar = null,
        string? quote = null
    )
    {
        _vintages = vintages;
        _base = timeframe;
        Calendar = calendar ?? ForecastCalendar.Empty;
        _isInDollars = IsDollar(quote);
        IsSupported = Supports(timeframe);
        _timeframe = timeframe.Name switch
        {
            "1m" => Timeframe.FiveMinutes,
            "3m" => Timeframe.Parse("15m"),
            _ => IsSupported ? timeframe : Timeframe.OneHour,
        };
        if (_timeframe.Length > timeframe.Length)
            _gathered = new(timeframe, _timeframe);
        _means = new(_timeframe);
        _meter = new(_timeframe);
        _hours = new(_timeframe);
    }

    /// <summary>The events to take into account, from the next candle on.</summary>
    public ForecastCalendar Calendar { get; set; }

    /// <summary>Whether there are forecasts for candles of its timeframe.</summary>
    public bool IsSupported { get; }

    /// <summary>Whether a candle was applied.</summary>
    public bool HasPast => _digest.LastOpen is not null;

    /// <summary>
    /// The candles that were applied; empty if they are unknown, because a state of an earlier
    /// version began them.
    /// </summary>
    internal CandleChain Applied => _hasChain ? _digest.Chain : default;

    /// <summary>The newest forecast; null when there is none.</summary>
    public Forecast? Current { get; private set; }

    /// <summary>
    /// The whole hours of the market in units of its forecasts, for correlations. A part of the
    /// state.
    /// </summary>
    public StandardizedHours Hours => _hours.Hours;

    /// <summary>Why there is no forecast; null when there is one.</summary>
    public NoForecast? Absence =>
        Current is not null ? null
        : !IsSupported ? NoForecast.TimeframeTooLong
        : _means.HasDay && !_means.Moves ? NoForecast.NoMovement
        : NoForecast.WarmingUp;

    /// <summary>
    /// The inputs of the newest forecast that have bounds, before they are bounded, in the order of
    /// <see cref="ForecastInput"/>; meaningless without a forecast. The next candle changes them.
    /// </summary>
    public ReadOnlySpan<double> Inputs => _means.Inputs;

    /// <summary>
    /// Log of the mean squared return of the last 30 days, per candle of the timeframe (5m for 1m,
    /// 15m for 3m); NaN before the price has moved.
    /// </summary>
    public double Level => _means.Level;

    /// <summary>Returns what the market is like, when there are inputs.</summary>
    public MarketTraits Measure() => _meter.Measure(Math.Sqrt(_means.Variance30 / _means.Fives));

    /// <summary>Whether there are forecasts for candles of a timeframe.</summary>
    public static bool Supports(Timeframe timeframe) => timeframe.Length <= Timeframe.OneHour.Length;

    /// <summary>Whether a quote currency is the US dollar or a stable coin of it.</summary>
    public static bool IsDollar(string? quote) => Dollars.Contains(quote, StringComparer.Ordinal);

    /// <summary>
    /// Applies the next closed candle and returns the newest forecast, which is null while there is
    /// none. A candle that is not later than the last one changes nothing.
    /// </summary>
    public Forecast? Apply(in Candle candle)
    {
        if (!IsSupported || candle.OpenTime.UnixMilliseconds < _nextOpen)
            return Current;
        if (IsAfterHole(candle.OpenTime))
            (_digest.Chain, _hasChain) = (default, true);
        var next = candle.OpenTime + _base.Length;
        _nextOpen = next.UnixMilliseconds;
        _digest.Add(candle);
        if (_gathered is null)
        {
            if (candle.Volume > 0)
                Update(candle);
            Standardize(candle);
            return Current;
        }
        if (_gathered.TryCloseBefore(candle.OpenTime, out var closed))
            UpdateGathered(closed);
        if (candle.Volume > 0 ? _gathered.Add(candle, out closed) : _gathered.TryCloseBefore(next, out closed))
            UpdateGathered(closed);
        return Current;
    }

    /// <summary>
    /// Applies the next candle with volume, of 5m or longer, like <see cref="Apply"/>, but makes
    /// only the forecast for one hour, from which the own error follows. A fit streams the same
    /// candles many times and needs no more; <see cref="Current"/> stays null. Returns whether
    /// there are inputs.
    /// </summary>
    public bool ApplyForFit(in Candle candle)
    {
        if (_means.Candles > 0 && candle.OpenTime - _means.Time > LongestHole)
        {
            _means.Clear();
            _meter.Clear();
        }
        _meter.Update(candle);
        if (!_means.Update(candle))
            return false;
        _means.Record(LogVarianceOf(Horizon.OneHour));
        return true;
    }

    /// <summary>
    /// Returns the log of the forecast variance per 5 minutes after the last candle, when there are
    /// inputs.
    /// </summary>
    public double LogVarianceOf(Horizon horizon)
    {
        var fit = _vintages.At(_means.Time);
        ForecastNumbers numbers = default;
        AddEvents(fit, _means.Time, ref numbers);
        Compute(horizon.Hours, fit[horizon], _means.Time, ref numbers[horizon.Index]);
        return numbers[horizon.Index].LogVariance;
    }

    /// <summary>
    /// Returns the whole state as bytes. A forecaster that reads them continues with the same
    /// digits.
    /// </summary>
    public byte[] Save()
    {
        var codec = StateCodec.Writer();
        Exchange(codec);
        return codec.ToBytes();
    }

    /// <summary>
    /// Whether a series continues the candles that were applied: it has the last of them, and equal
    /// ones before it, as far as both have whole days of the last 32. False when candles differ;
    /// null when the series does not reach the last candle.
    /// </summary>
    /// <param name="candles">Candles in ascending order.</param>
    public bool? Continues(IReadOnlyList<Candle> candles) => _digest.Continues(candles);

    /// <summary>Replaces the state by one that <see cref="Save"/> returned.</summary>
    /// <exception cref="FormatException">The bytes are damaged, or of another version, timeframe or
    /// other coefficients. The forecaster then has no past.</exception>
    public void Load(ReadOnlySpan<byte> state)
    {
        try
        {
            var codec = StateCodec.Reader(state);
            Exchange(codec);
            codec.End();
            Current = _means.IsWarm ? Make() : null;
        }
        catch (FormatException)
        {
            Clear();
            _digest.Clear();
            _hours.Clear();
            (_nextOpen, _hasChain) = (long.MinValue, true);
            throw;
        }
    }

    private void Exchange(StateCodec codec)
    {
        // Earlier states have neither hours for correlations nor the chain; all else is the same.
        _hasChain = codec.Expect(StateVersion, EarlierVersion, "version") == StateVersion;
        codec.Expect((long)_base.Length.TotalMinutes, "timeframe, in minutes");
        codec.Expect(_vintages.Key, "hash of the coefficients");
        codec.Field(ref _nextOpen);
        _digest.Exchange(codec, _hasChain);
        _gathered?.Exchange(codec);
        _means.Exchange(codec);
        _window.Exchange(codec);
        _meter.Exchange(codec);
        if (_hasChain)
            _hours.Exchange(codec);
        else
            _hours.Clear();
    }

    private void UpdateGathered(in Candle candle)
    {
        Update(candle);
        Standardize(candle);
    }

    private void Standardize(in Candle candle)
    {
        if (!_hours.Add(candle))
            return;
        var isKnown =
            Current is not null
            && _means.Time == candle.OpenTime + _timeframe.Length
            && _means.Candles >= _timeframe.CountIn(PastOfHours);
        _hours.Begin(isKnown ? Current![Horizon.OneHour].GetLogVariance() : double.NaN);
    }

    // Whether the past is forgotten here, at the latest.
    private bool IsAfterHole(Instant open) =>
        HasPast
        && open.Floor(_timeframe.Length) - CandleAggregator.FirstWhole(new(_nextOpen), _timeframe) > LongestHole;

    private void Update(in Candle candle)
    {
        if (_means.Candles > 0 && candle.OpenTime - _means.Time > LongestHole)
            Clear();
        _meter.Update(candle);
        Current = _means.Update(candle) ? Make() : null;
    }

    private void Clear()
    {
        _means.Clear();
        _window.Clear();
        _meter.Clear();
        Current = null;
    }

    /// <summary>Makes the forecast of the last candle's close.</summary>
    private Forecast Make()
    {
        var time = _means.Time;
        var fit = _vintages.At(time);
        ForecastNumbers numbers = default;
        AddEvents(fit, time, ref numbers);
        for (var h = 0; h < Horizon.Count; h++)
            Compute(Horizon.Each[h].Hours, fit.Horizons[h], time, ref numbers[h]);
        _means.Record(numbers[0].LogVariance);
        _window.Add(time, in numbers);
        var isComparable = _meter.HistoryDays >= Forecast.DaysOfComparison;
        for (var h = 0; h < Horizon.Count; h++)
            numbers[h].Percentile = isComparable ? _window.Rank(h, numbers[h].Volatility) : double.NaN;
        return new(
            time,
            fit,
            _vintages.IsInSample(time),
            in numbers,
            _window.Usual!,
            Measure(),
            _isInDollars,
            Calendar.AllKnownUntil
        );
    }

    private void Compute(int hours, HorizonCoefficients fit, Instant time, ref HorizonNumbers numbers)
    {
        var betas = fit.Betas.AsSpan();
        var season = fit.Season(time);
        ref var sums = ref numbers.Sums;
        sums[(int)ForecastFactor.Level] = fit.Intercept + _means.Level - _means.LogFives;
        sums[(int)ForecastFactor.RecentRange] = Add(fit, ForecastInput.Pk20m, ForecastInput.Pk30d);
        sums[(int)ForecastFactor.Jumps] = Add(fit, ForecastInput.Rq8h, ForecastInput.Rq10d);
        sums[(int)ForecastFactor.Trend] = Add(fit, ForecastInput.Za1h, ForecastInput.Zn1d);
        sums[(int)ForecastFactor.OwnError] = Add(fit, ForecastInput.Own1d, ForecastInput.Own1d);
        sums[(int)ForecastFactor.TimeOfWeek] =
            season * (1 + (betas[(int)ForecastInput.SeasonPk] * fit.Clips[0].Clip(_means.Inputs[0])));
        var log = 0.0;
        for (var f = 0; f < FactorSums.Count; f++)
            log += sums[f];
        numbers.LogVariance = log;
        numbers.Volatility = Math.Sqrt(12 * hours * Math.Exp(log));
    }

    private double Add(HorizonCoefficients fit, ForecastInput first, ForecastInput last)
    {
        var inputs = _means.Inputs;
        var betas = fit.Betas.AsSpan();
        var clips = fit.Clips.AsSpan();
        var sum = 0.0;
        for (var i = (int)first; i <= (int)last; i++)
            sum += betas[i] * clips[i].Clip(inputs[i]);
        return sum;
    }

    private void AddEvents(ForecastCoefficients fit, Instant from, ref ForecastNumbers numbers)
    {
        AddEvents(CalendarEventKind.Cpi, ForecastInput.Cpi, fit, from, ref numbers);
        AddEvents(CalendarEventKind.Fomc, ForecastInput.Fomc, fit, from, ref numbers);
        AddEvents(CalendarEventKind.Nfp, ForecastInput.Nfp, fit, from, ref numbers);
        for (var h = Horizon.Count - 1; h >= 0; h--)
        {
            var share = Calendar.HolidayShare(from, from + Horizon.Each[h].Length);
            if (share <= 0)
                return;
            numbers[h].Sums[(int)ForecastFactor.Calendar] += fit.Horizons[h].Betas[(int)ForecastInput.Hol] * share;
        }
    }

    private void AddEvents(
        CalendarEventKind kind,
        ForecastInput input,
        ForecastCoefficients fit,
        Instant from,
        ref ForecastNumbers numbers
    )
    {
        // All horizons begin now: if the longest has no event, no other has one.
        for (var h = Horizon.Count - 1; h >= 0 && Calendar.HasEvent(kind, from, from + Horizon.Each[h].Length); h--)
            numbers[h].Sums[(int)ForecastFactor.Calendar] += fit.Horizons[h].Betas[(int)input];
    }
}
