using System.Net;
using System.Net.Sockets;

namespace Remora.ClickHouse.Embedded;

/// <summary>The loopback port of an embedded engine.</summary>
internal static class EnginePort
{
    /// <summary>Connects to it.</summary>
    public static async ValueTask<Stream> ConnectAsync(int port, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
