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
        Description =
            "Settings file (JSON) [default: REMORA_CONFIG, or remora.json in the current folder if it exists]",
        HelpName = "FILE",
    };

    private readonly IReadOnlyList<Option<string?>> _settings =
    [
        .. SettingFlags.All.Select(flag => new Option<string?>(flag.Name)
        {
            Description = flag.Help,
            HelpName = flag.ValueName,
        }),
    ];

    /// <summary>
    /// Options for keys, which the settings reader refuses. Without them, the parser's error would
    /// repeat the key.
    /// </summary>
    private readonly IReadOnlyList<Option<string?>> _refused =
    [
        .. SourceKeys.Variables.Select(variable => new Option<string?>(FlagOf(variable)) { Hidden = true }),
    ];

    /// <summary>All options of the set, for a command.</summary>
    public IReadOnlyList<Option> All => [_config, .. _settings, .. _refused];

    /// <summary>The options for the folders of keys and policies.</summary>
    public IReadOnlyList<Option> ForKeys =>
        [_config, .. _settings.Where(option => option.Name is "--data" or "--policies")];

    /// <summary>Combines and checks file, environment and options.</summary>
    /// <exception cref="SettingsException">A setting is invalid.</exception>
    public ServiceSettings Read(ParseResult parsed, params IEnumerable<KeyValuePair<string, string>> more)
    {
        var environment = Variables();
        return SettingsReader.Read(ConfigFile(parsed, environment), environment, Flags(parsed, more));
    }

    /// <summary>Does the same, and returns the texts too.</summary>
    /// <exception cref="SettingsException">A setting is invalid.</exception>
    public SettingsReading ReadWithTexts(ParseResult parsed, IReadOnlyList<KeyValuePair<string, string>> more)
    {
        var environment = Variables();
        var (file, flags) = (ConfigFile(parsed, environment), Flags(parsed, more));
        var texts = SettingsReader.TextsOf(file, environment, flags);
        return new(SettingsReader.Read(file, environment, flags), texts);
    }

    private Dictionary<string, string> Flags(ParseResult parsed, IEnumerable<KeyValuePair<string, string>> more)
    {
        var flags = new Dictionary<string, string>(more);
        foreach (var option in _settings.Concat(_refused))
            if (parsed.GetValue(option) is { } value)
                flags[option.Name[2..]] = value;
        return flags;
    }

    /// <summary>
    /// Does the same for a command that does not serve, for which keys may be missing.
    /// </summary>
    /// <exception cref="SettingsException">A setting is invalid.</exception>
    public ServiceSettings ReadWithoutKeys(ParseResult parsed) =>
        Read(
            parsed,
            new KeyValuePair<string, string>("host", "127.0.0.1"),
            new KeyValuePair<string, string>("require-keys", "false")
        );

    /// <summary>The option that names the settings file.</summary>
    public Option<string?> Config => _config;

    /// <summary>The process's variables.</summary>
    public static Dictionary<string, string> Variables() =>
        Environment
            .GetEnvironmentVariables()
            .Cast<DictionaryEntry>()
            .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "");

    private static string FlagOf(string variable) =>
        "--" + variable[SettingsReader.Prefix.Length..].ToLowerInvariant().Replace('_', '-');

    /// <summary>The settings file in use; null for none.</summary>
    public string? ConfigFile(ParseResult parsed, Dictionary<string, string> environment)
    {
        const string here = "remora.json";
        if (parsed.GetValue(_config) is { } file)
            return file;
        if (environment.TryGetValue("REMORA_CONFIG", out var named) && named.Length > 0)
            return named;
        return File.Exists(here) ? here : null;
    }
}
