using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Remora.ClickHouseHost.Native;

/// <summary>The sockets of this process, and its process group.</summary>
internal static unsafe partial class Sockets
{
    private const int LargestFile = 4096,
        SocketLevel = 1,
        IsListening = 30,
        InternetFamily = 2;

    /// <summary>Returns the TCP ports on which this process listens.</summary>
    public static List<int> ListeningPorts()
    {
        var ports = new List<int>();
        var address = stackalloc byte[128];
        for (var file = 3; file < LargestFile; file++)
        {
            int listens = 0,
                length = sizeof(int);
            if (getsockopt(file, SocketLevel, IsListening, &listens, &length) != 0 || listens == 0)
                continue;
            length = 128;
            if (getsockname(file, address, &length) == 0 && *(ushort*)address == InternetFamily)
                ports.Add(BinaryPrimitives.ReadUInt16BigEndian(new ReadOnlySpan<byte>(address + 2, 2)));
        }
        return ports;
    }

    /// <summary>Returns a loopback port that nobody uses.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>
    /// Moves this process to a process group of its own. <c>SYSTEM SHUTDOWN</c> sends SIGTERM to
    /// the whole group.
    /// </summary>
    public static void LeaveGroup() => _ = setpgid(0, 0);

    [LibraryImport("libc")]
    private static partial int getsockopt(int file, int level, int option, int* value, int* length);

    [LibraryImport("libc")]
    private static partial int getsockname(int file, byte* address, int* length);

    [LibraryImport("libc")]
    private static partial int setpgid(int process, int group);
}
