using System.Globalization;
using System.Text.Json;
using Remora.Forecasts;

namespace Remora.Cli.Render;

/// <summary>Describes the forecast of an assessment in one line.</summary>
internal static class ForecastLine
{
    /// <summary>
    /// Returns the line, without the parts that are unknown; null if the answer has no forecast and
    /// no reason, like the one of the whole market.
    /// </summary>
    public static string? Of(JsonElement answer)
    {
        if (!answer.TryGetProperty("forecast", out var forecast) || forecast.ValueKind != JsonValueKind.Object)
            return answer.TryGetProperty("no_forecast", out var reason) && reason.ValueKind == JsonValueKind.String
                ? "no forecast: " + Reason(reason.GetString()!)
                : null;
        var horizon = forecast.GetProperty("horizons").GetProperty("4h");
        if (Number(horizon, "volatility") is not { } volatility)
            return null;
        var isShort = answer.TryGetProperty("side", out var side) && side.ValueEquals("short");
        var (losses, move, stops) = isShort
            ? ("probability_of_rally", "rise", "short_stop_distances")
            : ("probability_of_drawdown", "fall", "stop_distances");
        var line = $"next 4 h: ±{Percent(volatility)}";
        if (Number(horizon, "percentile") is { } percentile && Number(forecast, "history_days") is { } days)
            line +=
                $" (busier than {Percent(percentile)} of its last "
                + $"{(int)Math.Min(Forecast.LongestComparison, days)} days)";
        if (Number(horizon.GetProperty(losses), "0.02") is { } chance)
            line += $"; chance to {move} more than 2 %: {Percent(chance)}";
        if (Number(horizon.GetProperty(stops), "0.1") is { } distance)
            line += $"; a stop {Percent(distance)} away is touched 1 time in 10";
        return line;
    }

    private static string Reason(string name) =>
        name switch
        {
            "warming_up" => "it needs a day of candles with volume",
            "timeframe_too_long" => "it needs a timeframe of 1h or shorter",
            "no_movement" => "the price has not moved since the first candle",
            "turned_off" => "forecasts are turned off",
            _ => name.Replace('_', ' '),
        };

    private static double? Number(JsonElement item, string name) =>
        item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;

    /// <summary>
    /// Two digits, so that volatilities, chances and distances are equally exact.
    /// </summary>
    private static string Percent(double ratio)
    {
        var percent = ratio * 100;
        var format =
            percent < 1 ? "0.##"
            : percent < 9.95 ? "0.#"
            : "0";
        return percent.ToString(format, CultureInfo.InvariantCulture) + " %";
    }
}
