using System.Net;

namespace Remora.Cli;

/// <summary>
/// The proxy of the system's settings (<c>HTTP_PROXY</c>, <c>HTTPS_PROXY</c>, <c>ALL_PROXY</c>,
/// <c>NO_PROXY</c>), except for this machine's own addresses: services, sandboxes and bots on
/// loopback are reached directly.
/// </summary>
internal sealed class DirectToLoopback(IWebProxy system) : IWebProxy
{
    /// <summary>Makes it the proxy of every client of this process that does not choose its own.</summary>
    public static void Use() => HttpClient.DefaultProxy = new DirectToLoopback(HttpClient.DefaultProxy);

    public ICredentials? Credentials
    {
        get => system.Credentials;
        set => system.Credentials = value;
    }

    public Uri? GetProxy(Uri destination) => destination.IsLoopback ? null : system.GetProxy(destination);

    public bool IsBypassed(Uri host) => host.IsLoopback || system.IsBypassed(host);
}
