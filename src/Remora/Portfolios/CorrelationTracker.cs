using System.Runtime.Intrinsics;
using System.Text;
using Remora.Forecasts;
using Remora.Markets;

namespace Remora.Portfolios;

/// <summary>
/// The correlations of all markets, updated with each whole hour of each market
/// (docs/portfolio.md). Not thread-safe. The result depends on the hours of the markets only, not
/// on the order in which the markets deliver them, as long as none is more than 30 days late: an
/// hour of two markets counts when the second of them has it. Live, replayed and restored trackers
/// have equal bits.
/// </summary>
public sealed class CorrelationTracker
{
    /// <summary>The age at which an hour counts half as much, in common hours: 4 days.</summary>
    public const int HalfLife = 96;

    /// <summary>The common hours from which a correlation is measured instead of assumed.</summary>
    public const int EnoughHours = 200;

    private const long StateVersion = 1;
    private const int MostMarkets = 10_000;
    private const int LongestName = 256;
    private static readonly double Fade = Math.Pow(0.5, 1.0 / HalfLife);
    private static readonly int[] Grains = [12, 4, 2, 1]; // candles per hour, each divides those before

    private readonly Dictionary<MarketId, int> _places = [];
    private readonly List<Tracked?> _markets = [];
    private Mean[] _pairs = []; // of the places (i, j < i), at i (i - 1) / 2 + j

    /// <summary>
    /// Tracks a market with its hours from now on, and counts those of them that are not counted
    /// yet. Calling it again replaces the hours, for example by those of a restored forecaster.
    /// </summary>
    public void Track(MarketId market, StandardizedHours hours)
    {
        var place = PlaceOf(market);
        _markets[place]!.Hours = hours;
        for (var hour = Math.Max(1, hours.NewestHour - StandardizedHours.Kept + 1); hour <= hours.NewestHour; hour++)
            Count(place, hour);
    }

    /// <summary>Counts the newest hour of a market. Call it when an hour was added.</summary>
    /// <exception cref="ArgumentException">The market is not tracked.</exception>
    public void Update(MarketId market)
    {
        if (!_places.TryGetValue(market, out var place) || _markets[place]!.Hours is not { } hours)
            throw new ArgumentException($"{market} is not tracked", nameof(market));
        if (hours.NewestHour > 0)
            Count(place, hours.NewestHour);
    }

    /// <summary>Forgets a market and its correlations.</summary>
    public void Forget(MarketId market)
    {
        if (!_places.Remove(market, out var place))
            return;
        _markets[place] = null;
        for (var other = 0; other < _markets.Count; other++)
            if (other != place)
                _pairs[IndexOf(place, other)] = default;
    }

    /// <summary>Returns the correlations of the tracked markets.</summary>
    public Correlations Snapshot()
    {
        var places = Sorted(place => _markets[place]!.Hours is not null);
        var markets = new MarketId[places.Count];
        var means = new Mean[places.Count * (places.Count - 1) / 2];
        var values = new double[means.Length];
        var hours = new int[means.Length];
        var newest = 0;
        for (var i = 0; i < markets.Length; i++)
        {
            var one = _markets[places[i]]!;
            markets[i] = one.Market;
            newest = Math.Max(newest, one.Own[^1].Last);
            for (var j = 0; j < i; j++)
            {
                var pair = _pairs[IndexOf(places[i], places[j])];
                var at = IndexOf(i, j);
                (values[at], hours[at]) = (Correlation(one, _markets[places[j]]!, pair), pair.Hours);
            }
        }
        return new(markets, values, hours, newest == 0 ? null : StandardizedHours.EndOf(newest));
    }

    /// <summary>
    /// Returns the state as bytes: all of it but the hours, which the states of the forecasters
    /// have. Markets that have not been tracked again 30 days after their last hour are left out.
    /// </summary>
    public byte[] Save()
    {
        var newest = _markets.Max(market => market?.Own[^1].Last) ?? 0;
        var places = Sorted(place =>
            _markets[place]!.Hours is not null || _markets[place]!.Own[^1].Last > newest - StandardizedHours.Kept
        );
        var codec = StateCodec.Writer();
        codec.Expect(StateVersion, "version");
        var count = (long)places.Count;
        codec.Field(ref count);
        for (var i = 0; i < places.Count; i++)
        {
            var market = _markets[places[i]]!;
            var name = Encoding.UTF8.GetBytes(market.Market.ToString());
            var length = (long)name.Length;
            codec.Field(ref length);
            codec.Field(name.AsSpan());
            foreach (ref var own in market.Own.AsSpan())
                own.Exchange(codec);
            for (var j = 0; j < i; j++)
                _pairs[IndexOf(places[i], places[j])].Exchange(codec);
        }
        return codec.ToBytes();
    }

    /// <summary>
    /// Replaces the state by one that <see cref="Save"/> returned. Its markets are part of
    /// <see cref="Snapshot"/> once they are tracked; those that are tracked now must be tracked
    /// again.
    /// </summary>
    /// <exception cref="FormatException">The bytes are damaged or of another version. The tracker
    /// is then empty.</exception>
    public void Load(ReadOnlySpan<byte> state)
    {
        Clear();
        try
        {
            var codec = StateCodec.Reader(state);
            codec.Expect(StateVersion, "version");
            var count = codec.Number(MostMarkets);
            for (var i = 0; i < count; i++)
            {
                var name = new byte[codec.Number(LongestName)];
                codec.Field(name.AsSpan());
                var market = ParseMarket(Encoding.UTF8.GetString(name));
                if (_places.ContainsKey(market))
                    throw new FormatException($"the state has {market} twice");
                foreach (ref var own in _markets[PlaceOf(market)]!.Own.AsSpan())
                    own.Exchange(codec);
                for (var j = 0; j < i; j++)
                    _pairs[IndexOf(i, j)].Exchange(codec);
            }
            codec.End();
        }
        catch (FormatException)
        {
            Clear();
            throw;
        }
    }

    private void Clear()
    {
        _places.Clear();
        _markets.Clear();
        _pairs = [];
    }

    private static MarketId ParseMarket(string text) =>
        text.Split(' ') is [var exchange, var pair, var timeframe]
            ? new(exchange, Pair.Parse(pair), Timeframe.Parse(timeframe))
            : throw new FormatException($"the state has '{text}' for a market");

    private List<int> Sorted(Predicate<int> filter) =>
        [
            .. _places
                .Values.Where(place => filter(place))
                .OrderBy(place => _markets[place]!.Market.ToString(), StringComparer.Ordinal),
        ];

    private int PlaceOf(MarketId market)
    {
        if (_places.TryGetValue(market, out var place))
            return place;
        place = _markets.IndexOf(null);
        if (place < 0)
        {
            place = _markets.Count;
            _markets.Add(null);
            var needed = place * (place + 1) / 2;
            if (needed > _pairs.Length)
                Array.Resize(ref _pairs, Math.Max(needed, 2 * _pairs.Length));
        }
        _markets[place] = new(market);
        _places[market] = place;
        return place;
    }

    // Of two different places or positions.
    private static int IndexOf(int i, int j) => i > j ? (i * (i - 1) / 2) + j : (j * (j - 1) / 2) + i;

    private void Count(int place, int hour)
    {
        var market = _markets[place]!;
        if (!market.Hours!.TryGet(hour, out var returns))
            return;
        Span<double> coarse = stackalloc double[Grains[0]];
        Span<double> other = stackalloc double[Grains[0]];
        for (var grain = 0; grain < Grains.Length; grain++)
        {
            if (Grains[grain] > returns.Length || market.Own[grain].Last >= hour)
                continue;
            var own = Gather(returns, Grains[grain], coarse);
            market.Own[grain].Add(Product(own, own), hour);
        }
        for (var i = 0; i < _markets.Count; i++)
        {
            if (i == place || _markets[i]?.Hours is not { } hours || !hours.TryGet(hour, out var others))
                continue;
            ref var pair = ref _pairs[IndexOf(place, i)];
            if (pair.Last >= hour)
                continue;
            var grain = Math.Min(returns.Length, others.Length);
            pair.Add(Product(Gather(returns, grain, coarse), Gather(others, grain, other)), hour);
        }
    }

    /// <summary>Returns the standardized returns of longer candles.</summary>
    private static ReadOnlySpan<double> Gather(ReadOnlySpan<double> returns, int count, Span<double> into)
    {
        if (returns.Length == count)
            return returns;
        var each = returns.Length / count;
        for (var i = 0; i < count; i++)
        {
            var sum = 0.0;
            foreach (var value in returns.Slice(i * each, each))
                sum += value;
            into[i] = sum / Math.Sqrt(each);
        }
        return into[..count];
    }

    private static double Product(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        // The same on every machine: products and sums, each rounded, in a fixed order.
        var (sum, i) = (0.0, 0);
        if (a.Length >= Vector256<double>.Count)
        {
            var sums = Vector256<double>.Zero;
            for (; i + Vector256<double>.Count <= a.Length; i += Vector256<double>.Count)
                sums += Vector256.Create(a[i..]) * Vector256.Create(b[i..]);
            sum = sums[0] + sums[1] + (sums[2] + sums[3]);
        }
        for (; i < a.Length; i++)
            sum += a[i] * b[i];
        return sum;
    }

    private static double Correlation(Tracked one, Tracked other, Mean pair)
    {
        if (pair.Hours < EnoughHours)
            return double.NaN;
        var grain = Math.Max(FinestGrain(one), FinestGrain(other));
        var value = pair.Value / Math.Sqrt(one.Own[grain].Value * other.Own[grain].Value);
        return double.IsFinite(value) ? Math.Clamp(value, -1, 1) : double.NaN;
    }

    private static int FinestGrain(Tracked market) => Array.IndexOf(Grains, market.Hours!.CandlesPerHour);

    private sealed class Tracked(MarketId market)
    {
        public MarketId Market { get; } = market;

        /// <summary>Its hours; null after a load, until it is tracked again.</summary>
        public StandardizedHours? Hours { get; set; }

        /// <summary>The mean squares at each of <see cref="Grains"/>; those finer than its candles
        /// are never used.</summary>
        public Mean[] Own { get; } = new Mean[Grains.Length];
    }

    /// <summary>
    /// An exponential mean over hours, corrected for its start, as a sum that fades.
    /// </summary>
    private struct Mean
    {
        private double _sum;
        private int _hours;
        private int _last;

        public readonly int Hours => _hours;

        /// <summary>The last counted hour since 1970; 0 before the first.</summary>
        public readonly int Last => _last;

        public readonly double Value => _sum * (1 - Fade) / (1 - Math.Pow(Fade, _hours));

        public void Add(double value, int hour)
        {
            _sum = (Fade * _sum) + value;
            _hours++;
            _last = hour;
        }

        public void Exchange(StateCodec codec)
        {
            codec.Field(ref _sum);
            codec.Field(new Span<int>(ref _hours));
            codec.Field(new Span<int>(ref _last));
            if (!double.IsFinite(_sum) || _hours < 0 || _last < 0)
                throw new FormatException("the state has a mean that is not one");
        }
    }
}
