using Microsoft.Extensions.Logging;
using Remora.Server.Settings;

namespace Remora.Server.Access;

/// <summary>
/// How many connections the server accepts: the setting <c>max_connections</c>, or fewer if the
/// operating system's limit of open files has no room for them.
/// </summary>
/// <param name="Connections">The number of connections.</param>
/// <param name="Cause">What limits them, for log lines.</param>
internal sealed record ConnectionLimit(int Connections, string Cause)
{
    /// <summary>Returns the limit, and logs it if it is below the setting.</summary>
    public static ConnectionLimit Of(ServiceSettings settings, ILoggerFactory log)
    {
        var setting = new ConnectionLimit(settings.MaxConnections, $"max_connections ({settings.MaxConnections})");
        var files = OpenFileLimit.Current();
        var connections = OpenFileLimit.Connections(files, settings.MaxConnections);
        if (connections == settings.MaxConnections)
            return setting;
        log.CreateLogger("Remora.Server.Connections")
            .LogWarning(
                "the limit of open files ({Files}) leaves room for {Connections} connections, fewer than {Limit}: "
                    + "raise it (LimitNOFILE in the systemd unit, or 'ulimit -n'), or lower max_connections",
                files,
                connections,
                setting.Cause
            );
        return new(connections, $"the limit of open files ({files}, room for {connections} connections)");
    }
}
