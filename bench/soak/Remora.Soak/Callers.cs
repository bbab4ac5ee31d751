using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace Remora.Soak;

/// <summary>
/// Regular callers: send the requests of bots, pages and people at a constant rate, and count
/// requests and responses.
/// </summary>
internal sealed class Callers(Uri service, IReadOnlyList<string> pairs, double perSecond, int readers, int seed)
{
    private const int Lanes = 8;
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(30);
    private readonly ConcurrentDictionary<string, long> _asked = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<int, long> _statuses = new();
    private readonly ConcurrentQueue<string> _failures = new();
    private long _events;
    private long _cut;

    /// <summary>Requests by route template.</summary>
    public IReadOnlyDictionary<string, long> Asked => _asked;

    public IReadOnlyDictionary<int, long> Statuses => _statuses;

    /// <summary>Server errors, and requests without a response.</summary>
    public IReadOnlyCollection<string> Failures => _failures;

    public long Events => Interlocked.Read(ref _events);

    /// <summary>Streams that ended while their reader was reading.</summary>
    public long Cut => Interlocked.Read(ref _cut);

    /// <summary>Runs until it is cancelled, and completes every started request.</summary>
    public Task RunAsync(CancellationToken stop) =>
        Task.WhenAll(
            Enumerable
                .Range(0, Lanes)
                .Select(lane => AskAsync(new(seed + lane), stop))
                .Concat(Enumerable.Range(0, readers).Select(reader => ReadAsync(new(seed + 1000 + reader), stop)))
        );

    private async Task AskAsync(Random random, CancellationToken stop)
    {
        using var http = new HttpClient { BaseAddress = service, Timeout = RequestTimeout };
        using var beat = new PeriodicTimer(TimeSpan.FromSeconds(Lanes / perSecond));
        var tags = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            while (await beat.WaitForNextTickAsync(stop))
                await AskOnceAsync(http, random, tags);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // enough
        }
    }

    private async Task AskOnceAsync(HttpClient http, Random random, Dictionary<string, string> tags)
    {
        var (route, path) = Question(random);
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (tags.TryGetValue(path, out var tag) && random.Next(2) == 0)
            request.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Parse(tag));
        _asked.AddOrUpdate(route, 1, (_, count) => count + 1);
        try
        {
            using var answer = await http.SendAsync(request, CancellationToken.None);
            await answer.Content.ReadAsByteArrayAsync(CancellationToken.None);
            if (answer.Headers.ETag is { } fresh)
                tags[path] = fresh.ToString();
            _statuses.AddOrUpdate((int)answer.StatusCode, 1, (_, count) => count + 1);
            if (answer.StatusCode >= HttpStatusCode.InternalServerError)
                Failed(
                    $"{path} {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(CancellationToken.None)}"
                );
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            Failed($"{path} {e.Message}");
        }
    }

    private void Failed(string what) =>
        _failures.Enqueue($"{DateTime.UtcNow.ToString("HH:mm:ss", CultureInfo.InvariantCulture)} {what}");

    private (string Route, string Path) Question(Random random)
    {
        const string api = "/api/v1";
        var pair = pairs[random.Next(pairs.Count)];
        var (route, query) = random.Next(100) switch
        {
            < 40 => ("/risk", $"?pair={pair}"),
            < 50 => ("/risk", random.Next(2) == 0 ? "" : $"?pair={pair}&side=short&policy=conservative"),
            < 53 => ("/risk", "?pair=DOGE/EUR"), // 404: an unknown pair
            < 63 => ("/risk/batch", "?pairs=" + string.Join(',', pairs)),
            < 68 => ("/regime", $"?pair={pair}"),
            < 73 => ("/volatility", $"?pair={pair}"),
            < 81 => ("/history", $"?pair={pair}&interval={(random.Next(2) == 0 ? "1h" : "1d")}"),
            < 84 => ("/candles", $"?pair={pair}&limit=500"),
            < 87 => ("/assessment", $"?pair={pair}"),
            < 89 => ("/history", $"?pair={pair}&format=parquet"),
            < 91 => ("/traffic", "?interval=1m"),
            < 93 => ("/store", ""),
            < 95 => ("/pairs", ""),
            < 97 => ("/status", ""),
            < 98 => ("/policies", ""),
            _ => ("/sources", ""),
        };
        return (api + route, api + route + query);
    }

    /// <summary>Reads the event stream, disconnects and reconnects; one in ten is slow.</summary>
    private async Task ReadAsync(Random random, CancellationToken stop)
    {
        using var http = new HttpClient { BaseAddress = service, Timeout = Timeout.InfiniteTimeSpan };
        var isSlow = random.Next(10) == 0;
        while (!stop.IsCancellationRequested)
        {
            using var leave = CancellationTokenSource.CreateLinkedTokenSource(stop);
            leave.CancelAfter(TimeSpan.FromSeconds(5 + (55 * random.NextDouble())));
            _asked.AddOrUpdate("/api/v1/stream", 1, (_, count) => count + 1);
            try
            {
                var query = random.Next(2) == 0 ? "" : $"?pair={pairs[random.Next(pairs.Count)]}";
                using var answer = await http.GetAsync(
                    "/api/v1/stream" + query,
                    HttpCompletionOption.ResponseHeadersRead,
                    CancellationToken.None
                );
                _statuses.AddOrUpdate((int)answer.StatusCode, 1, (_, count) => count + 1);
                if (answer.StatusCode != HttpStatusCode.OK)
                    Failed($"/stream {(int)answer.StatusCode}");
                using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(leave.Token));
                while (await reader.ReadLineAsync(leave.Token) is { } line)
                {
                    if (line.StartsWith("event:", StringComparison.Ordinal))
                        Interlocked.Increment(ref _events);
                    if (isSlow)
                        await Task.Delay(20, leave.Token);
                }
                Interlocked.Increment(ref _cut);
            }
            catch (OperationCanceledException) when (leave.IsCancellationRequested)
            {
                // it disconnects
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                Interlocked.Increment(ref _cut);
            }
        }
    }
}
