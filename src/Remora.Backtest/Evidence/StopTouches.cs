using Remora.Backtest.Forecasts;
using Remora.Forecasts;
using Remora.Markets;

namespace Remora.Backtest.Evidence;

/// <summary>Counts how often stops at the forecast distances were touched.</summary>
internal static class StopTouches
{
    /// <summary>The stated chances.</summary>
    public static IReadOnlyList<double> Chances { get; } = [0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01];

    /// <summary>Returns the shares of a market, one row per horizon with hours.</summary>
    public static IEnumerable<StopRow> Of(ForecastMarket market, Forecast?[] forecasts, Instant from, Instant until)
    {
        var hours = market.Hours;
        foreach (var horizon in Horizon.All)
        {
            var (count, longs, shorts) = (0, new int[Chances.Count], new int[Chances.Count]);
            for (var hour = 1; hour < hours.Count; hour++)
            {
                if (
                    forecasts[hour] is not { InSample: false, InTestedRange: true } forecast
                    || forecast.AsOf < from
                    || forecast.AsOf + horizon.Length > until
                    || !hours.AreWhole(hour, hour + horizon.Hours)
                )
                    continue;
                count++;
                var (fall, rise) = (hours.Fall(hour, hour + horizon.Hours), hours.Rise(hour, hour + horizon.Hours));
                var ahead = forecast[horizon];
                for (var i = 0; i < longs.Length; i++)
                {
                    longs[i] += fall >= -Math.Log(1 - ahead.StopDistanceAt(Chances[i])) ? 1 : 0;
                    shorts[i] += rise >= Math.Log(1 + ahead.ShortStopDistanceAt(Chances[i])) ? 1 : 0;
                }
            }
            if (count > 0)
                yield return new(
                    market.Pair.ToString(),
                    horizon.Name,
                    count,
                    [.. longs.Select(touched => (double)touched / count)],
                    [.. shorts.Select(touched => (double)touched / count)]
                );
        }
    }
}

/// <summary>
/// How often stops were touched, per stated chance: 50, 30, 20, 10, 5, 2 and 1 %.
/// </summary>
/// <param name="Market">The pair.</param>
/// <param name="Horizon">The horizon.</param>
/// <param name="Hours">The number of hours.</param>
/// <param name="Long">The share of the stops of long positions that were touched, [0, 1].</param>
/// <param name="Short">The same for short positions.</param>
public sealed record StopRow(
    string Market,
    string Horizon,
    int Hours,
    IReadOnlyList<double> Long,
    IReadOnlyList<double> Short
);
