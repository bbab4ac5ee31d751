using System.Globalization;
using System.Text.Json;

namespace Remora.Sandbox.Venues;

/// <summary>Numbers as exchanges write them: plain decimals in quotes.</summary>
internal static class WireText
{
    /// <summary>The shortest decimal that reads back as exactly this number, with zeros up to some decimals as many exchanges pad them.</summary>
    public static string Of(double value, int decimals = 0)
    {
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        if (text.Contains('E'))
        {
            if (Math.Abs(value) is < 1e-11 or > 1e28) return text; // no market has such numbers, and a decimal cannot hold all their digits
            text = decimal.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture);
        }
        if (decimals == 0) return text;
        var point = text.IndexOf('.');
        if (point < 0) (text, point) = (text + ".", text.Length);
        return text.PadRight(point + 1 + decimals, '0');
    }

    /// <summary>The number in quotes; null where a fault has made it no number.</summary>
    public static void WriteNumber(this Utf8JsonWriter json, double value, int decimals = 0)
    {
        if (double.IsNaN(value)) json.WriteNullValue();
        else json.WriteStringValue(Of(value, decimals));
    }

    /// <summary>Quote currency traded, roughly: exchanges know it, candles do not carry it.</summary>
    public static double Turnover(this in Markets.Candle candle) => Math.Round(candle.Volume * (candle.High + candle.Low + candle.Close) / 3, 8);

    /// <summary>How many trades that may have been.</summary>
    public static long Trades(this in Markets.Candle candle) => candle.Volume > 0 ? 1 + (long)Math.Min(candle.Turnover() / 900, 1e9) : 0;
}
