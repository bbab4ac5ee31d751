namespace Remora.Server.Settings;

/// <summary>A flag of the service that sets a setting.</summary>
/// <param name="Name">The name, for example <c>--poll-delay</c>.</param>
/// <param name="Help">The description, with the allowed values and the default.</param>
/// <param name="ValueName">The placeholder of its value.</param>
public sealed record SettingFlag(string Name, string Help, string ValueName);

/// <summary>The flags of settings, for command lines.</summary>
public static class SettingFlags
{
    /// <summary>
    /// All flags in the order of the documentation, except those of the sandbox, which commands
    /// declare.
    /// </summary>
    public static IReadOnlyList<SettingFlag> All { get; } =
    [
        .. DeclaredSettings
            .All.Where(setting => setting.Flag is not null)
            .Select(setting => new SettingFlag(setting.Flag!, setting.FlagHelp, setting.ValueName)),
    ];
}
