using Remora.Markets;

namespace Remora.Indicators;

/// <summary>
/// The indicators that define the trend: moving averages, MACD and ADX over the candles of one
/// timeframe.
/// </summary>
public sealed class TrendIndicators
{
    /// <summary>
    /// The number of candles until every reading is defined: the period of the longest average.
    /// </summary>
    public const int WarmUp = 200;

    private readonly Sma _sma50 = new(50);
    private readonly Sma _sma200 = new(WarmUp);
    private readonly Ema _ema12 = new(12);
    private readonly Ema _ema26 = new(26);
    private readonly Macd _macd = new(12, 26, 9);
    private readonly Adx _adx = new(14);
    private int _count;

    /// <summary>The latest readings; all unknown before the first candle.</summary>
    public TrendReading Reading { get; private set; } = TrendReading.Unknown;

    /// <summary>Adds the next closed candle.</summary>
    public void Update(in Candle candle)
    {
        var close = candle.Close;
        _macd.Update(close);
        _adx.Update(candle.High, candle.Low, close);
        Reading = new(
            ++_count,
            close,
            _sma50.Update(close),
            _sma200.Update(close),
            _ema12.Update(close),
            _ema26.Update(close),
            _macd.Line,
            _macd.Signal,
            _macd.Histogram,
            _adx.Value,
            _adx.PlusDi,
            _adx.MinusDi
        );
    }
}

/// <summary>Trend readings after a candle; NaN before warm-up.</summary>
/// <param name="Candles">The number of candles added.</param>
/// <param name="Close">The last close.</param>
/// <param name="Sma50">Simple average of 50 closes.</param>
/// <param name="Sma200">Simple average of 200 closes.</param>
/// <param name="Ema12">Exponential average of 12.</param>
/// <param name="Ema26">Exponential average of 26.</param>
/// <param name="Macd">MACD(12, 26, 9) line.</param>
/// <param name="MacdSignal">Its signal.</param>
/// <param name="MacdHistogram">Line minus signal.</param>
/// <param name="Adx">ADX(14), [0, 100].</param>
/// <param name="PlusDi">+DI(14), [0, 100].</param>
/// <param name="MinusDi">-DI(14), [0, 100].</param>
public sealed record TrendReading(
    int Candles,
    double Close,
    double Sma50,
    double Sma200,
    double Ema12,
    double Ema26,
    double Macd,
    double MacdSignal,
    double MacdHistogram,
    double Adx,
    double PlusDi,
    double MinusDi
)
{
    /// <summary>The readings before the first candle.</summary>
    public static readonly TrendReading Unknown = new(
        0,
        double.NaN,
        double.NaN,
        double.NaN,
        double.NaN,
        double.NaN,
        double.NaN,
        double.NaN,
        double.NaN,
        double.NaN,
        double.NaN,
        double.NaN
    );

    /// <summary>Whether every reading is defined.</summary>
    public bool IsWarm => Candles >= TrendIndicators.WarmUp;

    /// <summary>How far the indicators are warmed up, [0, 1].</summary>
    internal double WarmUp => Math.Min(1, Candles / (double)TrendIndicators.WarmUp);
}
