using Remora.Backtest.Forecasts;
using Remora.Backtest.Study;
using Remora.Forecasts;
using Remora.Indicators;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Backtest.Evidence;

/// <summary>
/// What the evidence needs of a market, one number per full hour, known when the hour begins. NaN
/// while unknown.
/// </summary>
/// <param name="Market">The market's candles and hours.</param>
/// <param name="Score">The score of <c>remora-1</c>; null when the study does not have it.</param>
/// <param name="AtrRatio">ATR(14) of the 5m candles divided by the price.</param>
/// <param name="Realized">The standard deviation of the 5m returns of the last 24 hours.</param>
internal sealed record EvidenceMarket(ForecastMarket Market, double[]? Score, double[] AtrRatio, double[] Realized)
{
    private const int DayCandles = 288;
    private const int AtrCandles = 14;

    /// <summary>Returns the material of a market of a study with candles of 5 minutes.</summary>
    public static EvidenceMarket Of(StudyData data)
    {
        var candles = data.Series.Candles;
        var hours = MarketHours.Of(candles);
        var score = data.History.Policies.FirstOrDefault(p => p.Policy.Id == RiskPolicy.Default.Id)?.Score;
        var (scores, ratios, realized) = (NewHours(hours), NewHours(hours), NewHours(hours));
        var (atr, returns) = (new Atr(AtrCandles), new Queue<(Instant Close, double Return)>());
        for (var i = 0; i < candles.Count; i++)
        {
            var candle = candles[i];
            var close = candle.OpenTime + Timeframe.FiveMinutes.Length;
            var ratio = atr.Update(candle.High, candle.Low, candle.Close) / candle.Close;
            if (i > 0 && candles[i - 1].OpenTime + Timeframe.FiveMinutes.Length == candle.OpenTime)
                returns.Enqueue((close, Math.Log(candle.Close / candles[i - 1].Close)));
            while (returns.TryPeek(out var oldest) && oldest.Close <= close - Timeframe.OneDay.Length)
                returns.Dequeue();
            if (close.Floor(Timeframe.OneHour.Length) != close)
                continue;
            var hour = hours.HourAt(close);
            scores[hour] = score is null ? double.NaN : score[i];
            ratios[hour] = ratio;
            realized[hour] = DeviationOf(returns);
        }
        return new(new(data.Id.Pair, candles, hours), score is null ? null : scores, ratios, realized);
    }

    /// <summary>Returns an unknown number for each hour and the moment after the last.</summary>
    private static double[] NewHours(MarketHours hours)
    {
        var numbers = new double[hours.Count + 1];
        Array.Fill(numbers, double.NaN);
        return numbers;
    }

    // At least half of a day's returns.
    private static double DeviationOf(Queue<(Instant Close, double Return)> returns)
    {
        if (returns.Count < DayCandles / 2)
            return double.NaN;
        var mean = returns.Average(r => r.Return);
        return Math.Sqrt(returns.Sum(r => (r.Return - mean) * (r.Return - mean)) / (returns.Count - 1));
    }
}
