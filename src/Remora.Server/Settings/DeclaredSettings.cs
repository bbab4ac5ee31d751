using Microsoft.Extensions.Logging;
using Remora.Feeds.Http;
using Kind = Remora.Server.Settings.SettingKinds;

namespace Remora.Server.Settings;

/// <summary>
/// The settings of the service. Each is declared here once; its default is that of the property.
/// </summary>
internal static class DeclaredSettings
{
    private const int Million = 1_000_000;

    private static readonly SettingDeclarer<ServiceSettings> Declare = new(new());

    /// <summary>All settings, in the order of the documentation.</summary>
    public static IReadOnlyList<Setting<ServiceSettings>> All { get; } =
    [
        .. Markets(),
        .. Listening(),
        .. Telemetry(),
        .. DeclaredNotifySettings.All,
        .. Outside(),
        .. DeclaredStoreSettings.All,
        .. Sandbox(),
    ];

    private static IEnumerable<Setting<ServiceSettings>> Markets() =>
        [
            Declare.Many(
                "pairs",
                Kind.Pairs,
                _ => ServiceSettings.DefaultPairs,
                (s, v) => s with { Pairs = v },
                "Pairs to track",
                ListRule.NotEmpty | ListRule.Distinct
            ),
            Declare.One(
                "exchange",
                Kind.Exchange,
                s => s.Exchange,
                (s, v) => s with { Exchange = v },
                "Exchange of the pairs"
            ),
            Declare.One(
                "timeframe",
                Kind.Timeframe,
                s => s.Timeframe,
                (s, v) => s with { Timeframe = v },
                "Timeframe of the base candles"
            ),
            Declare.Many(
                "fallbacks",
                Kind.Fallbacks,
                s => s.Fallbacks,
                (s, v) => s with { Fallbacks = v },
                "Exchanges to use, in this order, while the exchange of a pair is unavailable"
            ),
            Declare.One(
                "max_added_pairs",
                Kind.Whole(0, 2000),
                s => s.MaxAddedPairs,
                (s, v) => s with { MaxAddedPairs = v },
                "Maximum number of pairs that bots and callers add at run time"
            ) with
            {
                Live = (from, to) => to with { MaxAddedPairs = from.MaxAddedPairs },
                See = "[follow a bot](freqtrade.md#follow-the-bot)",
            },
            Declare.One(
                "untracked",
                Kind.OneOf(
                    "RULE",
                    ("not_found", UntrackedRule.NotFound),
                    ("unknown", UntrackedRule.Unknown),
                    ("whole_market", UntrackedRule.WholeMarket)
                ),
                s => RemoraJson.NameOf(s.Untracked),
                (s, v) => s with { Untracked = v },
                "Answer of /risk for a pair that is not tracked: the status 404, an unknown state, or the assessment "
                    + "of the whole market"
            ) with
            {
                Live = (from, to) => to with { Untracked = from.Untracked },
                See = "[untracked pairs](api.md#untracked-pairs)",
            },
            Declare.One(
                "policy",
                Kind.Name,
                s => s.Policy,
                PolicyOf,
                "Default policy: a name, or the file of a policy (*.json)",
                "that in use on the data folder; remora-2 for a new one"
            ) with
            {
                See = "[policies](policies.md)",
            },
            Declare.One(
                "policies",
                Kind.Folder,
                _ => null,
                (s, v) => s with { Policies = PolicyFolder.Load(v) },
                "Folder of additional policies (*.json)"
            ) with
            {
                See = "[policies](policies.md)",
            },
            Declare.One(
                "lab_candles",
                Kind.Folder,
                s => s.LabCandles,
                (s, v) => s with { LabCandles = v },
                "Folder of candles for the policy lab, from 'remora history fetch'",
                "the store"
            ) with
            {
                See = "[the lab](lab.md)",
            },
        ];

    private static IEnumerable<Setting<ServiceSettings>> Listening() =>
        [
            Declare.One("host", Kind.Address, s => s.Host, (s, v) => s with { Host = v }, "Address to listen on") with
            {
                See = "[which addresses require keys](security.md)",
            },
            Declare.One("port", Kind.Port, s => s.Port, (s, v) => s with { Port = v }, "Port to listen on"),
            Declare.One(
                "allow_anonymous",
                Kind.Bool,
                s => s.AllowAnonymous,
                (s, v) => s with { AllowAnonymous = v },
                "Whether requests without a key are answered on an address that other machines can reach"
            ),
            Declare.One(
                "require_keys",
                Kind.Bool,
                s => s.RequireKeys,
                (s, v) => s with { RequireKeys = v },
                "Whether keys are also required on a loopback address"
            ),
            Declare.One(
                "anonymous_per_minute",
                Kind.Whole(1, Million),
                s => s.AnonymousPerMinute,
                (s, v) => s with { AnonymousPerMinute = v },
                "Maximum requests per minute of an address without a key; not limited on a loopback address without "
                    + "require_keys"
            ) with
            {
                Live = (from, to) => to with { AnonymousPerMinute = from.AnonymousPerMinute },
            },
            Declare.One(
                "key_per_minute",
                Kind.Whole(1, Million),
                s => s.KeyPerMinute,
                (s, v) => s with { KeyPerMinute = v },
                "Maximum requests per minute of a key without a limit of its own"
            ) with
            {
                Live = (from, to) => to with { KeyPerMinute = from.KeyPerMinute },
            },
            Declare.One(
                "max_connections",
                Kind.Whole(1, Million),
                s => s.MaxConnections,
                (s, v) => s with { MaxConnections = v },
                "Maximum number of simultaneous connections"
            ),
            Declare.One(
                "max_streams",
                Kind.Whole(0, 100_000),
                s => s.MaxStreams,
                (s, v) => s with { MaxStreams = v },
                "Maximum number of simultaneous readers of the event stream"
            ),
            Declare.Many(
                "allowed_hosts",
                Kind.HostNames,
                s => s.AllowedHosts,
                (s, v) => s with { AllowedHosts = v },
                "Host names under which the service answers, besides localhost, 127.0.0.0/8 and [::1]"
            ) with
            {
                See = "[when they are checked](security.md#host-names)",
            },
            Declare.Many(
                "cors_origins",
                Kind.Origins,
                s => s.CorsOrigins,
                (s, v) => s with { CorsOrigins = v },
                "Origins whose web pages can read answers (CORS)"
            ),
        ];

    private static IEnumerable<Setting<ServiceSettings>> Telemetry() =>
        [
            Declare.One(
                "access_log",
                Kind.Bool,
                s => s.AccessLog,
                (s, v) => s with { AccessLog = v },
                "Whether every request is logged"
            ) with
            {
                Live = (from, to) => to with { AccessLog = from.AccessLog },
            },
            Declare.One(
                "log_level",
                Kind.OneOf(
                    "LEVEL",
                    ("debug", LogLevel.Debug),
                    ("information", LogLevel.Information),
                    ("warning", LogLevel.Warning),
                    ("error", LogLevel.Error)
                ),
                s => RemoraJson.NameOf(s.LogLevel),
                (s, v) => s with { LogLevel = v },
                "Least important messages that are logged"
            ) with
            {
                Live = (from, to) => to with { LogLevel = from.LogLevel },
            },
            Declare.One(
                "log_format",
                Kind.OneOf("FORMAT", ("text", "text"), ("json", "json")),
                s => s.LogFormat,
                (s, v) => s with { LogFormat = v },
                "Format of the log"
            ),
            Declare.One(
                "log_file",
                Kind.File,
                s => s.LogFile,
                (s, v) => s with { LogFile = v },
                "File to which the log is written too, where no journal keeps it"
            ) with
            {
                See = "[log files](operations.md#log-files)",
            },
            Declare.One(
                "log_file_mb",
                Kind.Number(0.001, 10_000, "megabytes", "MEGABYTES"),
                s => s.LogFileMegabytes,
                (s, v) => s with { LogFileMegabytes = v },
                "Size at which a new log file begins"
            ) with
            {
                Flag = null,
            },
            Declare.One(
                "keep_log_files",
                Kind.Whole(1, 1000),
                s => s.KeepLogFiles,
                (s, v) => s with { KeepLogFiles = v },
                "Number of log files to keep, with the current one"
            ) with
            {
                Flag = null,
            },
            Declare.One(
                "otlp_endpoint",
                Kind.WebAddress,
                s => s.OtlpEndpoint,
                (s, v) => s with { OtlpEndpoint = v },
                "OpenTelemetry collector that receives the metrics over HTTP, for example http://localhost:4318"
            ),
        ];

    private static IEnumerable<Setting<ServiceSettings>> Outside() =>
        [
            Declare.One(
                "poll_delay",
                Kind.Number(0, 300, "seconds", "SECONDS"),
                s => s.PollDelay.TotalSeconds,
                (s, v) => s with { PollDelay = TimeSpan.FromSeconds(v) },
                "Time from the close of a candle to its request"
            ),
            Declare.One(
                "unfinished_interval",
                Kind.Whole(0, 3600, "SECONDS"),
                s => (int)s.UnfinishedInterval.TotalSeconds,
                (s, v) => s with { UnfinishedInterval = TimeSpan.FromSeconds(v) },
                "Seconds of real time between two requests for the unfinished candle, which sets flag_shock; 0 for none"
            ),
            Declare.One(
                "sources",
                Kind.Bool,
                s => s.Sources,
                (s, v) => s with { Sources = v },
                "Whether outside sources are used"
            ),
            Declare.Many(
                "source_intervals",
                SourceInterval.Kind,
                s => s.SourceIntervals,
                (s, v) => s with { SourceIntervals = v },
                "Seconds between the requests to sources, where they differ from the sources' own"
            ) with
            {
                Flag = null,
                See = "[sources](sources.md)",
            },
            Declare.One(
                "dollar_source",
                Kind.OneOf("NAME", ("yahoo", DollarSource.Yahoo), ("fred", DollarSource.Fred)),
                s => RemoraJson.NameOf(s.DollarSource),
                (s, v) => s with { DollarSource = v },
                "Source of the dollar index"
            ) with
            {
                See = "[sources](sources.md)",
            },
            Declare.One(
                "calendar",
                Kind.File,
                s => s.Calendar,
                (s, v) => s with { Calendar = v },
                "File of scheduled events",
                "calendar.csv in the data folder"
            ) with
            {
                See = "[calendar](calendar.md)",
            },
            Declare.One(
                "calendar_before",
                Kind.Minutes,
                s => s.CalendarBefore.TotalMinutes,
                (s, v) => s with { CalendarBefore = TimeSpan.FromMinutes(v) },
                "Time before an event at which its event window starts"
            ),
            Declare.One(
                "calendar_after",
                Kind.Minutes,
                s => s.CalendarAfter.TotalMinutes,
                (s, v) => s with { CalendarAfter = TimeSpan.FromMinutes(v) },
                "Time after an event at which its event window ends"
            ),
            Declare.One(
                "coefficients",
                Kind.File,
                _ => null,
                (s, v) => s with { Coefficients = CoefficientsSetting.Load(v) },
                "File of coefficients of forecasts, from 'remora forecast fit'; it replaces the shipped ones from the "
                    + "day on which its first fit is valid",
                "the shipped ones"
            ) with
            {
                See = "[forecasts](forecast.md#newer-coefficients)",
            },
            Declare.One(
                "forecast_days",
                Kind.Whole(RequiredHistory.Base.Days, 3650, "DAYS"),
                s => s.ForecastDays,
                (s, v) => s with { ForecastDays = v },
                "Days of past that forecasts begin with, if the exchange has them",
                $"{RequiredHistory.Forecasts.Days}, and {RequiredHistory.Base.Days} in a sandbox"
            ) with
            {
                See = "[how a past is kept](forecast.md#the-past-of-a-market)",
            },
            Declare.One(
                "contact_email",
                Kind.Email,
                s => s.ContactEmail,
                (s, v) => s with { ContactEmail = v },
                "E-mail address in requests to the Bureau of Labor Statistics, which wants one; without it, the "
                    + "release dates are not refreshed"
            ) with
            {
                See = "[calendar](calendar.md#dates-of-forecasts)",
            },
            Declare.One(
                "bls_calendar_url",
                Kind.WebAddress,
                s => s.BlsCalendarUrl,
                (s, v) => s with { BlsCalendarUrl = v },
                "iCalendar of the Bureau of Labor Statistics"
            ) with
            {
                Flag = null,
            },
        ];

    private static IEnumerable<Setting<ServiceSettings>> Sandbox() =>
        [
            Declare.One(
                "sandbox",
                Kind.Bool,
                s => s.Sandbox,
                (s, v) => s with { Sandbox = v },
                "Whether a sandbox replaces exchanges and sources"
            ) with
            {
                Flag = null,
                CommandFlag = "--sandbox",
            },
            Declare.One(
                "sandbox_url",
                Kind.HttpAddress,
                s => s.SandboxUrl,
                (s, v) => s with { Sandbox = true, SandboxUrl = v },
                "Sandbox that is already running",
                "a new sandbox"
            ) with
            {
                Flag = null,
                CommandFlag = "--sandbox URL",
            },
            Declare.One(
                "sandbox_rate_limit",
                Kind.Bool,
                s => s.SandboxRateLimit,
                (s, v) => s with { SandboxRateLimit = v },
                "Whether the rate limits of exchanges are kept in a sandbox too, in real time"
            ) with
            {
                Flag = null,
            },
            Declare.One(
                "speed",
                Kind.Number(0.01, 100_000, "a number", "FACTOR"),
                s => s.Speed,
                (s, v) => s with { Speed = v },
                "Sandbox seconds per real second"
            ) with
            {
                Flag = null,
                CommandFlag = "--speed",
            },
        ];

    private static ServiceSettings PolicyOf(ServiceSettings settings, string value)
    {
        var own = value.EndsWith(".json", StringComparison.Ordinal) ? PolicyFolder.LoadFile(value) : null;
        return settings with { Policy = own?.Name ?? value, PolicyOfFile = own };
    }
}
