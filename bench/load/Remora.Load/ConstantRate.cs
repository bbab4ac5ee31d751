using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace Remora.Load;

/// <summary>
/// Sends requests at a constant rate and measures each from the time it was due, so that the waits
/// of a stalled server are included. Uses one thread that never sleeps and requires its own core.
/// </summary>
internal static class ConstantRate
{
    public static int Run(Uri url, double perSecond, double seconds, int connections)
    {
        var request = Encoding.ASCII.GetBytes($"GET {url.PathAndQuery} HTTP/1.1\r\nHost: {url.Authority}\r\n\r\n");
        var idle = new Stack<Connection>(Enumerable.Range(0, connections).Select(_ => new Connection(url)));
        var busy = new List<Connection>();
        var count = (int)(perSecond * seconds);
        var latencies = new double[count];
        var (sent, done, failed) = (0, 0, 0);
        var interval = Stopwatch.Frequency / perSecond;
        var start = Stopwatch.GetTimestamp();
        while (done < count)
        {
            while (sent < count && idle.Count > 0 && Stopwatch.GetTimestamp() - start >= sent * interval)
            {
                var connection = idle.Pop();
                connection.Send(request, start + (long)(sent++ * interval));
                busy.Add(connection);
            }
            for (var i = busy.Count - 1; i >= 0; i--)
            {
                var connection = busy[i];
                if (!connection.TryReceive(out var worked))
                    continue;
                latencies[done++] = Stopwatch.GetElapsedTime(connection.DueAt).TotalMilliseconds;
                if (!worked)
                    failed++;
                busy.RemoveAt(i);
                idle.Push(connection);
            }
        }
        foreach (var connection in idle)
            connection.Dispose();
        var took = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Array.Sort(latencies);
        double Quantile(double q) => latencies[Math.Min(count - 1, (int)(q * count))];
        Console.WriteLine(
            $"{count / took:0} requests/s, {failed} not 200; latency ms: p50 {Quantile(0.5):0.000}  p90 "
                + $"{Quantile(0.9):0.000}  p99 {Quantile(0.99):0.000}  p99.9 {Quantile(0.999):0.000}  max "
                + $"{latencies[^1]:0.000}"
        );
        return failed == 0 ? 0 : 1;
    }

    private sealed class Connection : IDisposable
    {
        private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
        };
        private readonly byte[] _buffer = new byte[64 * 1024];
        private int _received;

        public Connection(Uri url)
        {
            _socket.Connect(url.Host, url.Port);
            _socket.Blocking = false;
        }

        public long DueAt { get; private set; }

        public void Send(byte[] request, long dueAt)
        {
            DueAt = dueAt;
            _received = 0;
            _socket.Send(request);
        }

        public void Dispose() => _socket.Dispose();

        /// <summary>Whether the response is complete.</summary>
        public bool TryReceive(out bool worked)
        {
            worked = false;
            var count = _socket.Receive(_buffer.AsSpan(_received), SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock)
                return false;
            if (error != SocketError.Success || count == 0)
                throw new IOException($"the server closed the connection ({error})");
            _received += count;
            var answer = _buffer.AsSpan(0, _received);
            var body = answer.IndexOf("\r\n\r\n"u8);
            if (body < 0 || _received < body + 4 + LengthOf(answer[..body]))
                return false;
            worked = answer.StartsWith("HTTP/1.1 200"u8);
            return true;
        }

        private static int LengthOf(ReadOnlySpan<byte> head)
        {
            var digits = head[(head.IndexOf("Content-Length: "u8) + "Content-Length: ".Length)..];
            var end = digits.IndexOf((byte)'\r');
            return int.Parse(end < 0 ? digits : digits[..end]);
        }
    }
}
