using System.Globalization;
using Remora.Markets;

namespace Remora.Backtest.Trading;

/// <summary>
/// Rounds to the steps of an exchange, and derives the steps from candles. Like Freqtrade and CCXT,
/// it calculates with the shortest decimal text of a number: 0.134 * 0.9 is 0.12060000000000001, so
/// it is rounded up to 0.1207 for a tick of 0.0001.
/// </summary>
public static class DecimalSteps
{
    /// <summary>The most decimals that a step can have.</summary>
    private const int MostDecimals = 12;

    private const int MostVolumeDecimals = 8;

    /// <summary>The number of candles whose volumes show the amount step.</summary>
    private const int VolumesRead = 1000;

    /// <summary>Rounds down to a multiple of a step; a step of 0 does not round.</summary>
    public static double Down(double value, double step) => Round(value, step, (whole, _) => whole);

    /// <summary>Rounds up to a multiple of a step; a step of 0 does not round.</summary>
    public static double Up(double value, double step) =>
        Round(value, step, (whole, rest) => rest == 0 ? whole : whole + 1);

    /// <summary>
    /// Rounds to the nearest multiple of a step, halves up; a step of 0 does not round.
    /// </summary>
    public static double Nearest(double value, double step) =>
        Round(value, step, (whole, rest) => rest >= 0.5m ? whole + 1 : whole);

    /// <summary>
    /// Derives the amount step of a market from the volumes of its newest candles: the smallest
    /// number of decimals that 99 of 100 of them fit in. 0 (no rounding) when no candle has a
    /// volume, when they have more than 8 decimals, or when one step costs more than a tenth of a
    /// stake: then the volumes do not show the step.
    /// </summary>
    /// <param name="candles">The candles.</param>
    /// <param name="stake">A typical stake, in money.</param>
    public static double OfVolumes(IReadOnlyList<Candle> candles, double stake)
    {
        var counts = new int[MostDecimals + 1];
        var read = 0;
        for (var i = candles.Count - 1; i >= 0 && read < VolumesRead; i--)
        {
            if (candles[i].Volume <= 0)
                continue;
            counts[Decimals(candles[i].Volume)]++;
            read++;
        }
        if (read == 0)
            return 0;
        var (decimals, fitting) = (0, counts[0]);
        while (fitting * 100L < read * 99L)
            fitting += counts[++decimals];
        var step = Step(decimals);
        return decimals > MostVolumeDecimals || step * candles[^1].Close > 0.1 * stake ? 0 : step;
    }

    /// <summary>Returns the number of decimals of a number, at most 12.</summary>
    internal static int Decimals(double value) =>
        Math.Abs(value) < 1e12 ? Math.Min(MostDecimals, (int)((decimal)value).Scale) : 0;

    /// <summary>Returns 10 to the power of minus <paramref name="decimals"/>.</summary>
    internal static double Step(int decimals) => (double)new decimal(1, 0, 0, false, (byte)decimals);

    private static double Round(double value, double step, Func<decimal, decimal, decimal> choose)
    {
        if (step == 0 || !TryDecimal(value, out var number))
            return value;
        TryDecimal(step, out var unit);
        var ratio = number / unit;
        var whole = decimal.Floor(ratio);
        return (double)(choose(whole, ratio - whole) * unit);
    }

    private static bool TryDecimal(double value, out decimal number)
    {
        Span<char> text = stackalloc char[32];
        value.TryFormat(text, out var written, "R", CultureInfo.InvariantCulture);
        return decimal.TryParse(text[..written], NumberStyles.Float, CultureInfo.InvariantCulture, out number);
    }
}
