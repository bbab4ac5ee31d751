namespace Remora.Volatility;

/// <summary>
/// The rank of a positive value among the last <c>capacity</c> values before it: the share of them
/// that is smaller, in [0, 1]. NaN before <c>minimum</c> values.
/// Past values are counted in log-spaced buckets (64 per octave, 2^-20 to 1), so the cost of an
/// update does not depend on the capacity. Within a bucket, values are assumed to be spread evenly.
/// The number of values below the current bucket is stored and updated as the bucket moves, because
/// volatility moves by few buckets at a time. The bucket is computed from the bits of the number
/// instead of a logarithm, so that it is the same on every machine.
/// </summary>
public sealed class PercentileRank
{
    private const int BucketsPerOctave = 64;
    private const int Octaves = 20;
    private const int Buckets = BucketsPerOctave * Octaves;
    private const int FractionBits = 52 - 6; // 2^6 buckets per octave
    private const long LowestBits = (1023L - Octaves) << 52; // bits of 2^-20

    private readonly ushort[] _past; // bucket of each past value, a ring
    private readonly int[] _counts = new int[Buckets];
    private readonly int _minimum;
    private int _next;
    private int _bucket; // bucket of the last value
    private int _below; // number of values in lower buckets

    /// <param name="capacity">The maximum number of past values.</param>
    /// <param name="minimum">The number of past values that a rank requires.</param>
    public PercentileRank(int capacity, int minimum)
    {
        _past = new ushort[capacity];
        _minimum = minimum;
    }

    /// <summary>The number of past values.</summary>
    public int Count { get; private set; }

    /// <summary>
    /// Returns the rank of <paramref name="value"/> among the past values, then adds it to them.
    /// </summary>
    public double Update(double value)
    {
        MoveTo(Locate(value, out var fraction));
        var rank = Count < _minimum ? double.NaN : (_below + (fraction * _counts[_bucket])) / Count;
        if (Count == _past.Length)
            Tally(_past[_next], -1);
        else
            Count++;
        Tally(_bucket, 1);
        _past[_next] = (ushort)_bucket;
        _next = _next + 1 == _past.Length ? 0 : _next + 1;
        return rank;
    }

    private void Tally(int bucket, int change)
    {
        _counts[bucket] += change;
        if (bucket < _bucket)
            _below += change;
    }

    private void MoveTo(int bucket)
    {
        while (_bucket < bucket)
            _below += _counts[_bucket++];
        while (_bucket > bucket)
            _below -= _counts[--_bucket];
    }

    private static int Locate(double value, out double fraction)
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
