namespace Remora.Volatility;

/// <summary>
/// Where a positive value stands among the last <c>capacity</c> values before it: the share of them that is smaller, in [0, 1]. NaN while there are fewer than <c>minimum</c>.
/// The past is kept as counts in log-spaced buckets (64 to the octave, 2^-20 to 1), so an update costs the same whatever the capacity; within a bucket the values are taken
/// to be spread evenly. How many lie below the present bucket is kept too, and moved along with it: volatility moves by few buckets at a time. Buckets are read from the bits of the number, not from a logarithm: the same on every machine.
/// </summary>
public sealed class PercentileRank
{
    private const int BucketsPerOctave = 64;
    private const int Octaves = 20;
    private const int Buckets = BucketsPerOctave * Octaves;
    private const int FractionBits = 52 - 6; // 2^6 buckets per octave
    private const long LowestBits = (1023L - Octaves) << 52; // bits of 2^-20

    private readonly ushort[] _past; // bucket of each remembered value, a ring
    private readonly int[] _counts = new int[Buckets];
    private readonly int _minimum;
    private int _next;
    private int _bucket; // where the last value fell
    private int _below;  // how many values lie in lower buckets

    /// <param name="capacity">How many past values count.</param>
    /// <param name="minimum">How many there must be for a rank to mean anything.</param>
    public PercentileRank(int capacity, int minimum)
    {
        _past = new ushort[capacity];
        _minimum = minimum;
    }

    /// <summary>How many past values it remembers.</summary>
    public int Count { get; private set; }

    /// <summary>Ranks <paramref name="value"/> among the remembered values, then remembers it.</summary>
    public double Update(double value)
    {
        MoveTo(Locate(value, out var fraction));
        var rank = Count < _minimum ? double.NaN : (_below + (fraction * _counts[_bucket])) / Count;
        if (Count == _past.Length) Tally(_past[_next], -1);
        else Count++;
        Tally(_bucket, 1);
        _past[_next] = (ushort)_bucket;
        _next = _next + 1 == _past.Length ? 0 : _next + 1;
        return rank;
    }

    private void Tally(int bucket, int change)
    {
        _counts[bucket] += change;
        if (bucket < _bucket) _below += change;
    }

    private void MoveTo(int bucket)
    {
        while (_bucket < bucket) _below += _counts[_bucket++];
        while (_bucket > bucket) _below -= _counts[--_bucket];
    }

    private static int Locate(double value, out double fraction)
    {
        var above = BitConverter.DoubleToInt64Bits(value) - LowestBits;
        var bucket = above >> FractionBits;
        fraction = 0;
        if (value < 1.0 / (1 << Octaves)) return 0;
        fraction = 1;
        if (bucket >= Buckets) return Buckets - 1;
        fraction = (above & ((1L << FractionBits) - 1)) / (double)(1L << FractionBits);
        return (int)bucket;
    }
}
