using System.Globalization;
using System.Text;

namespace Remora.Client;

/// <summary>The parameters of a request for one pair. Equal questions have equal answers.</summary>
internal readonly record struct Question(
    string? Pair,
    string? Side,
    string? Policy,
    string? Exchange,
    string? Timeframe
)
{
    /// <exception cref="ArgumentException">A parameter is invalid.</exception>
    public void Check()
    {
        if (Pair is not null && !IsPair(Pair))
            throw new ArgumentException($"'{Pair}' is not a pair: expected BASE/QUOTE such as BTC/USDT");
        if (Side is not (null or "long" or "short"))
            throw new ArgumentException($"side is '{Side}': expected long, short or null");
        if (Policy is "" || Exchange is "" || Timeframe is "")
            throw new ArgumentException("policy, exchange and timeframe: expected a non-empty string, or null");
    }

    public string Path =>
        PathOf(
            "api/v1/risk",
            ("pair", Pair),
            ("side", Side),
            ("policy", Policy),
            ("exchange", Exchange),
            ("timeframe", Timeframe)
        );

    /// <exception cref="ArgumentException">A parameter is invalid.</exception>
    public string ForecastPath(string? horizon, double? fall, double? rise)
    {
        Check();
        return PathOf(
            "api/v1/forecast",
            ("pair", Pair),
            ("exchange", Exchange),
            ("timeframe", Timeframe),
            ("horizon", horizon),
            ("fall", Ratio(fall, nameof(fall))),
            ("rise", Ratio(rise, nameof(rise)))
        );
    }

    /// <summary>
    /// Whether a text has the form BASE/QUOTE or BASE/QUOTE:SETTLE. One invalid name would make the
    /// service reject a whole batch.
    /// </summary>
    public static bool IsPair(string text)
    {
        var slash = text.IndexOf('/');
        if (slash <= 0 || text.Length > 64)
            return false;
        var colon = text.IndexOf(':', slash);
        var quote = colon < 0 ? text[(slash + 1)..] : text[(slash + 1)..colon];
        return IsCode(text[..slash]) && IsCode(quote) && (colon < 0 || IsCode(text[(colon + 1)..]));
    }

    /// <summary>Returns a path with those parameters that have a value.</summary>
    public static string PathOf(string path, params ReadOnlySpan<(string Name, string? Value)> parameters)
    {
        var text = new StringBuilder(path);
        var separator = '?';
        foreach (var (name, value) in parameters)
        {
            if (value is null)
                continue;
            text.Append(separator).Append(name).Append('=').Append(Uri.EscapeDataString(value));
            separator = '&';
        }
        return text.ToString();
    }

    private static string? Ratio(double? ratio, string name) =>
        ratio switch
        {
            null => null,
            > 0 and < 1 => ((decimal)ratio).ToString(CultureInfo.InvariantCulture), // without an exponent
            _ => throw new ArgumentException($"{name} is {ratio}: expected a ratio above 0 and below 1"),
        };

    private static bool IsCode(string text) =>
        text.Length > 0 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');
}
