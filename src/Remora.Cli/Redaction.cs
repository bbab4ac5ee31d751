using System.Text.RegularExpressions;

namespace Remora.Cli;

/// <summary>Takes secrets out of text that is to be shown to others: keys, bearer tokens, passwords in addresses, and whatever stands behind a name that says so.</summary>
internal static partial class Redaction
{
    public const string Mark = "(removed)";

    public static string Apply(string text)
    {
        text = Keys().Replace(text, Mark);
        text = Bearer().Replace(text, "${scheme} " + Mark);
        text = Credentials().Replace(text, "://" + Mark + "@");
        return Named().Replace(text, "${name}" + Mark);
    }

    [GeneratedRegex("rmr_[A-Za-z0-9_-]+", RegexOptions.None, 1000)]
    private static partial Regex Keys();

    [GeneratedRegex(@"(?<scheme>bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Bearer();

    [GeneratedRegex(@"://[^/@\s""]+@", RegexOptions.None, 1000)]
    private static partial Regex Credentials();

    [GeneratedRegex(@"(?<name>(password|passwd|secret|token|api_?key)""?\s*[=:]\s*""?)[^\s"",;&}]+", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Named();
}
