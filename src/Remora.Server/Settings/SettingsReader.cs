using System.Net;
using Remora.Bots.Freqtrade;
using Remora.Bots.Webhooks;
using Remora.Feeds.Keys;
using Remora.Notify;
using Remora.Server.Access;

namespace Remora.Server.Settings;

/// <summary>
/// Combines and validates the settings: the defaults, then the file, then the environment, then
/// flags. Later values override earlier ones.
/// </summary>
public static class SettingsReader
{
    /// <summary>The prefix of variables, as in <c>REMORA_PORT</c>.</summary>
    public const string Prefix = "REMORA_";

    /// <summary>
    /// Variables with the prefix that are not settings: the path of the settings file, the
    /// variables of clients, the recorded data of tests, the passwords, the parts of ClickHouse and
    /// the engine's library for Python.
    /// </summary>
    private static readonly string[] OtherVariables =
    [
        "config",
        "url",
        "api_key",
        "shared",
        "clickhouse_password",
        PortPassword.Key,
        NotifySettings.Key,
        "clickhouse_host",
        "libchdb",
        "engine_library",
        .. OutsideKeys,
    ];

    /// <summary>
    /// The names that the API keys of sources would have as settings. They are not settings.
    /// </summary>
    private static IEnumerable<string> OutsideKeys =>
        SourceKeys.Variables.Select(variable => variable[Prefix.Length..].ToLowerInvariant());

    /// <summary>Reads and validates the settings.</summary>
    /// <param name="file">The settings file; null for none.</param>
    /// <param name="environment">
    /// The variables of the process. Variables without <see cref="Prefix"/> are ignored.
    /// </param>
    /// <param name="flags">Flags by name, without the leading dashes: <c>poll-delay</c>.</param>
    /// <exception cref="SettingsException">
    /// A setting is invalid. The exception contains all errors.
    /// </exception>
    public static ServiceSettings Read(
        string? file,
        IReadOnlyDictionary<string, string> environment,
        IReadOnlyDictionary<string, string> flags
    )
    {
        var content = file is null ? SettingsFileContent.Empty : Load(file);
        var errors = new List<string>();
        List<SettingText> texts =
        [
            .. content.Settings,
            .. FromEnvironment(environment, ReferredIn(content)),
            .. FromFlags(flags),
        ];
        var settings = Apply(new ServiceSettings(), texts, DeclaredSettings.All, "", errors);
        settings = settings with
        {
            Markets = ListOf(DeclaredLists.Markets),
            Keys = KeysIn(environment, errors),
            ClickhousePortPassword = PortPassword.Read(settings, environment, errors),
            Notify = settings.Notify with { Addresses = NotifiersIn(environment, errors) },
            Freqtrade =
            [
                .. ListOf(DeclaredLists.Freqtrade)
                    .Select((bot, i) => bot.Resolve($"freqtrade[{i}]", environment, errors))
                    .OfType<FreqtradeBot>(),
            ],
            Webhooks =
            [
                .. ListOf(DeclaredLists.Webhooks)
                    .Select((hook, i) => hook.Resolve($"webhooks[{i}]", environment, errors))
                    .OfType<WebhookTarget>(),
            ],
        };
        if (errors.Count == 0)
            Check(settings, key => texts.LastOrDefault(text => text.Key == key)?.Origin ?? "the default", errors);
        return errors.Count == 0 ? settings : throw new SettingsException(errors);

        List<T> ListOf<T>(SettingList<T> list)
            where T : class =>
            [
                .. content
                    .Of(list.Name)
                    .Select((one, i) => Apply(list.Empty, one, list.Of, $"{list.Name}[{i}].", errors)),
            ];
    }

    /// <summary>
    /// Returns the text of each setting and list that is set, as far as it has effect, to find what
    /// a later reading changes. Values are not checked.
    /// </summary>
    /// <param name="file">The settings file; null for none.</param>
    /// <param name="environment">The process's variables.</param>
    /// <param name="flags">Flags by name.</param>
    /// <exception cref="SettingsException">The file cannot be read.</exception>
    public static IReadOnlyDictionary<string, string> TextsOf(
        string? file,
        IReadOnlyDictionary<string, string> environment,
        IReadOnlyDictionary<string, string> flags
    )
    {
        var content = file is null ? SettingsFileContent.Empty : Load(file);
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (
            var text in content
                .Settings.Concat(FromEnvironment(environment, ReferredIn(content)))
                .Concat(FromFlags(flags))
        )
            texts[text.Key] = text.Written;
        foreach (var (name, list) in content.Lists)
            texts[name] = string.Join(
                '\n',
                list.Select(one => string.Join(' ', one.Select(text => $"{text.Key}={text.Written}")))
            );
        return texts;
    }

    /// <summary>
    /// Returns the files and variables that settings refer to, for a backup. Values are not
    /// checked.
    /// </summary>
    /// <param name="file">The settings file; null for none.</param>
    /// <param name="environment">The process's variables.</param>
    /// <exception cref="SettingsException">The file cannot be read.</exception>
    public static SettingsReferences ReferencesOf(string? file, IReadOnlyDictionary<string, string> environment)
    {
        var content = file is null ? SettingsFileContent.Empty : Load(file);
        var referred = ReferredIn(content);
        var texts = content.Settings.Concat(FromEnvironment(environment, referred)).ToList();
        var passwords = OtherVariables
            .Where(name => name.EndsWith("_password", StringComparison.Ordinal))
            .Select(name => Prefix + name.ToUpperInvariant());
        return new(
            Last("policies"),
            Last("policy") is { } policy && policy.EndsWith(".json", StringComparison.Ordinal) ? policy : null,
            Last("calendar"),
            Last("coefficients"),
            [
                .. referred
                    .Concat(SourceKeys.Variables)
                    .Concat(passwords)
                    .Append(NotifySettings.Variable)
                    .Distinct()
                    .Order(StringComparer.Ordinal),
            ]
        );

        string? Last(string key) =>
            texts.LastOrDefault(text => text.Key == key)?.Values is [{ Length: > 0 } value] ? value : null;
    }

    private static HashSet<string> ReferredIn(SettingsFileContent content) =>
        content
            .Lists.Values.SelectMany(list => list)
            .SelectMany(one => one)
            .Where(text => text.Key.EndsWith("_env", StringComparison.Ordinal))
            .SelectMany(text => text.Values)
            .ToHashSet();

    private static SettingsFileContent Load(string file)
    {
        try
        {
            return SettingsFile.Parse(File.ReadAllBytes(file), file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new SettingsException([$"the settings file {file} cannot be read: {e.Message}"]);
        }
    }

    private static IEnumerable<SettingText> FromEnvironment(
        IReadOnlyDictionary<string, string> environment,
        HashSet<string> referred
    ) =>
        from variable in environment
        where variable.Key.StartsWith(Prefix, StringComparison.Ordinal)
        let key = variable.Key[Prefix.Length..].ToLowerInvariant()
        where !OtherVariables.Contains(key) && !referred.Contains(variable.Key)
        orderby key
        select Unsplit(key, variable.Value, $"variable {variable.Key}");

    private static IEnumerable<SettingText> FromFlags(IReadOnlyDictionary<string, string> flags) =>
        flags.Select(flag => Unsplit(flag.Key.Replace('-', '_'), flag.Value, $"flag --{flag.Key}"));

    private static SourceKeys KeysIn(IReadOnlyDictionary<string, string> environment, List<string> errors)
    {
        try
        {
            return SourceKeys.Read(environment);
        }
        catch (FormatException e)
        {
            errors.Add(e.Message);
            return SourceKeys.None;
        }
    }

    private static IReadOnlyList<NotifierAddress> NotifiersIn(
        IReadOnlyDictionary<string, string> environment,
        List<string> errors
    )
    {
        try
        {
            return NotifierAddress.Parse(
                environment.GetValueOrDefault(NotifySettings.Variable, ""),
                NotifySettings.Variable
            );
        }
        catch (FormatException e)
        {
            errors.Add(e.Message);
            return [];
        }
    }

    private static SettingText Unsplit(string key, string value, string origin)
    {
        var isList = DeclaredSettings.All.Any(known => known.Name == key && known.IsList);
        return new(
            key,
            isList ? value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : [value],
            origin
        );
    }

    private static T Apply<T>(
        T settings,
        IEnumerable<SettingText> texts,
        IReadOnlyList<Setting<T>> known,
        string prefix,
        List<string> errors
    )
        where T : class
    {
        foreach (var text in texts)
        {
            if (known.FirstOrDefault(setting => setting.Name == text.Key) is not { } setting)
            {
                errors.Add($"{text.Origin}: {Unknown(text.Key, prefix, known)}");
                continue;
            }
            try
            {
                if (setting.Apply(settings, text.Values) is { } applied)
                    settings = applied;
                else
                    errors.Add(
                        $"{text.Origin}: {prefix}{setting.Name} is '{text.Written}': expected {setting.Allowed}"
                    );
            }
            catch (SettingsException e)
            {
                errors.AddRange(e.Errors.Select(error => $"{text.Origin}: {prefix}{setting.Name}: {error}"));
            }
        }
        return settings;
    }

    private static string Unknown(string key, string prefix, IReadOnlyList<Setting> known)
    {
        if (key is PortPassword.Key or NotifySettings.Key || OutsideKeys.Contains(key))
        {
            return "secrets are not allowed in settings, because other users can read them: "
                + $"set the environment variable {Prefix}{key.ToUpperInvariant()} instead";
        }
        var nearest = Nearest.To(key, known.Select(setting => setting.Name), 1)[0];
        return $"unknown setting '{prefix}{key}': did you mean '{nearest}'?";
    }

    /// <summary>Validates settings that depend on each other.</summary>
    private static void Check(ServiceSettings settings, Func<string, string> origin, List<string> errors)
    {
        foreach (var twice in settings.TrackedMarkets.GroupBy(market => market.Id).Where(group => group.Count() > 1))
            errors.Add($"markets: {twice.Key} is listed twice");
        if (settings.Policies.All(policy => policy.Name != settings.DefaultPolicy))
        {
            var names = string.Join(", ", settings.Policies.Select(policy => policy.Name));
            errors.Add($"{origin("policy")}: policy is '{settings.DefaultPolicy}': expected one of {names}");
        }
        if (settings.IsGuarded && !settings.AnswersAnonymous)
            CheckKeys(settings, origin, errors);
        if (settings.RequireKeys && settings.AllowAnonymous)
            errors.Add($"{origin("allow_anonymous")}: allow_anonymous and require_keys are both true: set one of them");
    }

    /// <summary>
    /// A service that requires keys must have at least one, or it refuses all callers.
    /// </summary>
    private static void CheckKeys(ServiceSettings settings, Func<string, string> origin, List<string> errors)
    {
        try
        {
            if (new KeyFile(settings.DataFolder).Read().Count > 0)
                return;
            errors.Add(
                settings.RequireKeys
                    ? $"{origin("require_keys")}: require_keys is true, and there are no keys: create one with "
                        + $"'remora keys add NAME'"
                    : $"{origin("host")}: host is '{settings.Host}', which other machines can reach, and there are "
                        + $"no keys: create one with 'remora keys add NAME', or set allow_anonymous to true"
            );
        }
        catch (KeyFileException e)
        {
            errors.Add(e.Message);
        }
    }
}

/// <summary>What settings refer to.</summary>
/// <param name="Policies">The folder of further policies; null for none.</param>
/// <param name="PolicyFile">The file of the default policy; null if it has none.</param>
/// <param name="Calendar">The calendar's file; null for the one in the data folder.</param>
/// <param name="Coefficients">The file of coefficients; null for the shipped ones.</param>
/// <param name="SecretVariables">The environment variables that hold secrets, whether they are set
/// or not.</param>
public sealed record SettingsReferences(
    string? Policies,
    string? PolicyFile,
    string? Calendar,
    string? Coefficients,
    IReadOnlyList<string> SecretVariables
);
