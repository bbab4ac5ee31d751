using System.Text;
using Remora.Server.Access;
using Remora.Server.Settings;
using Remora.Store.Backups;

namespace Remora.Cli;

/// <summary>The files beside the store in a backup, and where they are restored.</summary>
internal static class BackupFiles
{
    private const string Calendar = "calendar.csv";
    private const string Keys = "keys.json";
    private const string Secrets = "secrets.env";
    private const string Settings = "settings.json";
    private const string Coefficients = "coefficients.json";
    private const string Policies = "policies/";
    private const string Policy = FolderPolicy.FileName;
    private const long LargestFile = 16 << 20;

    /// <summary>
    /// Returns keys, calendar, the policy in use, settings, coefficients, policies and, if
    /// requested, secrets.
    /// </summary>
    /// <param name="data">The data folder.</param>
    /// <param name="config">The settings file; null for none.</param>
    /// <param name="environment">The environment variables.</param>
    /// <param name="withSecrets">Whether to include the variables to which settings refer.</param>
    /// <exception cref="SettingsException">The settings file cannot be read.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static IReadOnlyList<BackupSource> Collect(
        string data,
        string? config,
        IReadOnlyDictionary<string, string> environment,
        bool withSecrets
    )
    {
        var references = SettingsReader.ReferencesOf(config, environment);
        var files = new List<BackupSource>();
        Add(new KeyFile(data).Path, Keys);
        Add(references.Calendar ?? Path.Combine(data, Calendar), Calendar);
        Add(Path.Combine(data, Policy), Policy);
        if (config is not null)
            Add(config, Settings);
        if (references.Coefficients is { } coefficients)
            Add(coefficients, Coefficients);
        if (references.Policies is { } folder && Directory.Exists(folder))
            foreach (var policy in Directory.GetFiles(folder, "*.json").Order(StringComparer.Ordinal))
                Add(policy, Policies + Path.GetFileName(policy));
        if (references.PolicyFile is { } own)
            Add(own, Policies + Path.GetFileName(own));
        if (withSecrets)
            files.Add(new(Secrets, SecretsOf(references, environment)));
        return files;

        void Add(string path, string name)
        {
            if (!File.Exists(path))
                return;
            if (new FileInfo(path).Length > LargestFile)
                throw new IOException(
                    $"'{path}' is larger than {LargestFile >> 20} MB, the maximum for a settings file"
                );
            files.Add(new(name, File.ReadAllBytes(path)));
        }
    }

    /// <summary>Returns where a file is restored; null if it is not restored.</summary>
    /// <param name="name">The name in the backup.</param>
    /// <param name="data">The data folder.</param>
    /// <param name="settings">The folder for settings, policies and secrets; null to not restore
    /// them.</param>
    public static string? PlaceOf(string name, string data, string? settings) =>
        name switch
        {
            Keys or Calendar or Policy => Path.Combine(data, name),
            Settings => settings is null ? null : Path.Combine(settings, "remora.json"),
            _ => settings is null ? null : Path.Combine(settings, name),
        };

    // The format of systemd and container engines: one variable per line.
    private static byte[] SecretsOf(SettingsReferences references, IReadOnlyDictionary<string, string> environment)
    {
        var lines = new StringBuilder();
        foreach (var variable in references.SecretVariables)
        {
            if (!environment.TryGetValue(variable, out var value) || value.Length == 0)
                continue;
            if (value.Contains('\n', StringComparison.Ordinal))
                throw new IOException(
                    $"the variable {variable} has several lines, which an environment file cannot contain"
                );
            lines.Append(variable).Append('=').Append(value).Append('\n');
        }
        return Encoding.UTF8.GetBytes(lines.ToString());
    }
}
