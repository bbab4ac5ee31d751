using System.Numerics;
using Remora.Markets;

namespace Remora.Indicators;

/// <summary>
/// Return and drawdown over the last 24 hours, by the clock and not by the count, so that a hole in the candles does not stretch the day;
/// and the log return over a fixed number of candles.
/// </summary>
public sealed class TrailingCloses
{
    private static readonly TimeSpan Day = TimeSpan.FromHours(24);

    private readonly (Instant Time, double Close)[] _closes;   // ring of the last closes, its length a power of two
    private readonly long[] _peaks;                            // positions of falling closes within the day: the first is the day's highest
    private readonly int _candles;
    private readonly int _mask;
    private long _end;      // position after the newest close
    private long _dayAgo;   // position of the newest close that is at least 24 hours old; -1 while there is none
    private long _firstPeak;
    private long _endPeak;

    /// <param name="timeframe">The length of the candles whose closes come in.</param>
    /// <param name="candles">How many candles <see cref="CandlesReturn"/> reaches back.</param>
    public TrailingCloses(Timeframe timeframe, int candles)
    {
        var length = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(timeframe.CountIn(Day), candles) + 2);
        _mask = length - 1;
        _closes = new (Instant, double)[length];
        _peaks = new long[length];
        _candles = candles;
        _dayAgo = -1;
    }

    /// <summary>Close now against the last close that is at least 24 hours old: a ratio (-0.06 is a fall of 6 %). NaN before there is one.</summary>
    public double DayReturn { get; private set; } = double.NaN;

    /// <summary>Close now against the highest close of the last 24 hours: a ratio, 0 or less. NaN until a day has been seen.</summary>
    public double DayDrawdown { get; private set; } = double.NaN;

    /// <summary>Log return over the given number of candles. NaN before there are that many.</summary>
    public double CandlesReturn { get; private set; } = double.NaN;

    /// <summary>Log return of the last candle. NaN for the first.</summary>
    public double LastReturn { get; private set; } = double.NaN;

    /// <summary>Takes the next close.</summary>
    public void Update(Instant closeTime, double close)
    {
        LastReturn = _end > 0 ? Math.Log(close / At(_end - 1).Close) : double.NaN;
        _closes[_end & _mask] = (closeTime, close);
        _end++;

        var dayStart = closeTime - Day;
        while (_dayAgo + 1 < _end && At(_dayAgo + 1).Time <= dayStart) _dayAgo++;

        while (_endPeak > _firstPeak && At(_peaks[(_endPeak - 1) & _mask]).Close <= close) _endPeak--;
        _peaks[_endPeak++ & _mask] = _end - 1;
        while (At(_peaks[_firstPeak & _mask]).Time <= dayStart) _firstPeak++;

        if (_dayAgo >= 0)
        {
            DayReturn = (close / At(_dayAgo).Close) - 1;
            DayDrawdown = (close / At(_peaks[_firstPeak & _mask]).Close) - 1;
        }
        if (_end > _candles) CandlesReturn = Math.Log(close / At(_end - 1 - _candles).Close);
    }

    private (Instant Time, double Close) At(long position) => _closes[position & _mask];
}
