using System.Net;

namespace Remora.Client;

/// <summary>The addresses of the services that a client may use, in their order.</summary>
public static class ServiceAddresses
{
    /// <summary>The largest number of addresses.</summary>
    public const int Most = 10;

    /// <summary>Reads addresses that are separated by commas.</summary>
    /// <param name="text">
    /// 1 to <see cref="Most"/> different addresses such as <c>http://127.0.0.1:8000</c>. Either all
    /// are https or loopback addresses, or none is.
    /// </param>
    /// <exception cref="FormatException">
    /// The message says what is expected. It does not repeat what cannot be read, which may be a
    /// key entered by mistake.
    /// </exception>
    public static IReadOnlyList<Uri> Parse(string text) => Parse(text.Split(','));

    /// <summary>Checks addresses.</summary>
    /// <param name="texts">As in <see cref="Parse(string)"/>.</param>
    /// <exception cref="FormatException">As in <see cref="Parse(string)"/>.</exception>
    public static IReadOnlyList<Uri> Parse(IEnumerable<string> texts)
    {
        var addresses = texts.Select(text => AddressOf(text.Trim())).ToList();
        if (addresses.Count is 0 or > Most)
            throw new FormatException($"{addresses.Count} addresses: expected 1 to {Most}");
        if (addresses.GroupBy(address => address).FirstOrDefault(same => same.Count() > 1) is { Key: var twice })
            throw new FormatException($"{TextOf(twice)} is listed twice");
        if (
            addresses.FirstOrDefault(IsSafe) is { } safe
            && addresses.FirstOrDefault(address => !IsSafe(address)) is { } open
        )
            throw new FormatException(
                $"{TextOf(open)} is neither https nor a loopback address, as {TextOf(safe)} is: expected addresses "
                    + "that are all as safe, because the key and the decisions pass through each of them"
            );
        return addresses;
    }

    internal static string TextOf(Uri address) => address.ToString().TrimEnd('/');

    private static Uri AddressOf(string text)
    {
        var isUsable =
            Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out var address)
            && address.Scheme is "http" or "https"
            && address.UserInfo.Length == 0
            && address.Query.Length == 0
            && address.Fragment.Length == 0;
        return isUsable
            ? address!
            : throw new FormatException(
                $"expected an address such as {RemoraClientOptions.DefaultUrl}, without user and password, or "
                    + "several separated by commas"
            );
    }

    private static bool IsSafe(Uri address) =>
        address.Scheme == "https"
        || address.Host == "localhost"
        || (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));
}
