using System.Diagnostics.CodeAnalysis;

namespace Remora.Markets;

/// <summary>
/// A trading pair in CCXT's unified spelling: <c>BTC/USDT</c>, or <c>BTC/USDT:USDT</c> for a
/// perpetual settled in USDT.
/// </summary>
public sealed record Pair
{
    /// <summary>The maximum length of the text of a pair, in characters.</summary>
    public const int MaxLength = 64;

    private Pair(string @base, string quote, string? settle)
    {
        Base = @base;
        Quote = quote;
        Settle = settle;
        _text = settle is null ? $"{@base}/{quote}" : $"{@base}/{quote}:{settle}";
    }

    private readonly string _text;

    /// <summary>The base currency, which is bought and sold; upper case.</summary>
    public string Base { get; }

    /// <summary>The quote currency, in which prices are stated; upper case.</summary>
    public string Quote { get; }

    /// <summary>The settlement currency of a derivative; null for spot.</summary>
    public string? Settle { get; }

    /// <summary>
    /// Parses <c>BASE/QUOTE</c> or <c>BASE/QUOTE:SETTLE</c> in any case, of letters, digits, '.',
    /// '-' and '_'.
    /// </summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out Pair? pair)
    {
        pair = null;
        if (text is null || text.Length > MaxLength)
            return false;
        var slash = text.IndexOf('/');
        if (slash < 0)
            return false;
        var colon = text.IndexOf(':', slash);
        var quoteEnd = colon < 0 ? text.Length : colon;
        if (!IsCode(text.AsSpan(0, slash)) || !IsCode(text.AsSpan(slash + 1, quoteEnd - slash - 1)))
            return false;
        if (colon >= 0 && !IsCode(text.AsSpan(colon + 1)))
            return false;
        var upper = text.ToUpperInvariant();
        pair = new(upper[..slash], upper[(slash + 1)..quoteEnd], colon < 0 ? null : upper[(colon + 1)..]);
        return true;
    }

    /// <summary>Parses a pair. The exception's message states what is allowed.</summary>
    /// <exception cref="FormatException">The text is not a pair.</exception>
    public static Pair Parse(string text) =>
        TryParse(text, out var pair)
            ? pair
            : throw new FormatException($"'{text}' is not a pair: expected BASE/QUOTE such as BTC/USDT");

    private static bool IsCode(ReadOnlySpan<char> code)
    {
        foreach (var c in code)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '-' or '_'))
                return false;
        return code.Length > 0;
    }

    /// <inheritdoc/>
    public bool Equals(Pair? other) => other is not null && _text == other._text;

    /// <inheritdoc/>
    public override int GetHashCode() => _text.GetHashCode(StringComparison.Ordinal);

    /// <summary>Returns the pair's text: <c>BTC/USDT</c>.</summary>
    public override string ToString() => _text;
}
