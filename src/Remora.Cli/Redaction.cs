using System.Text.RegularExpressions;

namespace Remora.Cli;

/// <summary>
/// Removes secrets from text: keys, bearer tokens, passwords in addresses, addresses of notifiers,
/// secret headers, and values with secret names.
/// </summary>
internal static partial class Redaction
{
    public const string Mark = "(removed)";

    // Headers with secret values. The values may contain spaces.
    private const string HeaderName =
        @"(x-[a-z0-9-]*(key|token|secret|signature|password|auth[a-z]*)|(proxy-)?authorization|(set-)?cookie)";

    public static string Apply(string text)
    {
        text = HeaderLine().Replace(text, "${name}" + Mark);
        text = HeaderInJson().Replace(text, "${name}" + Mark);
        text = Keys().Replace(text, Mark);
        text = Bearer().Replace(text, "${scheme} " + Mark);
        text = NotifierUrls().Replace(text, "${scheme}" + Mark);
        text = Credentials().Replace(text, "://" + Mark + "@");
        return Named().Replace(text, "${name}" + Mark);
    }

    [GeneratedRegex(
        @"^(?<name>" + HeaderName + @"[ \t]*:[ \t]*)[^\r\n]+",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.Multiline,
        1000
    )]
    private static partial Regex HeaderLine();

    [GeneratedRegex(
        @"\b(?<name>" + HeaderName + @"""?[ \t]*:[ \t]*""?)([^""\\\r\n]|\\.)+",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex HeaderInJson();

    [GeneratedRegex("rmr_[A-Za-z0-9_-]+", RegexOptions.None, 1000)]
    private static partial Regex Keys();

    [GeneratedRegex(
        @"(?<scheme>bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex Bearer();

    [GeneratedRegex(
        @"(?<scheme>\b(tgram|discord|slack|ntfys?|mailtos?)://)[^\s""]+",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex NotifierUrls();

    [GeneratedRegex(@"://[^/@\s""]+@", RegexOptions.None, 1000)]
    private static partial Regex Credentials();

    [GeneratedRegex(
        @"(?<name>(password|passwd|secret|token|signature|api[_-]?key|[_-]key|[?&]key)""?\s*[=:]\s*""?)[^\s"",;&}]+",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex Named();
}
