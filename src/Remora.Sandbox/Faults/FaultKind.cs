namespace Remora.Sandbox.Faults;

/// <summary>The kinds of faults.</summary>
public enum FaultKind
{
    /// <summary>Too many requests, with Retry-After.</summary>
    Http429,

    /// <summary>Banned for too many requests, with Retry-After.</summary>
    Http418,

    /// <summary>Status 451: the exchange or source refuses this region.</summary>
    Http451,

    /// <summary>Status 502, 503, 504 or 520 with an HTML page, as a gateway sends it.</summary>
    Http5xx,

    /// <summary>
    /// An error of the exchange itself: its own JSON, with the status that it uses for errors.
    /// </summary>
    Http5xxJson,

    /// <summary>Status 200 and an HTML page.</summary>
    Html200,

    /// <summary>Status 200 and <c>null</c>.</summary>
    Null200,

    /// <summary>Status 200 and a number.</summary>
    Number200,

    /// <summary>Status 200 and an empty body.</summary>
    Empty200,

    /// <summary>Status 200 and bytes that are not text.</summary>
    Garbage,

    /// <summary>The connection breaks in the middle of the body.</summary>
    Truncated,

    /// <summary>A body that is declared as gzip but is not.</summary>
    BadGzip,

    /// <summary>Headers of 64 KB.</summary>
    HugeHeaders,

    /// <summary>The body stops half-way and never continues.</summary>
    StalledBody,

    /// <summary>The body arrives a few bytes at a time.</summary>
    SlowBody,

    /// <summary>Nothing is sent, and the connection stays open.</summary>
    StalledHeaders,

    /// <summary>The connection is reset before anything is sent.</summary>
    Refused,

    /// <summary>A body of 48 MB.</summary>
    Oversized,

    /// <summary>Some candles are duplicated.</summary>
    Duplicates,

    /// <summary>The candles are out of order.</summary>
    Disorder,

    /// <summary>Some candles are missing.</summary>
    Gaps,

    /// <summary>Some candles have null, negative or inverted prices.</summary>
    BadValues,

    /// <summary>The times of the candles are ahead of the true ones.</summary>
    WrongClock,

    /// <summary>An empty list of candles.</summary>
    EmptyList,

    /// <summary>
    /// The high and the close of the newest closed candle are a multiple of the true ones.
    /// </summary>
    PriceSpike,

    /// <summary>
    /// The close of the two closed candles before the newest is 0.01 % above the true one.
    /// </summary>
    RevisedCandles,

    /// <summary>
    /// All prices are a multiple of the true ones, as if they were another pair's.
    /// </summary>
    PriceLevel,

    /// <summary>
    /// The close of the open candle, and its high or low, are a multiple of the true ones: a crash
    /// that reverses before the candle closes.
    /// </summary>
    OpenCandle,
}

/// <summary>The names of the faults in JSON and on the command line.</summary>
public static class FaultKinds
{
    private static readonly Dictionary<string, FaultKind> ByName = new()
    {
        ["http_429"] = FaultKind.Http429,
        ["http_418"] = FaultKind.Http418,
        ["http_451"] = FaultKind.Http451,
        ["http_5xx"] = FaultKind.Http5xx,
        ["http_5xx_json"] = FaultKind.Http5xxJson,
        ["html_200"] = FaultKind.Html200,
        ["null_200"] = FaultKind.Null200,
        ["number_200"] = FaultKind.Number200,
        ["empty_200"] = FaultKind.Empty200,
        ["garbage"] = FaultKind.Garbage,
        ["truncated"] = FaultKind.Truncated,
        ["bad_gzip"] = FaultKind.BadGzip,
        ["huge_headers"] = FaultKind.HugeHeaders,
        ["stalled_body"] = FaultKind.StalledBody,
        ["slow_body"] = FaultKind.SlowBody,
        ["stalled_headers"] = FaultKind.StalledHeaders,
        ["refused"] = FaultKind.Refused,
        ["oversized"] = FaultKind.Oversized,
        ["duplicates"] = FaultKind.Duplicates,
        ["disorder"] = FaultKind.Disorder,
        ["gaps"] = FaultKind.Gaps,
        ["bad_values"] = FaultKind.BadValues,
        ["wrong_clock"] = FaultKind.WrongClock,
        ["empty_list"] = FaultKind.EmptyList,
        ["price_spike"] = FaultKind.PriceSpike,
        ["revised_candles"] = FaultKind.RevisedCandles,
        ["price_level"] = FaultKind.PriceLevel,
        ["open_candle"] = FaultKind.OpenCandle,
    };

    private static readonly Dictionary<FaultKind, string> ByKind = ByName.ToDictionary(
        pair => pair.Value,
        pair => pair.Key
    );

    /// <summary>All names.</summary>
    public static IReadOnlyCollection<string> Names => ByName.Keys;

    /// <summary>Returns the name of a fault.</summary>
    public static string Name(this FaultKind kind) => ByKind[kind];

    /// <summary>Parses the name of a fault.</summary>
    public static bool TryParse(string? name, out FaultKind kind)
    {
        kind = default;
        return name is not null && ByName.TryGetValue(name, out kind);
    }

    /// <summary>
    /// Whether the resulting candles could be real, so that a service uses them until the exchange
    /// corrects itself.
    /// </summary>
    internal static bool IsPlausible(this FaultKind kind) => kind >= FaultKind.PriceSpike;

    /// <summary>
    /// Whether the fault changes candles rather than the response that contains them.
    /// </summary>
    internal static bool IsInTheCandles(this FaultKind kind) => kind >= FaultKind.Duplicates;
}
