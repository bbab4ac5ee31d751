namespace Remora.Volatility;

/// <summary>
/// The rank of a positive value among the last <c>capacity</c> values before it: the share of them
/// that is smaller, in [0, 1]. NaN before <c>minimum</c> values. The cost of an update does not
/// depend on the capacity.
/// </summary>
public sealed class PercentileRank
{
    private readonly BucketCounts _counts = new();
    private readonly ushort[] _past; // bucket of each past value, a ring
    private readonly int _minimum;
    private int _next;

    /// <param name="capacity">The maximum number of past values.</param>
    /// <param name="minimum">The number of past values that a rank requires.</param>
    public PercentileRank(int capacity, int minimum)
    {
        _past = new ushort[capacity];
        _minimum = minimum;
    }

    /// <summary>The number of past values.</summary>
    public int Count => _counts.Count;

    /// <summary>
    /// Returns the rank of <paramref name="value"/> among the past values, then adds it to them.
    /// </summary>
    public double Update(double value)
    {
        var rank = _counts.Rank(value, out var bucket);
        if (Count < _minimum)
            rank = double.NaN;
        if (Count == _past.Length)
            _counts.Add(_past[_next], -1);
        _counts.Add(bucket, 1);
        _past[_next] = (ushort)bucket;
        _next = _next + 1 == _past.Length ? 0 : _next + 1;
        return rank;
    }
}
