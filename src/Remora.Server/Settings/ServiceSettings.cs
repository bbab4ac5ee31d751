using System.Net;
using Remora.Feeds.Http;
using Remora.Bots.Freqtrade;
using Remora.Bots.Webhooks;
using Remora.Feeds.Keys;
using Remora.Markets;
using Remora.Risk;
using Remora.Server.Streams;
using Remora.Store;

namespace Remora.Server.Settings;

/// <summary>Everything about the service that may be chosen, with the defaults in place. Read from file, environment and flags by <see cref="SettingsReader"/>.</summary>
public sealed record ServiceSettings
{
    /// <summary>The address it listens on: an IP address, or <c>localhost</c>.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>The port; 0 takes any free one.</summary>
    public int Port { get; init; } = 8000;

    /// <summary>Whether callers need no key where others than this machine can reach the service.</summary>
    public bool AllowAnonymous { get; init; }

    /// <summary>The pairs tracked on <see cref="Exchange"/> at <see cref="Timeframe"/>; null is BTC, ETH and SOL against USDT where <see cref="Markets"/> is empty, else none.</summary>
    public IReadOnlyList<Pair>? Pairs { get; init; }

    /// <summary>CCXT's id of the exchange.</summary>
    public string Exchange { get; init; } = "binance";

    /// <summary>The base timeframe.</summary>
    public Timeframe Timeframe { get; init; } = Timeframe.FiveMinutes;

    /// <summary>Exchanges that stand in when the market's own is lost, in order.</summary>
    public IReadOnlyList<FallbackVenue> Fallbacks { get; init; } = [];

    /// <summary>Further markets, each with its own exchange, timeframe or fallbacks where they differ.</summary>
    public IReadOnlyList<MarketSettings> Markets { get; init; } = [];

    /// <summary>Name of the default policy.</summary>
    public string Policy { get; init; } = RiskPolicy.Default.Name;

    /// <summary>All policies: the built-in ones and those of the folder.</summary>
    public IReadOnlyList<RiskPolicy> Policies { get; init; } = BuiltInPolicies.All;

    /// <summary>The folder in which the service keeps what must outlive it; null for <see cref="DefaultData"/>.</summary>
    public string? Data { get; init; }

    /// <summary>Where data is kept when nothing else is said.</summary>
    public static string DefaultData { get; } = Path.Combine(
        // Not verified: on a fresh account the folder does not exist yet, and the answer would be no folder at all.
        Environment.GetFolderPath(
            Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify),
        "remora");

    /// <summary>Where data is kept.</summary>
    public string DataFolder => Data ?? DefaultData;

    /// <summary>Whether what happens is kept in a store.</summary>
    public bool Store { get; init; } = true;

    /// <summary>Whether the service's own requests are kept in it.</summary>
    public bool RecordRequests { get; init; } = true;

    /// <summary>The ClickHouse server that keeps it, such as <c>http://remora@host:8123</c>; null for the embedded engine in the data folder.</summary>
    public string? Clickhouse { get; init; }

    /// <summary>The database in it; null for the one of the address, or <c>remora</c>.</summary>
    public string? Database { get; init; }

    /// <summary>The cluster that tables are replicated and distributed over; null for a single server.</summary>
    public string? Cluster { get; init; }

    /// <summary>A loopback port on which the embedded engine answers ClickHouse's own clients; null for none.</summary>
    public int? ClickhousePort { get; init; }

    /// <summary>A file with the password of that port in its first line; null when the environment has it.</summary>
    public string? ClickhousePortPasswordFile { get; init; }

    /// <summary>The password of the user <c>remora</c> on that port; null without the port.</summary>
    public string? ClickhousePortPassword { get; init; }

    /// <summary>For how long what is kept is kept.</summary>
    public StoreRetention Retention { get; init; } = new();

    /// <summary>How long after a candle's close it is asked for.</summary>
    public TimeSpan PollDelay { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Whether outside sources are asked.</summary>
    public bool Sources { get; init; } = true;

    /// <summary>The calendar's file; null is <c>calendar.csv</c> in <see cref="Data"/>.</summary>
    public string? Calendar { get; init; }

    /// <summary>How long before a scheduled event it is to be minded.</summary>
    public TimeSpan CalendarBefore { get; init; } = TimeSpan.FromHours(2);

    /// <summary>How long after it.</summary>
    public TimeSpan CalendarAfter { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Who tells the dollar's index.</summary>
    public DollarSource DollarSource { get; init; }

    /// <summary>The keys of outside sources, from the environment alone.</summary>
    public ApiKeys Keys { get; init; } = ApiKeys.None;

    /// <summary>Whether callers need a key where only this machine can reach the service: for one behind a proxy.</summary>
    public bool RequireKeys { get; init; }

    /// <summary>Requests a minute from each address without a key, where <see cref="IsGuarded"/>.</summary>
    public int AnonymousPerMinute { get; init; } = 60;

    /// <summary>Requests a minute for each key that has no limit of its own, where <see cref="IsGuarded"/>.</summary>
    public int KeyPerMinute { get; init; } = 300;

    /// <summary>How many connections there may be at once; further ones are closed.</summary>
    public int MaxConnections { get; init; } = 10_000;

    /// <summary>Host names under which the service answers beside the loopback names: <c>remora.example.org</c>,
    /// <c>*.example.org</c>, an IP address, or <c>*</c> for any name.</summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>Origins whose pages may read answers; none by default.</summary>
    public IReadOnlyList<string> CorsOrigins { get; init; } = [];

    /// <summary>Whether every request is written to the log.</summary>
    public bool AccessLog { get; init; }

    /// <summary>An OpenTelemetry collector that is sent the metrics; null for none.</summary>
    public Uri? OtlpEndpoint { get; init; }

    /// <summary>How the log is written: <c>text</c> or <c>json</c>.</summary>
    public string LogFormat { get; init; } = "text";

    /// <summary>How many may read the event stream at once.</summary>
    public int MaxStreams { get; init; } = 5000;

    /// <summary>Freqtrade bots whose pairs are locked while they are unsafe.</summary>
    public IReadOnlyList<FreqtradeBot> Freqtrade { get; init; } = [];

    /// <summary>Who is told of changes.</summary>
    public IReadOnlyList<WebhookTarget> Webhooks { get; init; } = [];

    /// <summary>Whether a sandbox stands in for the whole outside world.</summary>
    public bool Sandbox { get; init; }

    /// <summary>A sandbox that already runs; null starts one along with the service.</summary>
    public Uri? SandboxUrl { get; init; }

    /// <summary>How fast the clock runs in a sandbox.</summary>
    public double Speed { get; init; } = 1;

    private static IReadOnlyList<Pair> DefaultPairs { get; } = [Pair.Parse("BTC/USDT"), Pair.Parse("ETH/USDT"), Pair.Parse("SOL/USDT")];

    /// <summary>Every market to track, defaults filled in, in order of preference.</summary>
    public IReadOnlyList<TrackedMarketSettings> TrackedMarkets =>
    [
        .. (Pairs ?? (Markets.Count == 0 ? DefaultPairs : [])).Select(pair => new MarketSettings(pair)).Concat(Markets)
            .Select(market => new TrackedMarketSettings(
                new(market.Exchange ?? Exchange, market.Pair, market.Timeframe ?? Timeframe), market.Fallbacks ?? Fallbacks)),
    ];

    /// <summary>The policies with the default first.</summary>
    public IReadOnlyList<RiskPolicy> PoliciesInOrder => [.. Policies.OrderBy(policy => policy.Name == Policy ? 0 : 1)];

    /// <summary>How patient the event stream is; for tests to change.</summary>
    internal StreamLimits StreamPatience { get; init; } = new();

    /// <summary>Where the calendar is.</summary>
    public string CalendarFile => Calendar ?? Path.Combine(DataFolder, "calendar.csv");

    /// <summary>How long a caller may take to send a request's head; for tests to change.</summary>
    internal TimeSpan HeadersTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The clock of the log's own intervals; for tests to change.</summary>
    internal TimeProvider LogClock { get; init; } = TimeProvider.System;

    /// <summary>How often the collector is told; for tests to change.</summary>
    internal TimeSpan OtlpInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Whether callers are told apart and limited: others than this machine can reach the service, or it asks for keys all the same.</summary>
    internal bool IsGuarded => RequireKeys || !IPAddress.IsLoopback(Address);

    /// <summary>Whether a caller without a key is answered.</summary>
    internal bool AnswersAnonymous => !RequireKeys && (AllowAnonymous || !IsGuarded);

    internal IPAddress Address => Host == "localhost" ? IPAddress.Loopback : IPAddress.Parse(Host);
}

/// <summary>One market; what is null is as it is for all.</summary>
/// <param name="Pair">The pair.</param>
/// <param name="Exchange">CCXT's id of the exchange.</param>
/// <param name="Timeframe">The base timeframe.</param>
/// <param name="Fallbacks">Exchanges that stand in.</param>
public sealed record MarketSettings(
    Pair Pair, string? Exchange = null, Timeframe? Timeframe = null, IReadOnlyList<FallbackVenue>? Fallbacks = null);

/// <summary>A market with nothing left open.</summary>
/// <param name="Id">The market.</param>
/// <param name="Fallbacks">Exchanges that stand in, in order.</param>
public sealed record TrackedMarketSettings(MarketId Id, IReadOnlyList<FallbackVenue> Fallbacks);

/// <summary>An exchange that stands in for another: <c>kraken</c>, or <c>kraken:BTC/USD</c> where the pair differs there.</summary>
/// <param name="Exchange">CCXT's id.</param>
/// <param name="Pair">The pair there; null where it is the same.</param>
public sealed record FallbackVenue(string Exchange, Pair? Pair = null)
{
    /// <summary>As it is written in settings.</summary>
    public override string ToString() => Pair is null ? Exchange : $"{Exchange}:{Pair}";
}
