using System.Net;
using System.Net.Sockets;

namespace Remora.Testing;

/// <summary>
/// A loopback port that forwards to a Unix socket. With the socket of an embedded engine, it
/// replaces a ClickHouse server whose user has all rights.
/// </summary>
public sealed class SocketPort : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<string> _socket;
    private readonly Task _accepting;

    public SocketPort(Func<string> socket)
    {
        _socket = socket;
        _listener.Start();
        Url = new($"http://localhost:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _accepting = AcceptAsync();
    }

    public Uri Url { get; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
                connections.Add(ServeAsync(await _listener.AcceptSocketAsync(_stop.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(connections);
        }
    }

    // Runs until either side closes.
    private async Task ServeAsync(Socket caller)
    {
        using var client = caller;
        using var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await server.ConnectAsync(new UnixDomainSocketEndPoint(_socket()), _stop.Token);
            await using NetworkStream near = new(client),
                far = new(server);
            using var end = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            var both = new[] { near.CopyToAsync(far, end.Token), far.CopyToAsync(near, end.Token) };
            await Task.WhenAny(both);
            await end.CancelAsync();
            await Task.WhenAll(both);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
        {
            // one side closed its connection, so the other is closed too
        }
    }
}
