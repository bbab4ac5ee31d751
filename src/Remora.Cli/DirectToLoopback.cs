using System.Net;

namespace Remora.Cli;

/// <summary>
/// Uses the proxy of the system settings (<c>HTTP_PROXY</c>, <c>HTTPS_PROXY</c>,
/// <c>ALL_PROXY</c>, <c>NO_PROXY</c>), except for loopback addresses: services, sandboxes and bots
/// on this machine are reached directly.
/// </summary>
internal sealed class DirectToLoopback(IWebProxy system) : IWebProxy
{
    /// <summary>Sets this proxy for all HTTP clients of the process that do not set one.</summary>
    public static void Use() => HttpClient.DefaultProxy = new DirectToLoopback(HttpClient.DefaultProxy);

    public ICredentials? Credentials
    {
        get => system.Credentials;
        set => system.Credentials = value;
    }

    public Uri? GetProxy(Uri destination) => destination.IsLoopback ? null : system.GetProxy(destination);

    public bool IsBypassed(Uri host) => host.IsLoopback || system.IsBypassed(host);
}
