using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using Remora.Markets;
using Remora.Sandbox.Faults;
using Remora.Sandbox.Series;
using Remora.Sandbox.Streams;

namespace Remora.Sandbox.Venues;

/// <summary>One exchange (or another source) in its own wire format: a request in, an answer out, no network.</summary>
internal abstract class Venue
{
    private readonly Dictionary<string, Listing> _listings = [];

    /// <summary>CCXT's id of it, or the name of the source.</summary>
    public abstract string Id { get; }

    /// <summary>The hosts it answers for.</summary>
    public abstract IReadOnlyList<string> Hosts { get; }

    /// <summary>What it lists, by its own names.</summary>
    public IReadOnlyDictionary<string, Listing> Listings => _listings;

    /// <summary>The path and query of a request, answered.</summary>
    public abstract VenueAnswer Answer(VenueRequest request);

    /// <summary>What a websocket to one of its hosts tells; null where it has none.</summary>
    public virtual IVenueStream? Streams(string host) => null;

    protected void List(string id, Pair pair, CandleSeries series) => _listings[id] = new(id, pair, series);

    protected bool TryFind(string? id, [NotNullWhen(true)] out Listing? listing)
    {
        listing = null;
        return id is not null && _listings.TryGetValue(id, out listing);
    }

    /// <summary>The pairs of a world, and next to those in USDT the same in USD, unless there already.</summary>
    protected static IEnumerable<(Pair Pair, CandleSeries Series)> WithDollarPairs(SandboxWorld world)
    {
        foreach (var (pair, series) in world.Markets)
        {
            yield return (pair, series);
            if (pair.Quote == "USDT" && Pair.Parse(pair.Base + "/USD") is var dollars && !world.Markets.ContainsKey(dollars))
                yield return (dollars, series);
        }
    }

    /// <summary>The timeframe an exchange means by a name, when the market has candles that short.</summary>
    protected static bool TryTimeframe(IReadOnlyDictionary<string, Timeframe> names, string? name, Listing listing, [NotNullWhen(true)] out Timeframe? timeframe)
    {
        timeframe = null;
        return name is not null && names.TryGetValue(name, out timeframe) && timeframe.Length >= listing.Series.Base.Length;
    }

    protected static IReadOnlyDictionary<string, Timeframe> Timeframes(params (string Name, string Timeframe)[] names) =>
        names.ToDictionary(name => name.Name, name => Timeframe.Parse(name.Timeframe));

    /// <summary>Candles as the exchange would send them: the chosen end of the span, in its order, with whatever fault is on.</summary>
    protected static List<Candle> Candles(VenueRequest request, Listing listing, CandleQuery query)
    {
        var (series, timeframe) = (listing.Series, query.Timeframe);
        var ahead = request.Damage.ClockError(timeframe);
        var (from, to) = (query.From - ahead, query.To - ahead);
        var candles = query.Newest
            ? series.Last(timeframe, from, to, query.Count, request.Now)
            : series.First(timeframe, from, to, query.Count, request.Now);
        if (query.NewestFirst) candles.Reverse();
        return request.Damage.Apply(candles, timeframe, request.Now);
    }

    protected static VenueAnswer Json(JsonNode body, int status = 200) => new(status, JsonSerializer.SerializeToUtf8Bytes(body));

    /// <summary>An answer written by hand, for lists of candles.</summary>
    protected static VenueAnswer Json(Listing listing, Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer)) write(writer);
        return new(200, buffer.ToArray(), listing.Series.Origin);
    }
}

/// <summary>What is asked of an exchange.</summary>
/// <param name="Host">The original host.</param>
/// <param name="Path">The path there: <c>/api/v3/klines</c>.</param>
/// <param name="Query">One parameter of the query, or null.</param>
/// <param name="Now">The sandbox's time.</param>
/// <param name="Damage">What a fault does to candles.</param>
internal sealed record VenueRequest(string Host, string Path, Func<string, string?> Query, Instant Now, CandleDamage Damage)
{
    /// <summary>A whole number of the query; the fallback where it is missing or no number.</summary>
    public long Number(string name, long fallback) => long.TryParse(Query(name), out var number) ? number : fallback;

    /// <summary>A count of the query, within 1 and what the exchange allows.</summary>
    public int Count(string name, int fallback, int most) => (int)Math.Clamp(Number(name, fallback), 1, most);

    /// <summary>A moment of the query; the fallback where it is missing or senseless.</summary>
    public Instant Moment(string name, Instant fallback, long unitMilliseconds = 1)
    {
        if (!long.TryParse(Query(name), out var number)) return fallback;
        var (least, most) = (Instant.MinValue.UnixMilliseconds / unitMilliseconds, Instant.MaxValue.UnixMilliseconds / unitMilliseconds);
        return new(Math.Clamp(number, least, most) * unitMilliseconds);
    }
}

/// <summary>Which candles are asked for.</summary>
/// <param name="Timeframe">Their timeframe.</param>
/// <param name="From">The first open time that counts.</param>
/// <param name="To">The first one that no longer does.</param>
/// <param name="Count">How many at most.</param>
/// <param name="Newest">Whether the latest are kept where there are more, rather than the earliest.</param>
/// <param name="NewestFirst">Whether the latest comes first.</param>
internal sealed record CandleQuery(Timeframe Timeframe, Instant From, Instant To, int Count, bool Newest, bool NewestFirst = false);

/// <summary>What an exchange answers.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Body">The body, JSON.</param>
/// <param name="Origin">Where the data comes from, when it is about one market.</param>
internal sealed record VenueAnswer(int Status, byte[] Body, SeriesOrigin? Origin = null);
