using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Remora.Server.Settings;

/// <summary>
/// The declaration of a setting. The parser of all origins with its errors, the flag, and the table
/// in <c>docs/settings.md</c> come from it.
/// </summary>
/// <param name="Name">The key in the settings file, in snake_case.</param>
/// <param name="Help">What the setting is, in one line without a full stop.</param>
/// <param name="Allowed">The allowed values, as text that can follow "expected".</param>
/// <param name="ValueName">The placeholder of the value in help, for example <c>PORT</c>.</param>
/// <param name="IsList">
/// Whether the setting has several values. Outside a file they are separated by commas.
/// </param>
/// <param name="Default">The default as text; null for none.</param>
internal abstract record Setting(
    string Name,
    string Help,
    string Allowed,
    string ValueName,
    bool IsList,
    string? Default
)
{
    /// <summary>The flag, which is the name with hyphens; null for none.</summary>
    public string? Flag { get; init; } = "--" + Name.Replace('_', '-');

    /// <summary>The flag if the command <c>serve</c> declares it itself; null otherwise.</summary>
    public string? CommandFlag { get; init; }

    /// <summary>
    /// Whether any value of its kind is allowed, so that help does not list them.
    /// </summary>
    public bool IsOpen { get; init; }

    /// <summary>A link to more information, in Markdown; null for none.</summary>
    public string? See { get; init; }

    /// <summary>Whether a reload applies it while the service runs.</summary>
    public abstract bool IsLive { get; }

    /// <summary>The environment variable.</summary>
    public string Variable => SettingsReader.Prefix + Name.ToUpperInvariant();

    /// <summary>The description of the flag.</summary>
    public string FlagHelp =>
        $"{Help}{(IsOpen ? "" : ": " + Allowed)}{(Default is null ? "" : $" [default: {Default}]")}";
}

/// <summary>A setting of an object of settings.</summary>
internal sealed record Setting<T>(
    string Name,
    string Help,
    string Allowed,
    string ValueName,
    bool IsList,
    string? Default,
    Func<T, IReadOnlyList<string>, T?> Apply
) : Setting(Name, Help, Allowed, ValueName, IsList, Default)
    where T : class
{
    /// <summary>
    /// Copies the value from the first settings to the second, to apply it while the service runs;
    /// null for a setting that needs a restart.
    /// </summary>
    public Func<T, T, T>? Live { get; init; }

    public override bool IsLive => Live is not null;
}

/// <summary>The values that a setting in list form requires.</summary>
[Flags]
internal enum ListRule
{
    None = 0,
    NotEmpty = 1,
    Distinct = 2,
}

/// <summary>Declares the settings of one kind of object.</summary>
/// <param name="defaults">The object that contains the defaults.</param>
internal sealed class SettingDeclarer<T>(T defaults)
    where T : class
{
    /// <summary>Declares a setting with one value.</summary>
    /// <param name="name">The key, in snake_case.</param>
    /// <param name="kind">The kind of value.</param>
    /// <param name="read">Returns the value, to show the default; null if there is none.</param>
    /// <param name="with">Returns the settings with a value.</param>
    /// <param name="help">What the setting is, in one line.</param>
    /// <param name="otherwise">The default in words, if no value can show it.</param>
    public Setting<T> One<TValue>(
        string name,
        SettingKind<TValue> kind,
        Func<T, object?> read,
        Func<T, TValue, T> with,
        string help,
        string? otherwise = null
    ) =>
        new(
            name,
            help,
            kind.Allowed,
            kind.ValueName,
            IsList: false,
            Text(read(defaults)) ?? otherwise,
            (settings, values) =>
                values.Count == 1 && kind.TryParse(values[0], out var value) ? with(settings, value) : null
        )
        {
            IsOpen = kind.IsOpen,
        };

    /// <summary>Declares a setting with several values.</summary>
    public Setting<T> Many<TValue>(
        string name,
        SettingKind<TValue> kind,
        Func<T, IEnumerable<object>?> read,
        Func<T, IReadOnlyList<TValue>, T> with,
        string help,
        ListRule rule = ListRule.None,
        string? otherwise = null
    ) =>
        new(
            name,
            help,
            kind.Allowed,
            kind.ValueName,
            IsList: true,
            Text(read(defaults)) ?? otherwise,
            (settings, texts) => TryParse(texts, kind, rule, out var values) ? with(settings, values) : null
        );

    private static bool TryParse<TValue>(
        IReadOnlyList<string> texts,
        SettingKind<TValue> kind,
        ListRule rule,
        [NotNullWhen(true)] out IReadOnlyList<TValue>? values
    )
    {
        var parsed = new List<TValue>(texts.Count);
        foreach (var text in texts)
            if (kind.TryParse(text, out var value))
                parsed.Add(value);
        values = parsed;
        return parsed.Count == texts.Count
            && (!rule.HasFlag(ListRule.NotEmpty) || parsed.Count > 0)
            && (!rule.HasFlag(ListRule.Distinct) || parsed.Distinct().Count() == parsed.Count);
    }

    private static string? Text(object? value) =>
        value switch
        {
            null => null,
            string text => text,
            bool flag => flag ? "true" : "false",
            IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
            IEnumerable<object> list => string.Join(", ", list) is { Length: > 0 } all ? all : null,
            _ => value.ToString(),
        };
}
