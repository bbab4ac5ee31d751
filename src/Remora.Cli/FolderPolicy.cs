using Remora.Risk;
using Remora.Server.Settings;
using Remora.Store.Files;

namespace Remora.Cli;

/// <summary>
/// The default policy of a data folder: the policy that was in use when the service last started on
/// it. A folder of a version before this file keeps the default of that version.
/// </summary>
internal static class FolderPolicy
{
    /// <summary>The name of the file in the data folder.</summary>
    public const string FileName = "policy";

    // Of the versions that wrote no such file.
    private static readonly string Former = RiskPolicy.Default.Name;

    /// <summary>
    /// Returns the settings with the policy of the data folder, unless they name one, and stores
    /// the policy that is then in use.
    /// </summary>
    /// <param name="settings">The settings.</param>
    /// <param name="folder">The folder of the service's store; null without one.</param>
    /// <exception cref="SettingsException">The file cannot be read, or no policy has its
    /// name.</exception>
    public static ServiceSettings Keep(ServiceSettings settings, string? folder)
    {
        if (folder is null)
            return settings;
        var file = Path.Combine(folder, FileName);
        try
        {
            if (settings.Policy is null)
                settings = settings with { FolderPolicy = Of(folder) };
            var policy = settings.DefaultPolicy;
            if (settings.Policies.All(known => known.Name != policy))
                throw new SettingsException([
                    $"{file}: the policy in use was '{policy}', which is missing: expected one of "
                        + $"{string.Join(", ", settings.Policies.Select(known => known.Name))}; set policy to one "
                        + "of them",
                ]);
            if (Read(folder) != policy)
                Write(folder, file, policy);
            return settings;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException([$"{file}: {e.Message}"]);
        }
    }

    /// <summary>Returns the policy of a folder; that of a new one when nothing is stored.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static string Of(string folder) => Read(folder) ?? (IsInUse(folder) ? Former : BuiltInPolicies.Default.Name);

    private static string? Read(string folder)
    {
        var file = Path.Combine(folder, FileName);
        return File.Exists(file) ? File.ReadAllText(file).Trim() : null;
    }

    // The journal is the first thing that a service with a store writes.
    private static bool IsInUse(string folder) => Directory.Exists(Path.Combine(folder, "journal"));

    private static void Write(string folder, string file, string policy)
    {
        try
        {
            PrivateFile.CreateFolder(folder);
            var next = file + ".new";
            File.WriteAllText(next, policy + "\n");
            File.Move(next, file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The store reports a folder that cannot be written. The next start finds what this one
            // found.
        }
    }
}
