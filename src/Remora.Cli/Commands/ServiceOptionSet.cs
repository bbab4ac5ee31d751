using System.Collections;
using System.CommandLine;
using Remora.Feeds.Keys;
using Remora.Server.Settings;

namespace Remora.Cli.Commands;

/// <summary>
/// The settings of the service as options. The settings reader checks their values together with
/// those of file and environment, so that all errors have one form.
/// </summary>
internal sealed class ServiceOptionSet
{
    private readonly Option<string?> _config = new("--config")
    {
        Description = "Settings file (JSON) [default: REMORA_CONFIG, or remora.json in the current folder if it exists]",
        HelpName = "FILE",
    };

    private readonly IReadOnlyList<Option<string?>> _settings =
    [
        Setting("--pairs", "Pairs to track, separated by commas [default: BTC/USDT,ETH/USDT,SOL/USDT]", "PAIRS"),
        Setting("--exchange", "CCXT id of the exchange of the pairs [default: binance]", "ID"),
        Setting("--fallbacks", "Exchanges to use while it is unavailable, for example kraken or kraken:BTC/USD", "IDS"),
        Setting("--timeframe", "Timeframe of the base candles [default: 5m]", "TIMEFRAME"),
        Setting("--policy", "Name of the default policy [default: remora-1]", "NAME"),
        Setting("--policies", "Folder of additional policies (*.json)", "FOLDER"),
        Setting("--host", "Address to listen on [default: 127.0.0.1]", "ADDRESS"),
        Setting("--port", "Port to listen on, 0 for any free port [default: 8000]", "PORT"),
        Setting("--allow-anonymous", "true to allow requests without a key on an address that other machines can reach", "BOOL"),
        Setting("--data", "Data folder: store, keys and calendar", "FOLDER"),
        Setting("--store", "false to store nothing", "BOOL"),
        Setting("--clickhouse", "ClickHouse server for the store, instead of the embedded ClickHouse engine", "URL"),
        Setting("--database", "Database on that server [default: remora]", "NAME"),
        Setting("--cluster", "Cluster on which tables are replicated and distributed", "NAME"),
        Setting("--clickhouse-port", "Local port for read-only access by ClickHouse clients, 0 for any free port; requires a password", "PORT"),
        Setting("--clickhouse-port-password-file", "File that contains the password of that port [default: the variable REMORA_CLICKHOUSE_PORT_PASSWORD]", "FILE"),
        Setting("--poll-delay", "Seconds from the close of a candle to its request [default: 2]", "SECONDS"),
        Setting("--require-keys", "true to require keys on the loopback address too", "BOOL"),
        Setting("--anonymous-per-minute", "Maximum requests per minute of an address without a key [default: 60]", "COUNT"),
        Setting("--key-per-minute", "Maximum requests per minute of a key [default: 300]", "COUNT"),
        Setting("--max-connections", "Maximum number of connections [default: 10000]", "COUNT"),
        Setting("--allowed-hosts", "Allowed host names besides localhost, separated by commas", "NAMES"),
        Setting("--cors-origins", "Allowed origins of web pages (CORS), separated by commas", "ORIGINS"),
        Setting("--access-log", "true to log every request", "BOOL"),
        Setting("--log-format", "Format of the log: text or json [default: text]", "FORMAT"),
        Setting("--otlp-endpoint", "OpenTelemetry collector that receives the metrics, for example http://localhost:4318", "URL"),
        Setting("--max-streams", "Maximum number of event streams [default: 5000]", "COUNT"),
        Setting("--sources", "false to disable outside sources", "BOOL"),
        Setting("--calendar", "Calendar file of scheduled events [default: calendar.csv in the data folder]", "FILE"),
        Setting("--calendar-before", "Minutes before an event at which its event window starts [default: 120]", "MINUTES"),
        Setting("--calendar-after", "Minutes after an event at which its event window ends [default: 60]", "MINUTES"),
        Setting("--dollar-source", "Source of the dollar index: yahoo or fred [default: yahoo]", "NAME"),
    ];

    /// <summary>
    /// Options for keys, which the settings reader refuses. Without them, the parser's error would
    /// repeat the key.
    /// </summary>
    private readonly IReadOnlyList<Option<string?>> _refused =
        [.. SourceKeys.Variables.Select(variable => new Option<string?>("--" + variable[SettingsReader.Prefix.Length..].ToLowerInvariant().Replace('_', '-')) { Hidden = true })];

    /// <summary>All options of the set, for a command.</summary>
    public IReadOnlyList<Option> All => [_config, .. _settings, .. _refused];

    /// <summary>The options for the folders of keys and policies.</summary>
    public IReadOnlyList<Option> ForKeys => [_config, .. _settings.Where(option => option.Name is "--data" or "--policies")];

    /// <summary>Combines and checks file, environment and options.</summary>
    /// <exception cref="SettingsException">A setting is invalid.</exception>
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
