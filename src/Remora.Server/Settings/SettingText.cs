namespace Remora.Server.Settings;

/// <summary>The text of a setting and its origin.</summary>
/// <param name="Key">The key, in snake_case.</param>
/// <param name="Values">One text, or the texts of a list.</param>
/// <param name="Origin">File and position, variable, or flag.</param>
internal sealed record SettingText(string Key, IReadOnlyList<string> Values, string Origin)
{
    public string Written => string.Join(", ", Values);
}

/// <summary>
/// The content of a settings file: the settings, and those of each object in its lists.
/// </summary>
internal sealed record SettingsFileContent(
    IReadOnlyList<SettingText> Settings,
    IReadOnlyDictionary<string, List<IReadOnlyList<SettingText>>> Lists
)
{
    public static SettingsFileContent Empty { get; } =
        new([], new Dictionary<string, List<IReadOnlyList<SettingText>>>());

    /// <summary>Returns the objects of a list; empty if the list is omitted.</summary>
    public IReadOnlyList<IReadOnlyList<SettingText>> Of(string list) => Lists.GetValueOrDefault(list) ?? [];
}

/// <summary>
/// The settings are invalid. The message has one line per error, with the key, its origin, its
/// value and what is allowed.
/// </summary>
public sealed class SettingsException(IReadOnlyList<string> errors)
    : Exception(string.Join(Environment.NewLine, errors))
{
    /// <summary>The errors, one line each.</summary>
    public IReadOnlyList<string> Errors { get; } = errors;
}
