namespace Remora;

/// <summary>
/// The score and its parts are counted in millionths and added as whole numbers, so that what is printed sums exactly, digit for digit.
/// </summary>
internal static class Millionths
{
    public const int One = 1_000_000;

    /// <summary>The nearest whole number of millionths; <paramref name="value"/> must be known.</summary>
    public static int Count(double value) => (int)Math.Round(value * One, MidpointRounding.ToEven);

    /// <summary>That number as a ratio again: it prints with at most six digits.</summary>
    public static double Ratio(int count) => count / (double)One;

    /// <summary>Rounded to whole millionths; NaN stays NaN.</summary>
    public static double Round(double value) => Math.Round(value * One, MidpointRounding.ToEven) / One;
}
