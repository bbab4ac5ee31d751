using System.Numerics;

namespace Remora.Tests.Reference;

/// <summary>
/// Sums of doubles without rounding. Every double is an integer times a power of two, so sums and
/// sums of squares are exact integers too.
/// </summary>
internal static class Exact
{
    private const int LowestExponent = -1074;

    /// <summary>
    /// Returns the square root of the sum of squared distances from the mean, divided by
    /// <paramref name="divisor"/>.
    /// </summary>
    public static double Deviation(ReadOnlySpan<double> values, int divisor)
    {
        BigInteger sum = 0,
            squares = 0;
        foreach (var value in values)
        {
            var whole = Whole(value);
            sum += whole;
            squares += whole * whole;
        }
        // n^2 times the population variance, in units of 2^-2148.
        var scaled = (values.Length * squares) - (sum * sum);
        return Math.Sqrt(Ratio(scaled, new BigInteger(values.Length) * divisor, 2 * LowestExponent));
    }

    /// <summary>Returns the square root of the mean square.</summary>
    public static double RootMeanSquare(ReadOnlySpan<double> values)
    {
        BigInteger squares = 0;
        foreach (var value in values)
        {
            var whole = Whole(value);
            squares += whole * whole;
        }
        return Math.Sqrt(Ratio(squares, values.Length, 2 * LowestExponent));
    }

    private static BigInteger Whole(double value)
    {
        var bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)((bits >> 52) & 0x7FF);
        var mantissa = bits & 0xF_FFFF_FFFF_FFFF;
        var whole = exponent == 0 ? new BigInteger(mantissa) : new BigInteger(mantissa | (1L << 52)) << (exponent - 1);
        return bits < 0 ? -whole : whole;
    }

    private static double Ratio(BigInteger numerator, BigInteger denominator, int exponent)
    {
        if (numerator.IsZero)
            return 0;
        // Keeps 60 significant bits.
        var shift = (int)(numerator.GetBitLength() - denominator.GetBitLength()) - 60;
        var quotient = shift >= 0 ? (numerator >> shift) / denominator : (numerator << -shift) / denominator;
        return Math.ScaleB((double)quotient, shift + exponent);
    }
}
