using System.Text.RegularExpressions;

namespace Remora.Notify;

/// <summary>
/// The parts of a notifier's URL. <see cref="Uri"/> cannot parse these: it reads the token of a bot
/// as host and port, and changes capitals in it.
/// </summary>
/// <param name="Scheme">The scheme, in small letters.</param>
/// <param name="User">The user before <c>@</c>; null for none.</param>
/// <param name="Password">The password before <c>@</c>; null for none.</param>
/// <param name="Host">The part before the first slash, as written.</param>
/// <param name="Path">The parts of the path, without empty ones.</param>
/// <param name="Query">The parameters.</param>
internal sealed partial record NotifierUrl(
    string Scheme,
    string? User,
    string? Password,
    string Host,
    IReadOnlyList<string> Path,
    IReadOnlyDictionary<string, string> Query
)
{
    /// <summary>Returns the parts; null if the text is not a URL.</summary>
    public static NotifierUrl? Parse(string text)
    {
        var match = Pattern().Match(text);
        if (!match.Success || text.Any(char.IsControl))
            return null;
        var query = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in match.Groups["query"].Value.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = pair.IndexOf('=') is >= 0 and var sign
                ? (pair[..sign], pair[(sign + 1)..])
                : (pair, "");
            query[Uri.UnescapeDataString(name)] = Uri.UnescapeDataString(value);
        }
        return new(
            match.Groups["scheme"].Value.ToLowerInvariant(),
            Text(match.Groups["user"]),
            Text(match.Groups["password"]),
            Uri.UnescapeDataString(match.Groups["host"].Value),
            [
                .. match
                    .Groups["path"]
                    .Value.Split('/', StringSplitOptions.RemoveEmptyEntries)
                    .Select(Uri.UnescapeDataString),
            ],
            query
        );
    }

    /// <summary>Returns a parameter; null if it is missing or empty.</summary>
    public string? Parameter(string name) => Query.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;

    private static string? Text(Group group) => group.Success ? Uri.UnescapeDataString(group.Value) : null;

    [GeneratedRegex(
        @"^(?<scheme>[A-Za-z]{2,12})://((?<user>[^:@/?]*)(:(?<password>[^@/?]*))?@)?(?<host>[^/?@]*)"
            + @"(?<path>/[^?]*)?(\?(?<query>.*))?$",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex Pattern();
}
