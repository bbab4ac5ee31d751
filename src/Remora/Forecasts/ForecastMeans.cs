using System.Runtime.Intrinsics;
using Remora.Markets;

namespace Remora.Forecasts;

/// <summary>
/// The exponential means from which a forecast is computed, its inputs, and the grading of its own
/// forecasts for one hour. Candles are 5m or longer. Means are corrected for their start:
/// sum / weight, where both fade with the same half-life.
/// </summary>
internal sealed class ForecastMeans
{
    private const int M20 = 0,
        H1 = 1,
        H8 = 2,
        D1 = 3,
        D3 = 4,
        D10 = 5,
        D30 = 6,
        Means = 8; // a last one is never used: eight make two vectors

    private static readonly double[] HalfLives = [20, 60, 480, 1440, 4320, 14_400, 43_200, 43_200]; // minutes
    private static readonly double FourLogTwo = 4 * Math.Log(2);

    private readonly double[] _fade = new double[Means];
    private readonly double[] _trendUnit = new double[Means]; // deviation of a mean of returns
    private readonly double[] _returns = new double[Means];
    private readonly double[] _squares = new double[Means];
    private readonly double[] _fourths = new double[Means];
    private readonly double[] _returnWeights = new double[Means];
    private readonly double[] _ranges = new double[Means];
    private readonly double[] _logRanges = new double[Means];
    private readonly double[] _candleWeights = new double[Means];
    private readonly double[] _lastSquares; // of the last hour, a ring
    private readonly double[] _recorded; // own forecasts of the last hour, a ring
    private readonly double[] _inputs = new double[HorizonCoefficients.BoundedInputs];
    private readonly TimeSpan _length;
    private readonly int _day;
    private readonly double _own;
    private double _ownErrors;
    private double _ownWeight;
    private double _close;
    private long _candles;
    private long _run; // returns without a gap
    private long _graded;
    private long _nextOpen;

    public ForecastMeans(Timeframe timeframe)
    {
        _length = timeframe.Length;
        var minutes = _length.TotalMinutes;
        for (var i = 0; i < Means; i++)
        {
            _fade[i] = Math.Pow(0.5, minutes / HalfLives[i]);
            _trendUnit[i] = (1 - _fade[i]) / (1 + _fade[i]);
        }
        var hour = timeframe.CountIn(TimeSpan.FromHours(1));
        _day = timeframe.CountIn(TimeSpan.FromDays(1));
        _lastSquares = new double[hour];
        _recorded = new double[hour];
        Fives = (int)(minutes / 5);
        LogFives = Math.Log(Fives);
        // The log of a mean of few squares is lower on average: psi(n / 2) - ln(n / 2) for n
        // returns. The model was fitted with twelve.
        _own = hour < 2 ? double.NaN : -LogFives - (LogMean(hour / 2) - LogMean(6));
    }

    /// <summary>The length of a candle in units of five minutes.</summary>
    public int Fives { get; }

    /// <summary>The log of <see cref="Fives"/>.</summary>
    public double LogFives { get; }

    /// <summary>The number of candles since the start.</summary>
    public long Candles => _candles;

    /// <summary>Close of the last candle; meaningless before the first.</summary>
    public Instant Time => new(_nextOpen);

    /// <summary>Whether a day of candles and a movement of the price have been seen.</summary>
    public bool IsWarm => HasDay && Moves;

    /// <summary>Whether a day of candles has been seen.</summary>
    public bool HasDay => _candles >= _day;

    /// <summary>Whether the price has moved at all.</summary>
    public bool Moves => _squares[D30] > 0;

    /// <summary>Mean squared return over 30 days.</summary>
    public double Variance30 => _squares[D30] / _returnWeights[D30];

    /// <summary>Log of <see cref="Variance30"/>.</summary>
    public double Level { get; private set; } = double.NaN;

    /// <summary>The unbounded inputs that have bounds, valid while <see cref="IsWarm"/>.</summary>
    public ReadOnlySpan<double> Inputs => _inputs;

    /// <summary>
    /// Adds a candle with volume, and grades the forecast of an hour ago. Returns true when a
    /// forecast can be made, which must then be passed to <see cref="Record"/>.
    /// </summary>
    public bool Update(in Candle candle)
    {
        var ratio = candle.High / candle.Low;
        var range = Math.Log(ratio);
        var least = _returnWeights[D30] > 0 ? 0.1 * Math.Sqrt(Variance30) : 0;
        var logRange = 2 * Math.Log(Math.Max(Math.Max(range, least), 2e-5));
        Add(_ranges, range * range / FourLogTwo);
        Add(_logRanges, logRange);
        Add(_candleWeights, 1);
        var slot = (int)(++_candles % _recorded.Length);
        if (_candles > 1 && candle.OpenTime.UnixMilliseconds == _nextOpen)
        {
            var change = Math.Log(candle.Close / _close);
            var square = change * change;
            Add(_returns, change);
            Add(_squares, square);
            Add(_fourths, square * square);
            Add(_returnWeights, 1);
            _lastSquares[slot] = square;
            _run++;
        }
        else
        {
            _run = 0;
        }
        _nextOpen = (candle.OpenTime + _length).UnixMilliseconds;
        _close = candle.Close;
        if (!Moves)
        {
            _recorded[slot] = double.NaN;
            return false;
        }
        Level = Math.Log(Variance30);
        Grade(_recorded[slot]);
        _recorded[slot] = double.NaN;
        if (!IsWarm)
            return false;
        Measure();
        return true;
    }

    /// <summary>Keeps the forecast for one hour, to grade it when the hour has passed.</summary>
    public void Record(double logVariance) => _recorded[(int)(_candles % _recorded.Length)] = logVariance;

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        foreach (var array in Arrays)
            Array.Clear(array);
        (_ownErrors, _ownWeight, _close, Level) = (0, 0, 0, double.NaN);
        (_candles, _run, _graded, _nextOpen) = (0, 0, 0, 0);
    }

    /// <summary>Reads or writes the state.</summary>
    public void Exchange(StateCodec codec)
    {
        foreach (var array in Arrays)
            codec.Field(array.AsSpan());
        codec.Field(ref _ownErrors);
        codec.Field(ref _ownWeight);
        codec.Field(ref _close);
        codec.Field(ref _candles);
        codec.Field(ref _run);
        codec.Field(ref _graded);
        codec.Field(ref _nextOpen);
        if (Moves)
            Level = Math.Log(Variance30);
        if (IsWarm)
            Measure();
    }

    private double[][] Arrays =>
        [_returns, _squares, _fourths, _returnWeights, _ranges, _logRanges, _candleWeights, _lastSquares, _recorded];

    // psi(m) - ln m, without Euler's constant, which the difference of two removes.
    private static double LogMean(int m)
    {
        var harmonic = 0.0;
        for (var i = 1; i < m; i++)
            harmonic += 1.0 / i;
        return harmonic - Math.Log(m);
    }

    private void Grade(double forecast)
    {
        if (
            _run < _recorded.Length
            || _candles - _recorded.Length < _day
            || double.IsNaN(forecast)
            || double.IsNaN(_own)
        )
            return;
        var variance = 0.0;
        foreach (var square in _lastSquares)
            variance += square / _lastSquares.Length;
        var error = Math.Log(Math.Max(variance, 0.01 * Variance30)) - forecast + _own;
        _ownErrors = (_fade[D1] * _ownErrors) + error;
        _ownWeight = (_fade[D1] * _ownWeight) + 1;
        _graded++;
    }

    private void Measure()
    {
        _inputs[(int)ForecastInput.Pk20m] = LogRange(M20);
        _inputs[(int)ForecastInput.Lg1h] = (_logRanges[H1] / _candleWeights[H1]) - Level;
        _inputs[(int)ForecastInput.Pk1d] = LogRange(D1);
        _inputs[(int)ForecastInput.Pk30d] = LogRange(D30);
        _inputs[(int)ForecastInput.Rq8h] = Kurtosis(H8);
        _inputs[(int)ForecastInput.Rq10d] = Kurtosis(D10);
        _inputs[(int)ForecastInput.Za1h] = Math.Abs(Trend(H1));
        _inputs[(int)ForecastInput.Za8h] = Math.Abs(Trend(H8));
        _inputs[(int)ForecastInput.Za3d] = Math.Abs(Trend(D3));
        _inputs[(int)ForecastInput.Zn1d] = Math.Min(Trend(D1), 0);
        _inputs[(int)ForecastInput.Own1d] = _graded >= _day ? _ownErrors / _ownWeight : 0;
    }

    private double LogRange(int i) => Math.Log(Math.Max(_ranges[i] / _candleWeights[i], 1e-10)) - Level;

    private double Trend(int i) =>
        _returns[i] / _returnWeights[i] / Math.Sqrt(Math.Max(_squares[i] / _returnWeights[i], 1e-12) * _trendUnit[i]);

    private double Kurtosis(int i)
    {
        var square = Math.Max(_squares[i] / _returnWeights[i], 1e-10);
        return Math.Log(Math.Max(_fourths[i] / _returnWeights[i], 1e-20) / (square * square));
    }

    private void Add(double[] sums, double value)
    {
        // The same on every machine: a product, rounded, and a sum.
        var added = Vector256.Create(value);
        for (var i = 0; i < Means; i += Vector256<double>.Count)
        {
            var faded = Vector256.Create(_fade, i) * Vector256.Create(sums, i);
            (faded + added).CopyTo(sums, i);
        }
    }
}
