using System.Numerics;
using Remora.Markets;

namespace Remora.Indicators;

/// <summary>
/// Return and drawdown over the last 24 hours, and the log return over a fixed number of candles.
/// The 24 hours are measured by time and not by the number of candles, so a gap does not lengthen
/// the day.
/// </summary>
public sealed class TrailingCloses
{
    private static readonly TimeSpan Day = TimeSpan.FromHours(24);

    // Ring of the last closes; its length is a power of two.
    private readonly (Instant Time, double Close)[] _closes;

    // Positions of falling closes within the day; the first is the day's highest close.
    private readonly long[] _peaks;
    private readonly int _candles;
    private readonly int _mask;
    private long _end; // position after the newest close

    // Position of the newest close that is at least 24 hours old; -1 without one.
    private long _dayAgo;
    private long _firstPeak;
    private long _endPeak;

    /// <param name="timeframe">The length of the candles whose closes are added.</param>
    /// <param name="candles">The number of candles that <see cref="CandlesReturn"/> spans.</param>
    public TrailingCloses(Timeframe timeframe, int candles)
    {
        var length = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(timeframe.CountIn(Day), candles) + 2);
        _mask = length - 1;
        _closes = new (Instant, double)[length];
        _peaks = new long[length];
        _candles = candles;
        _dayAgo = -1;
    }

    /// <summary>
    /// The last close relative to the last close that is at least 24 hours old: a ratio (-0.06 is a
    /// fall of 6 %). NaN before 24 hours of closes.
    /// </summary>
    public double DayReturn { get; private set; } = double.NaN;

    /// <summary>
    /// The last close relative to the highest close of the last 24 hours: a ratio, 0 or less. NaN
    /// before 24 hours of closes.
    /// </summary>
    public double DayDrawdown { get; private set; } = double.NaN;

    /// <summary>
    /// Log return over the given number of candles. NaN before that many candles.
    /// </summary>
    public double CandlesReturn { get; private set; } = double.NaN;

    /// <summary>Log return of the last candle. NaN for the first.</summary>
    public double LastReturn { get; private set; } = double.NaN;

    /// <summary>Adds the next close.</summary>
    public void Update(Instant closeTime, double close)
    {
        LastReturn = _end > 0 ? Math.Log(close / At(_end - 1).Close) : double.NaN;
        _closes[_end & _mask] = (closeTime, close);
        _end++;

        var dayStart = closeTime - Day;
        while (_dayAgo + 1 < _end && At(_dayAgo + 1).Time <= dayStart)
            _dayAgo++;

        while (_endPeak > _firstPeak && At(_peaks[(_endPeak - 1) & _mask]).Close <= close)
            _endPeak--;
        _peaks[_endPeak++ & _mask] = _end - 1;
        while (At(_peaks[_firstPeak & _mask]).Time <= dayStart)
            _firstPeak++;

        if (_dayAgo >= 0)
        {
            DayReturn = (close / At(_dayAgo).Close) - 1;
            DayDrawdown = (close / At(_peaks[_firstPeak & _mask]).Close) - 1;
        }
        if (_end > _candles)
            CandlesReturn = Math.Log(close / At(_end - 1 - _candles).Close);
    }

    private (Instant Time, double Close) At(long position) => _closes[position & _mask];
}
