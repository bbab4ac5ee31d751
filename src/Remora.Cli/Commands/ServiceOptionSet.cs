using System.Collections;
using System.CommandLine;
using Remora.Feeds.Keys;
using Remora.Server.Settings;

namespace Remora.Cli.Commands;

/// <summary>The service's settings as flags. Values are checked where file and environment are, by one reader, with one kind of message.</summary>
internal sealed class ServiceOptionSet
{
    private readonly Option<string?> _config = new("--config")
    {
        Description = "Settings file (JSON); REMORA_CONFIG without it, or remora.json here if there is one",
        HelpName = "FILE",
    };

    private readonly IReadOnlyList<Option<string?>> _settings =
    [
        Setting("--pairs", "Pairs to track, separated by commas [default: BTC/USDT,ETH/USDT,SOL/USDT]", "PAIRS"),
        Setting("--exchange", "Exchange they are tracked on, by CCXT's id [default: binance]", "ID"),
        Setting("--fallbacks", "Exchanges that stand in when it is lost: kraken, or kraken:BTC/USD", "IDS"),
        Setting("--timeframe", "Base timeframe [default: 5m]", "TIMEFRAME"),
        Setting("--policy", "Name of the default policy [default: remora-1]", "NAME"),
        Setting("--policies", "Folder of further policies (*.json)", "FOLDER"),
        Setting("--host", "Address to listen on [default: 127.0.0.1]", "ADDRESS"),
        Setting("--port", "Port to listen on, 0 for any [default: 8000]", "PORT"),
        Setting("--allow-anonymous", "true to serve callers without a key on an address that others can reach", "BOOL"),
        Setting("--data", "Folder for what must outlive the service", "FOLDER"),
        Setting("--store", "false to keep nothing", "BOOL"),
        Setting("--clickhouse", "ClickHouse server to keep it in, instead of the embedded engine", "URL"),
        Setting("--database", "Database there [default: remora]", "NAME"),
        Setting("--cluster", "Cluster to replicate and distribute tables over", "NAME"),
        Setting("--clickhouse-port", "Port on this machine for ClickHouse's own clients, who only read, 0 for any; needs a password", "PORT"),
        Setting("--clickhouse-port-password-file", "File with its password [default: REMORA_CLICKHOUSE_PORT_PASSWORD]", "FILE"),
        Setting("--poll-delay", "Seconds after a close at which the candle is asked for [default: 2]", "SECONDS"),
        Setting("--require-keys", "true to ask for keys on this machine's own address too", "BOOL"),
        Setting("--anonymous-per-minute", "Requests a minute from each address without a key [default: 60]", "COUNT"),
        Setting("--key-per-minute", "Requests a minute for each key [default: 300]", "COUNT"),
        Setting("--max-connections", "How many connections there may be at once [default: 10000]", "COUNT"),
        Setting("--allowed-hosts", "Host names to answer under beside localhost, separated by commas", "NAMES"),
        Setting("--cors-origins", "Origins whose pages may read answers, separated by commas", "ORIGINS"),
        Setting("--access-log", "true to log every request", "BOOL"),
        Setting("--log-format", "text or json [default: text]", "FORMAT"),
        Setting("--otlp-endpoint", "OpenTelemetry collector that is sent the metrics, e.g. http://localhost:4318", "URL"),
        Setting("--max-streams", "How many may read the event stream at once [default: 5000]", "COUNT"),
        Setting("--sources", "false to ask no outside sources", "BOOL"),
        Setting("--calendar", "Calendar of scheduled events [default: calendar.csv in the data folder]", "FILE"),
        Setting("--calendar-before", "Minutes before an event at which it is to be minded [default: 120]", "MINUTES"),
        Setting("--calendar-after", "Minutes after it [default: 60]", "MINUTES"),
        Setting("--dollar-source", "Who tells the dollar's index: yahoo or fred [default: yahoo]", "NAME"),
    ];

    /// <summary>A key as a flag is refused by the settings' reader; without these the parser would repeat it in its complaint.</summary>
    private readonly IReadOnlyList<Option<string?>> _refused =
        [.. ApiKeys.Variables.Select(variable => new Option<string?>("--" + variable[SettingsReader.Prefix.Length..].ToLowerInvariant().Replace('_', '-')) { Hidden = true })];

    /// <summary>All of them, to be added to a command.</summary>
    public IReadOnlyList<Option> All => [_config, .. _settings, .. _refused];

    /// <summary>Those that say where the keys are, and which policies there are.</summary>
    public IReadOnlyList<Option> ForKeys => [_config, .. _settings.Where(option => option.Name is "--data" or "--policies")];

    /// <summary>File, environment and flags put together and checked.</summary>
    /// <exception cref="SettingsException">Something is not valid.</exception>
    public ServiceSettings Read(ParseResult parsed, params IEnumerable<KeyValuePair<string, string>> more)
    {
        var environment = Variables();
        var flags = new Dictionary<string, string>(more);
        foreach (var option in _settings.Concat(_refused))
            if (parsed.GetValue(option) is { } value) flags[option.Name[2..]] = value;
        return SettingsReader.Read(ConfigFile(parsed, environment), environment, flags);
    }

    /// <summary>The option that names the settings file.</summary>
    public Option<string?> Config => _config;

    /// <summary>The process's variables.</summary>
    public static Dictionary<string, string> Variables() =>
        Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(e => (string)e.Key, e => (string?)e.Value ?? "");

    /// <summary>The settings file in use; null for none.</summary>
    public string? ConfigFile(ParseResult parsed, Dictionary<string, string> environment)
    {
        const string here = "remora.json";
        return parsed.GetValue(_config) ?? (environment.TryGetValue("REMORA_CONFIG", out var named) && named.Length > 0 ? named : File.Exists(here) ? here : null);
    }

    private static Option<string?> Setting(string name, string description, string valueName) => new(name) { Description = description, HelpName = valueName };
}
