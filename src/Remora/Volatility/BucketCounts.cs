namespace Remora.Volatility;

/// <summary>
/// Counts positive values in log-spaced buckets (64 per octave, 2^-20 to 1), to rank a value among
/// them at a cost that does not depend on their number. Within a bucket, values are assumed to be
/// spread evenly. The number of values below the current bucket is stored and updated as the bucket
/// moves, because volatility moves by few buckets at a time. The bucket is computed from the bits
/// of the number instead of a logarithm, so that it is the same on every machine.
/// </summary>
internal sealed class BucketCounts
{
    private const int BucketsPerOctave = 64;
    private const int Octaves = 20;
    private const int FractionBits = 52 - 6; // 2^6 buckets per octave
    private const long LowestBits = (1023L - Octaves) << 52; // bits of 2^-20

    /// <summary>The number of buckets.</summary>
    public const int Buckets = BucketsPerOctave * Octaves;

    private readonly int[] _counts = new int[Buckets];
    private int _bucket; // bucket of the last value
    private int _below; // number of values in lower buckets

    /// <summary>The number of values.</summary>
    public int Count { get; private set; }

    /// <summary>
    /// Returns the share of the values that is smaller, in [0, 1]; NaN without values.
    /// </summary>
    /// <param name="value">The value to rank. It is not added.</param>
    /// <param name="bucket">Its bucket.</param>
    public double Rank(double value, out int bucket)
    {
        bucket = Locate(value, out var fraction);
        while (_bucket < bucket)
            _below += _counts[_bucket++];
        while (_bucket > bucket)
            _below -= _counts[--_bucket];
        return (_below + (fraction * _counts[_bucket])) / Count;
    }

    /// <summary>Adds a value of a bucket, or removes it when the change is -1.</summary>
    public void Add(int bucket, int change)
    {
        _counts[bucket] += change;
        Count += change;
        if (bucket < _bucket)
            _below += change;
    }

    /// <summary>Returns the median; NaN without values.</summary>
    public double Median()
    {
        if (Count == 0)
            return double.NaN;
        var half = Count / 2.0;
        var (bucket, below) = (_bucket, _below);
        while (below > half)
            below -= _counts[--bucket];
        while (_counts[bucket] == 0 || below + _counts[bucket] < half)
            below += _counts[bucket++];
        var fraction = (half - below) / _counts[bucket];
        return BitConverter.Int64BitsToDouble(LowestBits + (long)((bucket + fraction) * (1L << FractionBits)));
    }

    /// <summary>Removes all values.</summary>
    public void Clear()
    {
        Array.Clear(_counts);
        (_bucket, _below, Count) = (0, 0, 0);
    }

    /// <summary>Returns the bucket of a value, and where in the bucket it lies, [0, 1].</summary>
    public static int Locate(double value, out double fraction)
    {
        var above = BitConverter.DoubleToInt64Bits(value) - LowestBits;
        var bucket = above >> FractionBits;
        fraction = 0;
        if (value < 1.0 / (1 << Octaves))
            return 0;
        fraction = 1;
        if (bucket >= Buckets)
            return Buckets - 1;
        fraction = (above & ((1L << FractionBits) - 1)) / (double)(1L << FractionBits);
        return (int)bucket;
    }
}
