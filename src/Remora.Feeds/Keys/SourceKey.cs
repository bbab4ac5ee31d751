using System.Diagnostics.CodeAnalysis;

namespace Remora.Feeds.Keys;

/// <summary>
/// A key of an outside source. It has no readable property, and its text is <see cref="Hidden"/>,
/// so that logging, printing or serialising an object that contains it shows nothing. A key
/// consists of characters that URLs, JSON and XML do not encode, so that it can be found and
/// removed wherever it is echoed.
/// </summary>
public sealed class SourceKey
{
    /// <summary>The text that replaces a key.</summary>
    public const string Hidden = "(hidden)";

    /// <summary>The allowed characters and length of a key, as text.</summary>
    public const string Allowed = "8 to 200 letters, digits, '-', '_' or '.'";

    // A shorter key could not be removed from a text without damaging the text.
    private const int Shortest = 8;
    private const int Longest = 200;
    private readonly string _text;

    private SourceKey(string text) => _text = text;

    /// <summary>Parses a key. Returns false if the text is not a valid key.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out SourceKey? key)
    {
        var valid =
            text is { Length: >= Shortest and <= Longest }
            && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
        key = valid ? new(text!) : null;
        return valid;
    }

    /// <summary>Always returns <see cref="Hidden"/>.</summary>
    public override string ToString() => Hidden;

    /// <summary>Returns the key itself, for the one request that carries it.</summary>
    internal string Reveal() => _text;
}
