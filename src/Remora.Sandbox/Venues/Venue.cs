using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using Remora.Markets;
using Remora.Sandbox.Faults;
using Remora.Sandbox.Series;
using Remora.Sandbox.Streams;

namespace Remora.Sandbox.Venues;

/// <summary>
/// One exchange (or another source) in its own wire format: converts a request to a response,
/// without the network.
/// </summary>
internal abstract class Venue
{
    private readonly Dictionary<string, Listing> _listings = [];

    /// <summary>CCXT's id of the exchange, or the name of the source.</summary>
    public abstract string Id { get; }

    /// <summary>The hosts that it serves.</summary>
    public abstract IReadOnlyList<string> Hosts { get; }

    /// <summary>The markets that it lists, by its own names.</summary>
    public IReadOnlyDictionary<string, Listing> Listings => _listings;

    /// <summary>Returns the response to a request.</summary>
    public abstract VenueAnswer Answer(VenueRequest request);

    /// <summary>
    /// Returns the weight of requests that a host allows per minute; null if that is unknown.
    /// </summary>
    public virtual int? LimitPerMinute(string host) => null;

    /// <summary>Returns the weight of a request in the limit of its host.</summary>
    public virtual int WeightOf(VenueRequest request) => 1;

    /// <summary>
    /// Returns the stream of a websocket to one of its hosts; null if the host has none.
    /// </summary>
    public virtual IVenueStream? Streams(string host) => null;

    protected void List(string id, Pair pair, CandleSeries series) => _listings[id] = new(id, pair, series);

    protected bool TryFind(string? id, [NotNullWhen(true)] out Listing? listing)
    {
        listing = null;
        return id is not null && _listings.TryGetValue(id, out listing);
    }

    /// <summary>
    /// Returns the pairs of a world and, for those in USDT, the same pairs in USD unless they exist
    /// already.
    /// </summary>
    protected static IEnumerable<(Pair Pair, CandleSeries Series)> WithDollarPairs(SandboxWorld world)
    {
        foreach (var (pair, series) in world.Markets)
        {
            yield return (pair, series);
            if (
                pair.Quote == "USDT"
                && Pair.Parse(pair.Base + "/USD") is var dollars
                && !world.Markets.ContainsKey(dollars)
            )
                yield return (dollars, series);
        }
    }

    /// <summary>Returns the timeframe of a name, if the market has candles that short.</summary>
    protected static bool TryTimeframe(
        IReadOnlyDictionary<string, Timeframe> names,
        string? name,
        Listing listing,
        [NotNullWhen(true)] out Timeframe? timeframe
    )
    {
        timeframe = null;
        return name is not null
            && names.TryGetValue(name, out timeframe)
            && timeframe.Length >= listing.Series.Base.Length;
    }

    protected static IReadOnlyDictionary<string, Timeframe> Timeframes(
        params (string Name, string Timeframe)[] names
    ) => names.ToDictionary(name => name.Name, name => Timeframe.Parse(name.Timeframe));

    /// <summary>
    /// Returns candles as the exchange sends them: the requested end of the span, in its order,
    /// with the active fault.
    /// </summary>
    protected static List<Candle> Candles(VenueRequest request, Listing listing, CandleQuery query)
    {
        var (series, timeframe) = (listing.Series, query.Timeframe);
        var ahead = request.Damage.ClockError(timeframe);
        var (from, to) = (query.From - ahead, query.To - ahead);
        var candles = query.Newest
            ? series.Last(timeframe, from, to, query.Count, request.Now)
            : series.First(timeframe, from, to, query.Count, request.Now);
        if (query.NewestFirst)
            candles.Reverse();
        return request.Damage.Apply(candles, timeframe, request.Now);
    }

    protected static VenueAnswer Json(JsonNode body, int status = 200) => new(status, SandboxJson.Bytes(body));

    /// <summary>Returns a response for lists of candles, written directly.</summary>
    protected static VenueAnswer Json(Listing listing, Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
            write(writer);
        return new(200, buffer.ToArray(), listing.Series.Origin);
    }
}

/// <summary>A request to an exchange.</summary>
/// <param name="Host">The original host.</param>
/// <param name="Path">The path on that host, for example <c>/api/v3/klines</c>.</param>
/// <param name="Query">Returns one parameter of the query, or null.</param>
/// <param name="Now">The sandbox's time.</param>
/// <param name="Damage">The fault that is applied to candles.</param>
internal sealed record VenueRequest(
    string Host,
    string Path,
    Func<string, string?> Query,
    Instant Now,
    CandleDamage Damage
)
{
    /// <summary>
    /// Returns an integer of the query; the fallback if it is missing or not a number.
    /// </summary>
    public long Number(string name, long fallback) => long.TryParse(Query(name), out var number) ? number : fallback;

    /// <summary>Returns a count of the query, limited to 1 and the exchange's maximum.</summary>
    public int Count(string name, int fallback, int most) => (int)Math.Clamp(Number(name, fallback), 1, most);

    /// <summary>Returns a moment of the query; the fallback if it is missing or invalid.</summary>
    public Instant Moment(string name, Instant fallback, long unitMilliseconds = 1)
    {
        if (!long.TryParse(Query(name), out var number))
            return fallback;
        var (least, most) = (
            Instant.MinValue.UnixMilliseconds / unitMilliseconds,
            Instant.MaxValue.UnixMilliseconds / unitMilliseconds
        );
        return new(Math.Clamp(number, least, most) * unitMilliseconds);
    }
}

/// <summary>A selection of candles.</summary>
/// <param name="Timeframe">The timeframe of the candles.</param>
/// <param name="From">The first open time, inclusive.</param>
/// <param name="To">The last open time, exclusive.</param>
/// <param name="Count">The maximum number of candles.</param>
/// <param name="Newest">Whether the latest rather than the earliest candles are returned if there
/// are more.</param>
/// <param name="NewestFirst">Whether the latest candle comes first.</param>
internal sealed record CandleQuery(
    Timeframe Timeframe,
    Instant From,
    Instant To,
    int Count,
    bool Newest,
    bool NewestFirst = false
);

/// <summary>The response of an exchange.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Body">The body, JSON.</param>
/// <param name="Origin">The origin of the data, if it is about one market.</param>
internal sealed record VenueAnswer(int Status, byte[] Body, SeriesOrigin? Origin = null);
