namespace Remora;

/// <summary>
/// Counts the score and its parts in millionths and adds them as integers, so that the printed
/// parts add up to the printed score exactly.
/// </summary>
internal static class Millionths
{
    public const int One = 1_000_000;

    /// <summary>
    /// Returns the nearest whole number of millionths. <paramref name="value"/> must not be NaN.
    /// </summary>
    public static int Count(double value) => (int)Math.Round(value * One, MidpointRounding.ToEven);

    /// <summary>
    /// Converts a number of millionths to a ratio, which prints with at most six digits.
    /// </summary>
    public static double Ratio(int count) => count / (double)One;

    /// <summary>Rounds to whole millionths; NaN stays NaN.</summary>
    public static double Round(double value) => Math.Round(value * One, MidpointRounding.ToEven) / One;
}
