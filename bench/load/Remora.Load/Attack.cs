using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace Remora.Load;

/// <summary>
/// Attacks a service with wrong keys, oversized and slow headers, malformed requests and idle
/// connections, while a regular caller sends requests. Prints the number of responses by status,
/// and the latencies of the regular caller.
/// </summary>
internal static class Attack
{
    private const int Attackers = 32;

    public static async Task<int> RunAsync(Uri url, string key, int requests, int idle)
    {
        var sleepers = new List<Socket>();
        for (var i = 0; i < idle; i++)
        {
            sleepers.Add(await ConnectAsync(url));
            if (i % 2 == 0)
                // Half of them send incomplete headers
                await sleepers[i].SendAsync("GET /api/v1/risk HTTP/1.1\r\nX-Slow: "u8.ToArray());
        }
        using var end = new CancellationTokenSource();
        var honest = HonestAsync(url, key, end.Token);
        var seen = new ConcurrentDictionary<int, int>();
        var left = requests;
        await Task.WhenAll(
            Enumerable
                .Range(0, Attackers)
                .Select(async attacker =>
                {
                    var random = new Random(attacker);
                    Socket? socket = null;
                    while (Interlocked.Decrement(ref left) >= 0)
                    {
                        socket ??= await ConnectAsync(url);
                        var status = await AskAsync(socket, Request(random));
                        seen.AddOrUpdate(status, 1, (_, count) => count + 1);
                        // The service has closed the connection or will close it
                        if (status is not (401 or 404 or 405 or 429))
                        {
                            socket.Dispose();
                            socket = null;
                        }
                    }
                    socket?.Dispose();
                })
        );
        await end.CancelAsync();
        var (answered, failed, latencies) = await honest;
        foreach (var sleeper in sleepers)
            sleeper.Dispose();
        latencies.Sort();
        var answers = seen.OrderBy(one => one.Key).Select(one => $"{(one.Key == 0 ? "closed" : one.Key)} {one.Value}");
        Console.WriteLine($"answers: {string.Join(", ", answers)}");
        Console.WriteLine(
            $"regular caller: {answered} responses, {failed} failures; ms: p50 {latencies[latencies.Count / 2]:0.0} "
                + $" p99 {latencies[(int)(0.99 * latencies.Count)]:0.0}  max {latencies[^1]:0.0}"
        );
        return failed == 0 && seen.Keys.All(status => status is 0 or (>= 400 and < 500)) ? 0 : 1;
    }

    private static string Request(Random random) =>
        random.Next(100) switch
        {
            0 => $"GET /api/v1/risk HTTP/1.1\r\nHost: x\r\nX-Long: {new string('a', 20_000)}\r\n\r\n",
            1 => $"GET /{new string('a', 9_000)} HTTP/1.1\r\nHost: x\r\n\r\n",
            2 => "GET /%2e%2e/%2e%2e/keys.json HTTP/1.1\r\nHost: x\r\n\r\n",
            3 => "GET /api/v1/risk HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n",
            4 => "GET /api/v1/risk?pair=%0d%0aSet-Cookie:a HTTP/1.1\r\nHost: x\r\n\r\n",
            _ => $"GET /api/v1/risk?pair=BTC/USDT HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                + $"rmr_{random.NextInt64():x16}{random.NextInt64():x16}00000000000\r\n\r\n",
        };

    private static async Task<Socket> ConnectAsync(Uri url)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(url.Host, url.Port);
        return socket;
    }

    /// <summary>
    /// Returns the status, or 0 after a closed connection. Error responses fit into one read.
    /// </summary>
    private static async Task<int> AskAsync(Socket socket, string request)
    {
        var buffer = new byte[4096];
        try
        {
            await socket.SendAsync(Encoding.Latin1.GetBytes(request));
            var text = "";
            while (!text.EndsWith('}') && !text.Contains("Content-Length: 0"))
            {
                var count = await socket.ReceiveAsync(buffer);
                if (count == 0)
                    break;
                text += Encoding.Latin1.GetString(buffer, 0, count);
            }
            return text.Length == 0 ? 0 : int.Parse(text.Split(' ')[1]);
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    private static async Task<(int Answered, int Failed, List<double> Latencies)> HonestAsync(
        Uri url,
        string key,
        CancellationToken end
    )
    {
        using var http = new HttpClient { BaseAddress = url, Timeout = TimeSpan.FromSeconds(2) };
        http.DefaultRequestHeaders.Authorization = new("Bearer", key);
        var (answered, failed, latencies) = (0, 0, new List<double>());
        while (!end.IsCancellationRequested)
        {
            var started = Stopwatch.GetTimestamp();
            try
            {
                using var response = await http.GetAsync("/api/v1/risk?pair=BTC/USDT", CancellationToken.None);
                if (response.IsSuccessStatusCode)
                    answered++;
                else
                    failed++;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                failed++;
            }
            latencies.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            await Task.Delay(20, CancellationToken.None);
        }
        return (answered, failed, latencies);
    }
}
