using Remora.Markets;
using Remora.Volatility;

namespace Remora.Forecasts;

/// <summary>
/// A market's own forecasts of the last 180 days, one of each hour: ranks of the volatility and the
/// means of the factors, which say what is usual. Means are of whole days in UTC and of the present
/// one. Sums are integers, so that they do not drift when values leave.
/// </summary>
internal sealed class ForecastWindow
{
    private const int Days = Forecast.LongestComparison;
    private const int Hours = Days * 24;
    private const int Values = Horizon.Count * FactorSums.Count;
    private const ushort Nothing = ushort.MaxValue;
    private const double Unit = 1L << 32;

    private readonly BucketCounts[] _ranks = [new(), new(), new()];
    private readonly ushort[] _past = new ushort[Horizon.Count * Hours]; // bucket of each hour, rings
    private readonly long[] _daySums = new long[Days * Values];
    private readonly long[] _dayCounts = new long[Days];
    private readonly long[] _totals = new long[Values];
    private long _total;
    private long _lastHour;

    public ForecastWindow() => Array.Fill(_past, Nothing);

    /// <summary>What is usual now; null before the first forecast.</summary>
    public UsualForecast? Usual { get; private set; }

    /// <summary>
    /// Adds a forecast made at a moment, unless there is one of that hour already.
    /// </summary>
    public void Add(Instant time, ref readonly ForecastNumbers forecast)
    {
        var hour = (long)(time - Instant.MinValue).TotalHours;
        if (hour <= _lastHour && Usual is not null)
            return;
        Forget(hour);
        var day = (int)(hour / 24 % Days);
        for (var h = 0; h < Horizon.Count; h++)
        {
            var bucket = BucketCounts.Locate(forecast[h].Volatility, out _);
            _ranks[h].Add(bucket, 1);
            _past[(h * Hours) + (int)(hour % Hours)] = (ushort)bucket;
            for (var f = 0; f < FactorSums.Count; f++)
            {
                var i = (h * FactorSums.Count) + f;
                var value = (long)Math.Round(forecast[h].Sums[f] * Unit);
                _daySums[(day * Values) + i] += value;
                _totals[i] += value;
            }
        }
        _dayCounts[day]++;
        _total++;
        _lastHour = hour;
        Usual = Summarize();
    }

    /// <summary>Returns the share of the forecasts that is smaller, [0, 1].</summary>
    public double Rank(int horizon, double volatility) => _ranks[horizon].Rank(volatility, out _);

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        Array.Fill(_past, Nothing);
        Array.Clear(_daySums);
        Array.Clear(_dayCounts);
        Array.Clear(_totals);
        foreach (var ranks in _ranks)
            ranks.Clear();
        (_total, _lastHour, Usual) = (0, 0, null);
    }

    /// <summary>Reads or writes the state.</summary>
    public void Exchange(StateCodec codec)
    {
        codec.Field(_past.AsSpan());
        codec.Field(_daySums.AsSpan());
        codec.Field(_dayCounts.AsSpan());
        codec.Field(ref _lastHour);
        if (!codec.IsReading)
            return;
        (_total, Usual) = (_dayCounts.Sum(), null);
        Array.Clear(_totals);
        for (var i = 0; i < _daySums.Length; i++)
            _totals[i % Values] += _daySums[i];
        for (var h = 0; h < Horizon.Count; h++)
        {
            _ranks[h].Clear();
            foreach (var bucket in _past.AsSpan(h * Hours, Hours))
                if (bucket < BucketCounts.Buckets)
                    _ranks[h].Add(bucket, 1);
        }
        if (_total > 0)
            Usual = Summarize();
    }

    private void Forget(long hour)
    {
        if (Usual is null)
            return;
        for (var h = Math.Max(_lastHour + 1, hour - Hours + 1); h <= hour; h++)
        {
            for (var i = 0; i < Horizon.Count; i++)
            {
                ref var past = ref _past[(i * Hours) + (int)(h % Hours)];
                if (past != Nothing)
                    _ranks[i].Add(past, -1);
                past = Nothing;
            }
        }
        for (var d = Math.Max((_lastHour / 24) + 1, (hour / 24) - Days + 1); d <= hour / 24; d++)
        {
            var day = (int)(d % Days);
            for (var i = 0; i < Values; i++)
                _totals[i] -= _daySums[(day * Values) + i];
            Array.Clear(_daySums, day * Values, Values);
            _total -= _dayCounts[day];
            _dayCounts[day] = 0;
        }
    }

    private UsualForecast Summarize()
    {
        var means = new double[Values];
        for (var i = 0; i < Values; i++)
            means[i] = _totals[i] / (double)_total / Unit;
        return new(means, [_ranks[0].Median(), _ranks[1].Median(), _ranks[2].Median()]);
    }
}

/// <summary>What is usual for a market: of its last 180 days.</summary>
/// <param name="Means">The mean of each factor's sum, by horizon.</param>
/// <param name="Medians">The median volatility of each horizon.</param>
internal sealed record UsualForecast(double[] Means, double[] Medians)
{
    public double Mean(int horizon, int factor) => Means[(horizon * FactorSums.Count) + factor];
}
