using System.Diagnostics.CodeAnalysis;

namespace Remora.ClickHouse;

/// <summary>
/// A name for use in SQL. DDL does not accept parameters for all names, so names consist only of
/// letters, digits and underscores, and are also quoted.
/// </summary>
public readonly record struct SqlName
{
    private const int Longest = 120;

    private SqlName(string value) => Value = value;

    public string Value { get; }

    /// <summary>The name in backquotes.</summary>
    public string Quoted => $"`{Value}`";

    /// <exception cref="FormatException">The text is not a valid name.</exception>
    public static SqlName Of(string text) =>
        TryParse(text, out var name)
            ? name
            : throw new FormatException(
                $"invalid name '{text}': use up to {Longest} letters, digits and _, not starting with a digit"
            );

    public static bool TryParse([NotNullWhen(true)] string? text, out SqlName name)
    {
        name = default;
        if (string.IsNullOrEmpty(text) || text.Length > Longest || char.IsAsciiDigit(text[0]))
            return false;
        foreach (var letter in text)
            if (!char.IsAsciiLetterOrDigit(letter) && letter != '_')
                return false;
        name = new(text);
        return true;
    }

    public override string ToString() => Value;
}
