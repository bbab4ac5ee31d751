using System.Text;
using Remora.Server.Access;
using Remora.Server.Settings;
using Remora.Store.Backups;

namespace Remora.Cli;

/// <summary>The files beside the store that a backup takes along, and their places when it is restored.</summary>
internal static class BackupFiles
{
    private const string Calendar = "calendar.csv";
    private const string Keys = "keys.json";
    private const string Secrets = "secrets.env";
    private const string Settings = "settings.json";
    private const string Policies = "policies/";
    private const long LargestFile = 16 << 20;

    /// <summary>What there is: keys, calendar, settings, policies, and the secrets where they are asked for.</summary>
    /// <param name="data">The data folder.</param>
    /// <param name="config">The settings file; null for none.</param>
    /// <param name="environment">The process's variables.</param>
    /// <param name="withSecrets">Whether the variables that settings refer to are taken along.</param>
    /// <exception cref="SettingsException">The settings file cannot be read.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static IReadOnlyList<BackupSource> Collect(string data, string? config, IReadOnlyDictionary<string, string> environment, bool withSecrets)
    {
        var references = SettingsReader.ReferencesOf(config, environment);
        var files = new List<BackupSource>();
        Add(new KeyFile(data).Path, Keys);
        Add(references.Calendar ?? Path.Combine(data, Calendar), Calendar);
        if (config is not null) Add(config, Settings);
        if (references.Policies is { } folder && Directory.Exists(folder))
            foreach (var policy in Directory.GetFiles(folder, "*.json").Order(StringComparer.Ordinal)) Add(policy, Policies + Path.GetFileName(policy));
        if (withSecrets) files.Add(new(Secrets, SecretsOf(references, environment)));
        return files;

        void Add(string path, string name)
        {
            if (!File.Exists(path)) return;
            if (new FileInfo(path).Length > LargestFile) throw new IOException($"'{path}' is larger than {LargestFile >> 20} MB, too large for a file of settings");
            files.Add(new(name, File.ReadAllBytes(path)));
        }
    }

    /// <summary>Where a file of a backup belongs; null for one that stays there.</summary>
    /// <param name="name">Its name in the backup.</param>
    /// <param name="data">The data folder.</param>
    /// <param name="settings">The folder for settings, policies and secrets; null when they stay in the backup.</param>
    public static string? PlaceOf(string name, string data, string? settings) => name switch
    {
        Keys or Calendar => Path.Combine(data, name),
        Settings => settings is null ? null : Path.Combine(settings, "remora.json"),
        _ => settings is null ? null : Path.Combine(settings, name),
    };

    // As systemd and container engines read it: a variable a line.
    private static byte[] SecretsOf(SettingsReferences references, IReadOnlyDictionary<string, string> environment)
    {
        var lines = new StringBuilder();
        foreach (var variable in references.SecretVariables)
        {
            if (!environment.TryGetValue(variable, out var value) || value.Length == 0) continue;
            if (value.Contains('\n', StringComparison.Ordinal)) throw new IOException($"the variable {variable} has several lines, which a file of variables cannot hold");
            lines.Append(variable).Append('=').Append(value).Append('\n');
        }
        return Encoding.UTF8.GetBytes(lines.ToString());
    }
}
