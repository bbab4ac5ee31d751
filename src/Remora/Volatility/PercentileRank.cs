using System.Numerics;
using System.Runtime.InteropServices;

namespace Remora.Volatility;

/// <summary>
/// Where a positive value stands among the last <c>capacity</c> values before it: the share of them that is smaller, in [0, 1]. NaN while there are fewer than <c>minimum</c>.
/// The past is kept as counts in log-spaced buckets (64 to the octave, 2^-20 to 1), so an update costs the same whatever the capacity; within a bucket the values are taken
/// to be spread evenly. Buckets are read from the bits of the number, not from a logarithm: the same on every machine.
/// </summary>
public sealed class PercentileRank
{
    private const int BucketsPerOctave = 64;
    private const int Octaves = 20;
    private const int Buckets = BucketsPerOctave * Octaves;
    private const int BlockLength = 32;
    private const int FractionBits = 52 - 6; // 2^6 buckets per octave
    private const long LowestBits = (1023L - Octaves) << 52; // bits of 2^-20

    private readonly ushort[] _past; // bucket of each remembered value, a ring
    private readonly int[] _counts = new int[Buckets];
    private readonly int[] _blocks = new int[Buckets / BlockLength];
    private readonly int _minimum;
    private int _next;

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
        var bucket = Locate(value, out var fraction);
        var rank = Count < _minimum ? double.NaN : (Below(bucket) + (fraction * _counts[bucket])) / Count;
        if (Count == _past.Length) Tally(_past[_next], -1);
        else Count++;
        Tally(bucket, 1);
        _past[_next] = (ushort)bucket;
        _next = _next + 1 == _past.Length ? 0 : _next + 1;
        return rank;
    }

    private void Tally(int bucket, int change)
    {
        _counts[bucket] += change;
        _blocks[bucket / BlockLength] += change;
    }

    private int Below(int bucket)
    {
        var block = bucket / BlockLength;
        return Sum(_blocks.AsSpan(0, block)) + Sum(_counts.AsSpan(block * BlockLength, bucket % BlockLength));
    }

    private static int Sum(ReadOnlySpan<int> counts)
    {
        var vectors = MemoryMarshal.Cast<int, Vector<int>>(counts);
        var sums = Vector<int>.Zero;
        foreach (var vector in vectors) sums += vector;
        var sum = Vector.Sum(sums);
        for (var i = vectors.Length * Vector<int>.Count; i < counts.Length; i++) sum += counts[i];
        return sum;
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
