using System.Globalization;
using Remora.Markets;

namespace Remora.Feeds.Candles;

/// <summary>
/// Decides whether two closes of a market can belong to the same series. A close is at another
/// level if it is more than 1.5 times, or less than half of, the close it is compared with, and
/// differs from it by more than one price step. Without the second condition, a coin that is quoted
/// at 0.00001 would change its level with the smallest possible move.
/// </summary>
internal static class PriceLevel
{
    private const double LargestChange = 0.5;

    /// <summary>
    /// Returns whether <paramref name="found"/> is at another level than <paramref name="known"/>.
    /// </summary>
    /// <param name="known">The last known close.</param>
    /// <param name="found">The close to compare with it.</param>
    /// <param name="step">The market's price step; 0 if unknown.</param>
    public static bool Differs(double known, double found, double step = 0)
    {
        var change = Math.Abs(found - known);
        // A step is a power of ten; a difference of prices rarely is exactly one.
        return change > LargestChange * known && change > step * 1.000001;
    }

    /// <summary>
    /// Returns whether a price is nearer to one level than to another, as a ratio.
    /// </summary>
    public static bool IsNearer(double price, double to, double than) =>
        Math.Abs(Math.Log(price / to)) < Math.Abs(Math.Log(price / than));

    /// <summary>
    /// Returns the coarsest decimal step that all prices are multiples of, at most 1; 0 without
    /// candles.
    /// </summary>
    public static double StepOf(IReadOnlyList<Candle> candles)
    {
        if (candles.Count == 0)
            return 0;
        var digits = candles.Max(candle =>
            Math.Max(
                Math.Max(Digits(candle.Open), Digits(candle.High)),
                Math.Max(Digits(candle.Low), Digits(candle.Close))
            )
        );
        return Math.Pow(10, -digits);
    }

    // The number of digits after the decimal point of the shortest text that parses to the same
    // number, which is how exchanges write prices.
    private static int Digits(double price)
    {
        var text = price.ToString("R", CultureInfo.InvariantCulture);
        var exponent = text.IndexOf('E');
        var mantissa = exponent < 0 ? text : text[..exponent];
        var point = mantissa.IndexOf('.');
        var decimals = point < 0 ? 0 : mantissa.Length - point - 1;
        if (exponent >= 0)
            decimals -= int.Parse(
                text.AsSpan(exponent + 1),
                NumberStyles.AllowLeadingSign,
                CultureInfo.InvariantCulture
            );
        return Math.Max(0, decimals);
    }
}
