namespace Remora.Server.Settings;

/// <summary>A setting as someone wrote it, and where.</summary>
/// <param name="Key">The key, in snake_case.</param>
/// <param name="Values">One text, or those of a list.</param>
/// <param name="Origin">File and position, variable, or flag.</param>
internal sealed record SettingText(string Key, IReadOnlyList<string> Values, string Origin)
{
    public string Written => string.Join(", ", Values);
}

/// <summary>What was read from a file: settings, and those of each object of its lists.</summary>
internal sealed record SettingsFileContent(IReadOnlyList<SettingText> Settings, IReadOnlyDictionary<string, List<IReadOnlyList<SettingText>>> Lists)
{
    public static SettingsFileContent Empty { get; } = new([], new Dictionary<string, List<IReadOnlyList<SettingText>>>());

    /// <summary>The objects of a list; none where it is left out.</summary>
    public IReadOnlyList<IReadOnlyList<SettingText>> Of(string list) => Lists.GetValueOrDefault(list) ?? [];
}

/// <summary>The settings are not valid. One message per line, each naming the key, where it came from, its value and what is allowed.</summary>
public sealed class SettingsException(IReadOnlyList<string> errors) : Exception(string.Join(Environment.NewLine, errors))
{
    /// <summary>The complaints, one line each.</summary>
    public IReadOnlyList<string> Errors { get; } = errors;
}
