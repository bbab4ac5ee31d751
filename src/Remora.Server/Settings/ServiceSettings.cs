using System.Net;
using Microsoft.Extensions.Logging;
using Remora.Bots.Freqtrade;
using Remora.Bots.Webhooks;
using Remora.Feeds.Calendar;
using Remora.Feeds.Http;
using Remora.Feeds.Keys;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Notify;
using Remora.Risk;
using Remora.Server.Streams;
using Remora.Store;

namespace Remora.Server.Settings;

/// <summary>
/// All settings of the service, with their defaults. <see cref="SettingsReader"/> reads them from
/// file, environment and flags.
/// </summary>
public sealed record ServiceSettings
{
    /// <summary>
    /// The address on which the service listens: an IP address, or <c>localhost</c>.
    /// </summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>The port; 0 uses any free port.</summary>
    public int Port { get; init; } = 8000;

    /// <summary>Whether callers need no key when other machines can reach the service.</summary>
    public bool AllowAnonymous { get; init; }

    /// <summary>
    /// The pairs tracked on <see cref="Exchange"/> at <see cref="Timeframe"/>; null is BTC, ETH and
    /// SOL against USDT where <see cref="Markets"/> is empty, else none.
    /// </summary>
    public IReadOnlyList<Pair>? Pairs { get; init; }

    /// <summary>CCXT's id of the exchange.</summary>
    public string Exchange { get; init; } = "binance";

    /// <summary>The base timeframe.</summary>
    public Timeframe Timeframe { get; init; } = Timeframe.FiveMinutes;

    /// <summary>
    /// The exchanges to use, in this order, while a market's own exchange is unavailable.
    /// </summary>
    public IReadOnlyList<FallbackMarket> Fallbacks { get; init; } = [];

    /// <summary>
    /// Further markets, each with its own exchange, timeframe or fallbacks if they differ.
    /// </summary>
    public IReadOnlyList<MarketSettings> Markets { get; init; } = [];

    /// <summary>
    /// The maximum number of pairs that are added at run time, besides the configured ones.
    /// </summary>
    public int MaxAddedPairs { get; init; } = 250;

    /// <summary>The answer of <c>/risk</c> for a pair that is not tracked.</summary>
    public UntrackedRule Untracked { get; init; }

    /// <summary>
    /// The name of the default policy; null for <see cref="FolderPolicy"/>, or else for that of the
    /// program.
    /// </summary>
    public string? Policy { get; init; }

    /// <summary>The policy that was last in use on the data folder; null when unknown.</summary>
    public string? FolderPolicy { get; init; }

    /// <summary>All policies: the built-in ones and those in the policy folder.</summary>
    public IReadOnlyList<RiskPolicy> Policies
    {
        get => PolicyOfFile is { } own ? [.. field.Where(policy => policy.Name != own.Name), own] : field;
        init;
    } = BuiltInPolicies.All;

    /// <summary>
    /// The default policy if <see cref="Policy"/> is that of a file; null otherwise.
    /// </summary>
    internal RiskPolicy? PolicyOfFile { get; init; }

    /// <summary>
    /// The folder of candles that the lab uses, as <c>remora history fetch</c> writes it; null for
    /// the store.
    /// </summary>
    public string? LabCandles { get; init; }

    /// <summary>The folder for persistent data; null for <see cref="DefaultData"/>.</summary>
    public string? Data { get; init; }

    /// <summary>The default data folder.</summary>
    public static string DefaultData { get; } =
        Path.Combine(
            // DoNotVerify: on a new account the folder does not exist yet, and verification would
            // return an empty path.
            Environment.GetFolderPath(
                Environment.SpecialFolder.LocalApplicationData,
                Environment.SpecialFolderOption.DoNotVerify
            ),
            "remora"
        );

    /// <summary>The data folder.</summary>
    public string DataFolder => Data ?? DefaultData;

    /// <summary>Whether the service stores its data.</summary>
    public bool Store { get; init; } = true;

    /// <summary>Whether requests to the service are stored.</summary>
    public bool RecordRequests { get; init; } = true;

    /// <summary>
    /// The URL of the ClickHouse server that stores the data, such as
    /// <c>http://remora@host:8123</c>; null for the embedded engine in the data folder.
    /// </summary>
    public string? Clickhouse { get; init; }

    /// <summary>
    /// The database on the server; null for the one in the URL, or <c>remora</c>.
    /// </summary>
    public string? Database { get; init; }

    /// <summary>
    /// The cluster on which tables are replicated and distributed; null for a single server.
    /// </summary>
    public string? Cluster { get; init; }

    /// <summary>
    /// A loopback port on which the embedded engine accepts ClickHouse clients; null for none.
    /// </summary>
    public int? ClickhousePort { get; init; }

    /// <summary>
    /// A loopback port on which the embedded engine accepts clients of ClickHouse's native
    /// protocol; null for none.
    /// </summary>
    public int? ClickhouseNativePort { get; init; }

    /// <summary>
    /// A file with the password of these ports in its first line; null if the environment contains
    /// the password.
    /// </summary>
    public string? ClickhousePortPasswordFile { get; init; }

    /// <summary>
    /// The password of the user <c>remora</c> on these ports; null without a port.
    /// </summary>
    public string? ClickhousePortPassword { get; init; }

    /// <summary>How long stored data is retained.</summary>
    public StoreRetention Retention { get; init; } = new();

    /// <summary>The hours from one backup of the store to the next; 0 for none.</summary>
    public double BackupHours { get; init; }

    /// <summary>
    /// The folder of backups; null is <c>backups</c> in the folder of the store.
    /// </summary>
    public string? BackupFolder { get; init; }

    /// <summary>The number of backups to keep.</summary>
    public int KeepBackups { get; init; } = 7;

    /// <summary>How long after a candle's close the exchange is requested for it.</summary>
    public TimeSpan PollDelay { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How often the unfinished candle is requested, in real time; zero for never.
    /// </summary>
    public TimeSpan UnfinishedInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Whether sources are used.</summary>
    public bool Sources { get; init; } = true;

    /// <summary>The intervals of sources that differ from their own.</summary>
    public IReadOnlyList<SourceInterval> SourceIntervals { get; init; } = [];

    /// <summary>Returns the interval of a source; null for its own.</summary>
    public TimeSpan? IntervalOf(string source) =>
        SourceIntervals.FirstOrDefault(each => each.Source == source) is { } set
            ? TimeSpan.FromSeconds(set.Seconds)
            : null;

    /// <summary>The calendar file; null is <c>calendar.csv</c> in <see cref="Data"/>.</summary>
    public string? Calendar { get; init; }

    /// <summary>The coefficients of forecasts.</summary>
    public CoefficientVintages Coefficients { get; init; } = CoefficientVintages.Shipped;

    /// <summary>
    /// The days of past that forecasts begin with; null for those that they compare with, or in a
    /// sandbox for those of other readings.
    /// </summary>
    public int? ForecastDays { get; init; }

    /// <summary>The past that forecasts begin with.</summary>
    public TimeSpan ForecastHistory =>
        ForecastDays is { } days ? TimeSpan.FromDays(days)
        : Sandbox ? RequiredHistory.Base
        : RequiredHistory.Forecasts;

    /// <summary>How long before a scheduled event its event window starts.</summary>
    public TimeSpan CalendarBefore { get; init; } = ScheduledEvent.UsualBefore;

    /// <summary>How long after a scheduled event its event window ends.</summary>
    public TimeSpan CalendarAfter { get; init; } = ScheduledEvent.UsualAfter;

    /// <summary>
    /// The address of the iCalendar of the Bureau of Labor Statistics, with the dates of US
    /// consumer prices and employment.
    /// </summary>
    public Uri BlsCalendarUrl { get; init; } = BlsOptions.DefaultUrl;

    /// <summary>
    /// The e-mail address that requests to the agency name; null for no such requests.
    /// </summary>
    public string? ContactEmail { get; init; }

    /// <summary>The source of the dollar index.</summary>
    public DollarSource DollarSource { get; init; }

    /// <summary>The API keys of sources, from the environment only.</summary>
    public SourceKeys Keys { get; init; } = SourceKeys.None;

    /// <summary>
    /// Whether callers need a key even if only this machine can reach the service; for a service
    /// behind a proxy.
    /// </summary>
    public bool RequireKeys { get; init; }

    /// <summary>
    /// Maximum requests per minute from each address without a key, when <see cref="IsGuarded"/>.
    /// </summary>
    public int AnonymousPerMinute { get; init; } = 60;

    /// <summary>
    /// Maximum requests per minute for each key without its own limit, when
    /// <see cref="IsGuarded"/>.
    /// </summary>
    public int KeyPerMinute { get; init; } = 300;

    /// <summary>
    /// The maximum number of simultaneous connections. Further connections are closed.
    /// </summary>
    public int MaxConnections { get; init; } = 10_000;

    /// <summary>
    /// The host names that the service accepts in addition to the loopback names:
    /// <c>remora.example.org</c>, <c>*.example.org</c>, an IP address, or <c>*</c> for any name.
    /// </summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>The origins whose pages may read answers; none by default.</summary>
    public IReadOnlyList<string> CorsOrigins { get; init; } = [];

    /// <summary>Whether every request is logged.</summary>
    public bool AccessLog { get; init; }

    /// <summary>The OpenTelemetry collector that receives the metrics; null for none.</summary>
    public Uri? OtlpEndpoint { get; init; }

    /// <summary>The least important messages that are logged.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <summary>The format of the log: <c>text</c> or <c>json</c>.</summary>
    public string LogFormat { get; init; } = "text";

    /// <summary>The file to which the log is written too; null for none.</summary>
    public string? LogFile { get; init; }

    /// <summary>The size in megabytes at which a new log file begins.</summary>
    public double LogFileMegabytes { get; init; } = 10;

    /// <summary>The number of log files to keep, with the current one.</summary>
    public int KeepLogFiles { get; init; } = 5;

    /// <summary>The maximum number of simultaneous readers of the event stream.</summary>
    public int MaxStreams { get; init; } = 5000;

    /// <summary>
    /// The Freqtrade bots whose pairs are locked while entries are blocked, or whose whitelists are
    /// followed.
    /// </summary>
    public IReadOnlyList<FreqtradeBot> Freqtrade { get; init; } = [];

    /// <summary>
    /// The highest value at risk at 95 % in 24 hours of the open trades of each followed bot, a
    /// ratio of its balance; null for none.
    /// </summary>
    public double? BookLimit { get; init; }

    /// <summary>
    /// The chance of a liquidation within 24 hours above which a message is sent, a ratio.
    /// </summary>
    public double LiquidationChance { get; init; } = 0.05;

    /// <summary>The receivers of changes.</summary>
    public IReadOnlyList<WebhookTarget> Webhooks { get; init; } = [];

    /// <summary>Messages to people.</summary>
    public NotifySettings Notify { get; init; } = new();

    /// <summary>The address of the service in links of messages; null for host and port.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary>The address that is called each minute while all is well; null for none.</summary>
    public Uri? HeartbeatUrl { get; init; }

    /// <summary>Whether a sandbox replaces the outside world.</summary>
    public bool Sandbox { get; init; }

    /// <summary>The URL of a running sandbox; null starts one with the service.</summary>
    public Uri? SandboxUrl { get; init; }

    /// <summary>The speed of the clock in a sandbox.</summary>
    public double Speed { get; init; } = 1;

    /// <summary>Whether the rate limits of exchanges are kept in a sandbox too.</summary>
    public bool SandboxRateLimit { get; init; }

    internal static IReadOnlyList<Pair> DefaultPairs { get; } =
    [Pair.Parse("BTC/USDT"), Pair.Parse("ETH/USDT"), Pair.Parse("SOL/USDT")];

    /// <summary>All markets to track, with defaults filled in, in order of preference.</summary>
    public IReadOnlyList<TrackedMarketSettings> TrackedMarkets =>
        [
            .. (Pairs ?? (Markets.Count == 0 ? DefaultPairs : []))
                .Select(pair => new MarketSettings(pair))
                .Concat(Markets)
                .Select(market => new TrackedMarketSettings(
                    new(market.Exchange ?? Exchange, market.Pair, market.Timeframe ?? Timeframe),
                    market.Fallbacks ?? Fallbacks
                )),
        ];

    /// <summary>The policies, the default one first.</summary>
    public IReadOnlyList<RiskPolicy> PoliciesInOrder =>
        [.. Policies.OrderBy(policy => policy.Name == DefaultPolicy ? 0 : 1)];

    /// <summary>The name of the default policy.</summary>
    public string DefaultPolicy => Policy ?? FolderPolicy ?? BuiltInPolicies.Default.Name;

    /// <summary>The limits of the event stream. Tests change them.</summary>
    internal StreamLimits StreamPatience { get; init; } = new();

    /// <summary>The path of the calendar file.</summary>
    public string CalendarFile => Calendar ?? Path.Combine(DataFolder, "calendar.csv");

    /// <summary>The path of the file with the dates that the agency published.</summary>
    public string BlsCalendarFile => Path.Combine(DataFolder, "calendar-bls.csv");

    /// <summary>
    /// How long a caller may take to send the headers of a request. Tests change it.
    /// </summary>
    internal TimeSpan HeadersTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The clock by which added pairs are dropped: real time, also in a sandbox. Tests change it.
    /// </summary>
    internal TimeProvider RealClock { get; init; } = TimeProvider.System;

    /// <summary>The addresses and delays of notifiers. Tests change them.</summary>
    internal NotifyOptions NotifyOptions { get; init; } = new();

    /// <summary>The clock of the log's intervals. Tests change it.</summary>
    internal TimeProvider LogClock { get; init; } = TimeProvider.System;

    /// <summary>How often metrics are sent to the collector. Tests change it.</summary>
    internal TimeSpan OtlpInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Whether callers are identified and rate-limited: other machines can reach the service, or
    /// keys are required.
    /// </summary>
    internal bool IsGuarded => RequireKeys || !IPAddress.IsLoopback(Address);

    /// <summary>Whether requests without a key are answered.</summary>
    internal bool AnswersAnonymous => !RequireKeys && (AllowAnonymous || !IsGuarded);

    internal IPAddress Address => Host == "localhost" ? IPAddress.Loopback : IPAddress.Parse(Host);
}

/// <summary>The answer for a pair that is not tracked.</summary>
public enum UntrackedRule
{
    /// <summary>404, with the nearest tracked pairs.</summary>
    NotFound,

    /// <summary>
    /// An assessment whose state is unknown, by the policy's rule for stale data.
    /// </summary>
    Unknown,

    /// <summary>The assessment of the whole market.</summary>
    WholeMarket,
}

/// <summary>One market. Null values use the settings for all markets.</summary>
/// <param name="Pair">The pair.</param>
/// <param name="Exchange">CCXT's id of the exchange.</param>
/// <param name="Timeframe">The base timeframe.</param>
/// <param name="Fallbacks">The fallback exchanges.</param>
public sealed record MarketSettings(
    Pair Pair,
    string? Exchange = null,
    Timeframe? Timeframe = null,
    IReadOnlyList<FallbackMarket>? Fallbacks = null
);

/// <summary>One market with all defaults filled in.</summary>
/// <param name="Id">The market.</param>
/// <param name="Fallbacks">The fallback exchanges, in order.</param>
public sealed record TrackedMarketSettings(MarketId Id, IReadOnlyList<FallbackMarket> Fallbacks);

/// <summary>
/// A fallback exchange: <c>kraken</c>, or <c>kraken:BTC/USD</c> if the pair differs there.
/// </summary>
/// <param name="Exchange">The CCXT id.</param>
/// <param name="Pair">The pair on that exchange; null if it is the same.</param>
public sealed record FallbackMarket(string Exchange, Pair? Pair = null)
{
    /// <summary>Returns the text form in settings.</summary>
    public override string ToString() => Pair is null ? Exchange : $"{Exchange}:{Pair}";
}
