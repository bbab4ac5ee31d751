using System.Diagnostics.CodeAnalysis;

namespace Remora.Feeds.Keys;

/// <summary>
/// A key of an outside source. It has no readable property and its text is <see cref="Hidden"/>, so that logging, printing or serialising whatever holds it
/// shows nothing. It consists of characters that neither URLs nor JSON nor XML encode, so that it can be found, and taken out, wherever it is echoed.
/// </summary>
public sealed class ApiKey
{
    /// <summary>What is shown in a key's place.</summary>
    public const string Hidden = "(hidden)";

    /// <summary>What a key may be, for people.</summary>
    public const string Allowed = "8 to 200 letters, digits, '-', '_' or '.'";

    private const int Shortest = 8; // a shorter one could not be taken out of a text without hurting it
    private const int Longest = 200;
    private readonly string _text;

    private ApiKey(string text) => _text = text;

    /// <summary>The key of a text; false where it cannot be one.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out ApiKey? key)
    {
        var valid = text is { Length: >= Shortest and <= Longest } && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
        key = valid ? new(text!) : null;
        return valid;
    }

    /// <summary>Always <see cref="Hidden"/>.</summary>
    public override string ToString() => Hidden;

    /// <summary>The key itself, for the one request that carries it.</summary>
    internal string Reveal() => _text;
}
