using System.Globalization;
using System.Text.Json;

namespace Remora.Sandbox.Venues;

/// <summary>Formats numbers as exchanges do: plain decimals in quotes.</summary>
internal static class WireText
{
    /// <summary>
    /// Returns the shortest decimal that parses to exactly this number, padded with zeros to a
    /// number of decimals as many exchanges do.
    /// </summary>
    public static string Of(double value, int decimals = 0)
    {
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        if (text.Contains('E'))
        {
            // Outside the range of real markets, and a decimal cannot hold all the digits.
            if (Math.Abs(value) is < 1e-11 or > 1e28)
                return text;
            text = decimal.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture)
                .ToString(CultureInfo.InvariantCulture);
        }
        if (decimals == 0)
            return text;
        var point = text.IndexOf('.');
        if (point < 0)
            (text, point) = (text + ".", text.Length);
        return text.PadRight(point + 1 + decimals, '0');
    }

    /// <summary>Writes the number in quotes; null if a fault has replaced it by NaN.</summary>
    public static void WriteNumber(this Utf8JsonWriter json, double value, int decimals = 0)
    {
        if (double.IsNaN(value))
            json.WriteNullValue();
        else
            json.WriteStringValue(Of(value, decimals));
    }

    /// <summary>
    /// Writes open time, prices, volume and turnover of a candle, all as strings.
    /// </summary>
    public static void WriteTextFields(this Utf8JsonWriter json, in Markets.Candle candle)
    {
        json.WriteStringValue(Of(candle.OpenTime.UnixMilliseconds));
        json.WriteNumber(candle.Open);
        json.WriteNumber(candle.High);
        json.WriteNumber(candle.Low);
        json.WriteNumber(candle.Close);
        json.WriteNumber(candle.Volume);
        json.WriteNumber(candle.Turnover());
    }

    /// <summary>
    /// Returns the approximate volume in quote currency. Exchanges return it, but candles do not
    /// contain it.
    /// </summary>
    public static double Turnover(this in Markets.Candle candle) =>
        Math.Round(candle.Volume * (candle.High + candle.Low + candle.Close) / 3, 8);

    /// <summary>Returns a plausible number of trades.</summary>
    public static long Trades(this in Markets.Candle candle) =>
        candle.Volume > 0 ? 1 + (long)Math.Min(candle.Turnover() / 900, 1e9) : 0;
}
