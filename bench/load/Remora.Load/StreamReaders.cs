using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace Remora.Load;

/// <summary>
/// Reads the event stream over many sockets and measures for each change and reader the time from
/// the hand-over to the pump until the arrival. The change contains the first time: the VIX of
/// <see cref="StreamServer"/> is the clock of the machine.
/// </summary>
internal static class StreamReaders
{
    private static readonly byte[] Request =
    [
        .. "GET /api/v1/stream?pair=BTC/USDT HTTP/1.1\r\nHost: localhost\r\n\r\n"u8,
    ];

    /// <param name="url">The service of <see cref="StreamServer"/>.</param>
    /// <param name="readers">The number of readers.</param>
    /// <param name="stalled">The number of additional connections that never read.</param>
    /// <param name="seconds">The duration.</param>
    public static async Task<int> RunAsync(Uri url, int readers, int stalled, double seconds)
    {
        var sleepers = new List<Socket>();
        for (var i = 0; i < stalled; i++)
            sleepers.Add(await ConnectAsync(url, receiveBuffer: 4096));
        using var end = new CancellationTokenSource();
        var arrivals = new List<double>[readers];
        var tasks = new List<Task>();
        for (var i = 0; i < readers; i++)
        {
            var (socket, latencies) = (await ConnectAsync(url, receiveBuffer: null), arrivals[i] = []);
            tasks.Add(ReadAsync(socket, latencies, end.Token));
        }
        await Task.Delay(TimeSpan.FromSeconds(3));
        foreach (var latencies in arrivals)
            lock (latencies)
                latencies.Clear(); // excludes connecting
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        await end.CancelAsync();
        await Task.WhenAll(tasks);
        foreach (var socket in sleepers)
            socket.Dispose();
        var all = arrivals.SelectMany(latencies => latencies).Order().ToArray();
        if (all.Length == 0)
            return 1;
        double Quantile(double q) => all[Math.Min(all.Length - 1, (int)(q * all.Length))];
        Console.WriteLine(
            $"{readers} readers, {stalled} stalled: {all.Length} arrivals, {arrivals.Min(one => one.Count)} to "
                + $"{arrivals.Max(one => one.Count)} each; ms after publication: p50 {Quantile(0.5):0.0}  p90 "
                + $"{Quantile(0.9):0.0}  p99 {Quantile(0.99):0.0}  max {all[^1]:0.0}"
        );
        return 0;
    }

    private static async Task<Socket> ConnectAsync(Uri url, int? receiveBuffer)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        if (receiveBuffer is { } size)
            socket.ReceiveBufferSize = size;
        await socket.ConnectAsync(url.Host, url.Port);
        await socket.SendAsync(Request);
        return socket;
    }

    private static async Task ReadAsync(Socket socket, List<double> latencies, CancellationToken end)
    {
        using var _ = socket;
        var buffer = new byte[16 * 1024];
        try
        {
            while (true)
            {
                var count = await socket.ReceiveAsync(buffer, end);
                if (count == 0)
                    return;
                var arrived = Stopwatch.GetTimestamp();
                if (Published(Encoding.ASCII.GetString(buffer, 0, count)) is { } published)
                    lock (latencies)
                        latencies.Add((Stopwatch.GetElapsedTime(0, arrived).TotalMilliseconds) - published);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // The measurement is over, or the service closed the connection: the count of arrivals
            // shows it.
        }
    }

    private static double? Published(string text)
    {
        const string field = "\"vix\":";
        var at = text.IndexOf(field, StringComparison.Ordinal);
        if (at < 0)
            return null;
        var value = text.AsSpan(at + field.Length);
        return double.TryParse(value[..Math.Max(0, value.IndexOf(','))], out var milliseconds) ? milliseconds : null;
    }
}
