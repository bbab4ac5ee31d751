using System.Globalization;
using System.Net;
using Remora.Feeds.Http;
using Remora.Markets;
using Remora.Store;
using Remora.Risk;
using Remora.Server.Access;

namespace Remora.Server.Settings;

/// <summary>A supported setting.</summary>
/// <param name="Name">The key, in snake_case.</param>
/// <param name="Allowed">The allowed values, as text for people.</param>
/// <param name="IsList">
/// Whether the setting has several values. Outside a file they are separated by commas.
/// </param>
/// <param name="Apply">
/// Returns the settings with this one set, or null if the value is invalid.
/// </param>
internal sealed record SettingKey<T>(string Name, string Allowed, bool IsList, Func<T, IReadOnlyList<string>, T?> Apply)
    where T : class;

/// <summary>All settings, one line each.</summary>
internal static class SettingKeys
{
    private const string Pairs = "pairs such as BTC/USDT, each once";
    private const string DatabaseName = "a name of letters, digits and _, not starting with a digit";
    private const string Days = "days from 1 to 10000, or 0 for ever";
    private const string Variable = "the name of an environment variable";
    private const string PerMinute = "a whole number from 1 to 1000000";
    private const string Exchange = "CCXT's id of an exchange, such as binance";
    private const string HostNames =
        "host names without a port, such as remora.example.org, *.example.org or 192.168.1.5, or * for any name";
    private const string Fallbacks = "exchanges such as kraken, or kraken:BTC/USD where the pair differs there";
    private static readonly string Timeframes = "one of " + string.Join(", ", Markets.Timeframe.Known);

    public static IReadOnlyList<SettingKey<ServiceSettings>> OfService { get; } =
    [
        One<ServiceSettings>("host", "an IP address, or localhost", (s, v) => v == "localhost" || IPAddress.TryParse(v, out _) ? s with { Host = v } : null),
        One<ServiceSettings>("port", "a whole number from 0 to 65535, where 0 takes any free port", (s, v) => Whole(v, 0, 65535) is { } port ? s with { Port = port } : null),
        One<ServiceSettings>("allow_anonymous", "true or false", (s, v) => Bool(v) is { } b ? s with { AllowAnonymous = b } : null),
        Many<ServiceSettings>("pairs", Pairs, (s, v) => All(v, PairOf) is { Count: > 0 } pairs && pairs.Distinct().Count() == pairs.Count ? s with { Pairs = pairs } : null),
        One<ServiceSettings>("exchange", Exchange, (s, v) => ExchangeOf(v) is { } id ? s with { Exchange = id } : null),
        One<ServiceSettings>("timeframe", Timeframes, (s, v) => Timeframe.TryParse(v, out var t) ? s with { Timeframe = t } : null),
        Many<ServiceSettings>("fallbacks", Fallbacks, (s, v) => All(v, FallbackOf) is { } venues ? s with { Fallbacks = venues } : null),
        One<ServiceSettings>("policy", "the name of a policy", (s, v) => s with { Policy = v }),
        One<ServiceSettings>("policies", "a folder of policy files (*.json)", (s, v) => s with { Policies = PolicyFolder.Load(v) }),
        One<ServiceSettings>("data", "a folder", (s, v) => v.Length > 0 && !v.Contains('\0') ? s with { Data = v } : null),
        One<ServiceSettings>("store", "true or false", (s, v) => Bool(v) is { } b ? s with { Store = b } : null),
        One<ServiceSettings>("record_requests", "true or false", (s, v) => Bool(v) is { } b ? s with { RecordRequests = b } : null),
        One<ServiceSettings>("clickhouse", "the http:// or https:// address of a ClickHouse server, such as http://remora@host:8123, without a password", (s, v) => IsServer(v) ? s with { Clickhouse = v } : null),
        One<ServiceSettings>("database", DatabaseName, (s, v) => IsName(v) ? s with { Database = v } : null),
        One<ServiceSettings>("cluster", DatabaseName, (s, v) => IsName(v) ? s with { Cluster = v } : null),
        One<ServiceSettings>("clickhouse_port", "a whole number from 0 to 65535, where 0 takes any free port", (s, v) => Whole(v, 0, 65535) is { } port ? s with { ClickhousePort = port } : null),
        One<ServiceSettings>("clickhouse_port_password_file", "a file with a password in its first line", (s, v) => v.Length > 0 && !v.Contains('\0') ? s with { ClickhousePortPasswordFile = v } : null),
        One<ServiceSettings>("keep_candles", Days, (s, v) => Keep(v) is { } days ? s with { Retention = s.Retention with { CandleDays = days } } : null),
        One<ServiceSettings>("keep_observations", "days from 45 to 10000, or 0 for ever", (s, v) => Keep(v) is { } days and not (> 0 and < 45) ? s with { Retention = s.Retention with { ObservationDays = days } } : null),
        One<ServiceSettings>("keep_assessments", Days, (s, v) => Keep(v) is { } days ? s with { Retention = s.Retention with { AssessmentDays = days } } : null),
        One<ServiceSettings>("keep_requests", Days, (s, v) => Keep(v) is { } days ? s with { Retention = s.Retention with { RequestDays = days } } : null),
        One<ServiceSettings>("keep_rollups", Days, (s, v) => Keep(v) is { } days ? s with { Retention = s.Retention with { RollupDays = days } } : null),
        One<ServiceSettings>("poll_delay", "seconds from 0 to 300", (s, v) => Number(v, 0, 300) is { } n ? s with { PollDelay = TimeSpan.FromSeconds(n) } : null),
        One<ServiceSettings>("sources", "true or false", (s, v) => Bool(v) is { } b ? s with { Sources = b } : null),
        One<ServiceSettings>("require_keys", "true or false", (s, v) => Bool(v) is { } b ? s with { RequireKeys = b } : null),
        One<ServiceSettings>("anonymous_per_minute", PerMinute, (s, v) => Whole(v, 1, 1_000_000) is { } n ? s with { AnonymousPerMinute = n } : null),
        One<ServiceSettings>("key_per_minute", PerMinute, (s, v) => Whole(v, 1, 1_000_000) is { } n ? s with { KeyPerMinute = n } : null),
        One<ServiceSettings>("max_connections", "a whole number from 1 to 1000000", (s, v) => Whole(v, 1, 1_000_000) is { } n ? s with { MaxConnections = n } : null),
        Many<ServiceSettings>(
            "allowed_hosts", HostNames, (s, v) => All(v, HostOf) is { } hosts ? s with { AllowedHosts = hosts } : null),
        Many<ServiceSettings>("cors_origins", "origins such as https://example.org", (s, v) => v.All(IsOrigin) ? s with { CorsOrigins = v } : null),
        One<ServiceSettings>("access_log", "true or false", (s, v) => Bool(v) is { } b ? s with { AccessLog = b } : null),
        One<ServiceSettings>("log_format", "text or json", (s, v) => v is "text" or "json" ? s with { LogFormat = v } : null),
        One<ServiceSettings>("otlp_endpoint", "the http:// or https:// address of a collector", (s, v) => WebUrl(v) is { } url ? s with { OtlpEndpoint = url } : null),
        One<ServiceSettings>("max_streams", "a whole number from 0 to 100000", (s, v) => Whole(v, 0, 100_000) is { } n ? s with { MaxStreams = n } : null),
        One<ServiceSettings>("calendar", "a file", (s, v) => v.Length > 0 && !v.Contains('\0') ? s with { Calendar = v } : null),
        One<ServiceSettings>("calendar_before", "minutes from 0 to 10080", (s, v) => Number(v, 0, 10_080) is { } n ? s with { CalendarBefore = TimeSpan.FromMinutes(n) } : null),
        One<ServiceSettings>("calendar_after", "minutes from 0 to 10080", (s, v) => Number(v, 0, 10_080) is { } n ? s with { CalendarAfter = TimeSpan.FromMinutes(n) } : null),
        One<ServiceSettings>("dollar_source", "yahoo or fred", (s, v) => v switch { "yahoo" => s with { DollarSource = DollarSource.Yahoo }, "fred" => s with { DollarSource = DollarSource.Fred }, _ => null }),
        One<ServiceSettings>("sandbox", "true or false", (s, v) => Bool(v) is { } b ? s with { Sandbox = b } : null),
        One<ServiceSettings>("sandbox_url", "the http:// address of a sandbox", (s, v) => HttpUrl(v) is { } url ? s with { Sandbox = true, SandboxUrl = url } : null),
        One<ServiceSettings>("speed", "a number from 0.01 to 100000", (s, v) => Number(v, 0.01, 100_000) is { } n ? s with { Speed = n } : null),
    ];

    public static IReadOnlyList<SettingKey<MarketSettings>> OfMarket { get; } =
    [
        One<MarketSettings>("pair", "a pair such as BTC/USDT", (s, v) => PairOf(v) is { } pair ? s with { Pair = pair } : null),
        One<MarketSettings>("exchange", Exchange, (s, v) => ExchangeOf(v) is { } id ? s with { Exchange = id } : null),
        One<MarketSettings>("timeframe", Timeframes, (s, v) => Timeframe.TryParse(v, out var t) ? s with { Timeframe = t } : null),
        Many<MarketSettings>("fallbacks", Fallbacks, (s, v) => All(v, FallbackOf) is { } venues ? s with { Fallbacks = venues } : null),
    ];

    public static IReadOnlyList<SettingKey<FreqtradeSettings>> OfFreqtrade { get; } =
    [
        One<FreqtradeSettings>("url", "the address of the bot's REST interface, such as http://127.0.0.1:8080", (s, v) => WebUrl(v) is { } url ? s with { Url = url } : null),
        One<FreqtradeSettings>("user", "the user name of its api_server", (s, v) => v.Length > 0 && !v.Contains(':') ? s with { User = v } : null),
        One<FreqtradeSettings>("password_env", Variable, (s, v) => IsVariable(v) ? s with { PasswordEnv = v } : null),
    ];

    public static IReadOnlyList<SettingKey<WebhookSettings>> OfWebhook { get; } =
    [
        One<WebhookSettings>("url", "an http:// or https:// address", (s, v) => WebUrl(v) is { } url ? s with { Url = url } : null),
        One<WebhookSettings>("secret_env", Variable, (s, v) => IsVariable(v) ? s with { SecretEnv = v } : null),
        Many<WebhookSettings>("events", "safe_to_trade, regime, or both", (s, v) => v.Count > 0 && v.All(e => e is "safe_to_trade" or "regime") ? s with { Events = v } : null),
        Many<WebhookSettings>("pairs", Pairs, (s, v) => All(v, PairOf) is { Count: > 0 } pairs ? s with { Pairs = pairs } : null),
        One<WebhookSettings>("side", "long or short", (s, v) => v is "long" or "short" ? s with { Side = v is "long" ? Side.Long : Side.Short } : null),
    ];

    private static SettingKey<T> One<T>(string name, string allowed, Func<T, string, T?> apply)
        where T : class => new(name, allowed, IsList: false, (settings, values) => values.Count == 1 ? apply(settings, values[0]) : null);

    private static SettingKey<T> Many<T>(string name, string allowed, Func<T, IReadOnlyList<string>, T?> apply)
        where T : class => new(name, allowed, IsList: true, apply);

    private static List<T>? All<T>(IReadOnlyList<string> values, Func<string, T?> parse)
        where T : class
    {
        var all = values.Select(parse).OfType<T>().ToList();
        return all.Count == values.Count ? all : null;
    }

    private static string? HostOf(string text) => HostGate.TryParse(text, out var entry) ? entry : null;

    private static Pair? PairOf(string text) => Pair.TryParse(text, out var pair) ? pair : null;

    private static string? ExchangeOf(string text) =>
        text.Length is > 0 and <= 40 && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_') ? text : null;

    private static FallbackMarket? FallbackOf(string text)
    {
        var colon = text.IndexOf(':');
        if (colon < 0) return ExchangeOf(text) is { } same ? new(same) : null;
        return ExchangeOf(text[..colon]) is { } id && PairOf(text[(colon + 1)..]) is { } pair ? new(id, pair) : null;
    }

    private static bool IsName(string text) => text.Length is > 0 and <= 100 && !char.IsAsciiDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    private static bool IsServer(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps) && !url.UserInfo.Contains(':');

    private static int? Keep(string text) => Whole(text, 0, StoreRetention.MostDays);

    private static bool? Bool(string text) => text switch { "true" => true, "false" => false, _ => null };

    private static int? Whole(string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most ? value : null;

    private static double? Number(string text, double least, double most) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most ? value : null;

    private static bool IsVariable(string text) => text.Length > 0 && !char.IsAsciiDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    private static bool IsOrigin(string text) => WebUrl(text) is { } url && url.GetLeftPart(UriPartial.Authority) == text;

    private static Uri? WebUrl(string text) => Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.UserInfo.Length == 0 ? url : null;

    private static Uri? HttpUrl(string text) => Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme == Uri.UriSchemeHttp ? url : null;
}
