using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Remora.Server.Api;
using Remora.Server.Settings;

namespace Remora.Server.Access;

/// <summary>
/// Refuses requests under host names that the service does not expect. It stops DNS rebinding: a
/// web page points its own name at the address of the service, and the visitor's browser then lets
/// the page read the answers.
/// </summary>
internal sealed class HostGate(ServiceSettings settings)
{
    private readonly StringSegment[] _allowed = [.. settings.AllowedHosts.Select(name => new StringSegment(name))];

    /// <summary>
    /// Whether a service with these settings checks the host name: when it listens on a loopback
    /// address and requires no keys, and whenever <c>allowed_hosts</c> is set. In other cases keys
    /// protect the answers, or the answers are public.
    /// </summary>
    public static bool Checks(ServiceSettings settings) => settings.AllowedHosts.Count > 0 || !settings.IsGuarded;

    /// <summary>Adds the check if the settings require it.</summary>
    public void Use(IApplicationBuilder app)
    {
        if (!Checks(settings))
            return;
        app.Use(next =>
            context =>
                IsAllowed(context) || AccessGate.IsHealth(context.Request.Path)
                    ? next(context)
                    : Refusal(context.Request.Host).ExecuteAsync(context)
        );
    }

    /// <summary>Whether a text is a valid entry of <c>allowed_hosts</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="entry">The entry in the form that the check compares.</param>
    public static bool TryParse(string text, out string entry)
    {
        const string subdomains = "*.";
        entry = text;
        if (text == "*")
            return true;
        var name = text.StartsWith(subdomains, StringComparison.Ordinal) ? text[subdomains.Length..] : text;
        switch (Uri.CheckHostName(name))
        {
            case UriHostNameType.Dns when !name.EndsWith('.'):
                entry = text[..^name.Length] + new HostString(name).ToUriComponent(); // browsers send punycode
                return true;
            case UriHostNameType.IPv4:
                return name.Length == text.Length;
            case UriHostNameType.IPv6:
                entry = $"[{IPAddress.Parse(name)}]";
                return name.Length == text.Length;
            default:
                return false;
        }
    }

    private bool IsAllowed(HttpContext context)
    {
        var sent = context.Request.Host;
        // Browsers always send a host name. Old HTTP/1.0 clients may omit it.
        if (string.IsNullOrEmpty(sent.Value))
            return true;
        var name = NameOf(sent.Value);
        if (name is "127.0.0.1" or "[::1]")
            return true;
        if (name.Equals("localhost", StringComparison.OrdinalIgnoreCase))
            return true;
        if (IPAddress.TryParse(name, out var address) && IsOwn(address, context.Connection.LocalIpAddress))
            return true;
        return _allowed.Length > 0 && HostString.MatchesAny(sent.Value, _allowed);
    }

    /// <summary>
    /// Whether an address is a loopback address or the one at which the connection arrived. Neither
    /// has a DNS name, so it cannot be rebound.
    /// </summary>
    private static bool IsOwn(IPAddress address, IPAddress? arrivedAt) =>
        IPAddress.IsLoopback(address) || (arrivedAt is not null && Unmapped(address).Equals(Unmapped(arrivedAt)));

    private static IPAddress Unmapped(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    /// <summary>
    /// Returns the host name without the port. The web server has already validated the header.
    /// </summary>
    private static ReadOnlySpan<char> NameOf(string sent)
    {
        var end = sent[0] == '[' ? sent.IndexOf(']') + 1 : sent.IndexOf(':');
        return end > 0 ? sent.AsSpan(0, end) : sent;
    }

    private static ProblemResult Refusal(HostString sent) =>
        ApiProblem.Of(
            StatusCodes.Status421MisdirectedRequest,
            $"The host name '{Shown.Of(sent.Host)}' is not allowed. Allowed are localhost, 127.0.0.1, [::1] and the "
                + $"names in the setting 'allowed_hosts' (REMORA_ALLOWED_HOSTS, --allowed-hosts): add this name to "
                + $"the setting if callers use it."
        );
}
