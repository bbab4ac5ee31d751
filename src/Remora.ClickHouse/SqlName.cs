using System.Diagnostics.CodeAnalysis;

namespace Remora.ClickHouse;

/// <summary>
/// A name that may stand in SQL. Names cannot travel as values everywhere DDL needs them, so they are held to plain letters, digits and
/// underscores, and quoted on top of that.
/// </summary>
public readonly record struct SqlName
{
    private const int Longest = 120;

    private SqlName(string value) => Value = value;

    public string Value { get; }

    /// <summary>The name in back quotes.</summary>
    public string Quoted => $"`{Value}`";

    /// <exception cref="FormatException">The text is no plain name.</exception>
    public static SqlName Of(string text) => TryParse(text, out var name)
        ? name
        : throw new FormatException($"'{text}' is no name: allowed are up to {Longest} letters, digits and _, not starting with a digit");

    public static bool TryParse([NotNullWhen(true)] string? text, out SqlName name)
    {
        name = default;
        if (string.IsNullOrEmpty(text) || text.Length > Longest || char.IsAsciiDigit(text[0])) return false;
        foreach (var letter in text)
            if (!char.IsAsciiLetterOrDigit(letter) && letter != '_') return false;
        name = new(text);
        return true;
    }

    public override string ToString() => Value;
}
