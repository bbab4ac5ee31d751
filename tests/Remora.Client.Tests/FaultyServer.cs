using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Remora.Client.Tests;

/// <summary>A local server that fails on request and records its requests.</summary>
internal sealed class FaultyServer : IAsyncDisposable
{
    public static readonly IReadOnlyList<string> Faults =
    [
        "slow",
        "dribble",
        "429",
        "500",
        "503",
        "html",
        "truncated",
        "schema",
        "list",
        "string",
        "null",
        "empty",
        "nan",
        "redirect",
        "hangup",
        "garbage",
        "other_pair",
        "huge",
    ];

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;

    public FaultyServer()
    {
        _listener.Start();
        Url = $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";
        _accepting = AcceptAsync();
    }

    public string Url { get; }

    public string Mode { get; set; } = "well";

    public bool Safe { get; set; } = true;

    /// <summary>The state of the assessments.</summary>
    public string State { get; set; } = "ok";

    /// <summary>The pairs that it tracks; null for all.</summary>
    public IReadOnlyList<string>? Tracked { get; set; }

    /// <summary>The received request lines and headers.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>
    /// The content of each connection to the stream, one after another. The server then closes the
    /// connection.
    /// </summary>
    public ConcurrentQueue<string> Streams { get; } = new();

    public string Answer(string pair) =>
        $$"""{"safe_to_trade":{{(Safe ? "true" : "false")}},"risk_score":0.25,"risk_class":"low","position_scale":1.0,"blocked_by":{{(Safe ? "[]" : "[\"panic\"]")}},"reasoning":["It is so."],"regime":"tidal","pair":"{{pair.ToUpperInvariant()}}","side":"long","as_of":"2026-01-01T00:05:00Z","state":"{{State}}","event_flags":{"flag_panic":false},"forecast":{{Forecast}},"no_forecast":null,"something_new":[1]}""";

    /// <summary>A forecast outside the tested range, with fields of a later version.</summary>
    private const string Forecast =
        """{"model":"remora-2","as_of":"2026-01-01T00:05:00Z","in_sample":false,"history_days":12.5,"in_tested_range":false,"calendar_known_until":"2027-12-31","horizons":{"4h":{"volatility":0.011,"percentile":null,"factors":{"level":1.5,"moon":2},"probability_of_drawdown":{"0.02":null},"stop_distances":null,"newer":1}},"newest":2}""";

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
                connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        try
        {
            await using var stream = client.GetStream();
            using var reader = new StreamReader(stream, Encoding.Latin1, leaveOpen: true);
            var request = new StringBuilder();
            while (await reader.ReadLineAsync(_stop.Token) is { Length: > 0 } line)
                request.AppendLine(line);
            if (request.Length == 0)
                return;
            Requests.Enqueue(request.ToString());
            await AnswerAsync(stream, request.ToString().Split(' ')[1]);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or SocketException)
        {
            // The client disconnected, or the test ended.
        }
    }

    private async Task AnswerAsync(NetworkStream stream, string target)
    {
        if (target.StartsWith("/api/v1/stream", StringComparison.Ordinal) && Mode == "well")
        {
            var events = Streams.TryDequeue(out var next) ? next : "";
            await stream.WriteAsync(
                Encoding.UTF8.GetBytes(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n" + events
                ),
                _stop.Token
            );
            return;
        }
        var (status, body) = BodyOf(target);
        switch (Mode)
        {
            case "slow":
                await Task.Delay(Timeout.Infinite, _stop.Token);
                break;
            case "404" or "429" or "500" or "503":
                (status, body) = (Mode + " No", """{"detail":"no","safe_to_trade":true}""");
                break;
            case "html":
                body = "<html>safe_to_trade: true</html>";
                break;
            case "truncated":
                body = body[..(body.Length / 2)];
                break;
            case "schema":
                body = """{"data":{"safe_to_trade":true},"version":2}""";
                break;
            case "list":
                body = "[]";
                break;
            case "string":
                body = body.Replace("\"safe_to_trade\":true", "\"safe_to_trade\":\"true\"");
                break;
            case "null":
                body = "null";
                break;
            case "empty":
                body = "";
                break;
            case "nan":
                body = body.Replace("0.25", "NaN");
                break;
            case "redirect":
                status = "302 Found\r\nLocation: /elsewhere";
                break;
            case "other_pair":
                body = body.Replace("BTC/USDT", "DOGE/USDT").Replace("assessments", "verdicts");
                break;
            case "hangup":
                return;
            case "garbage":
                await stream.WriteAsync("\0\u0001 not http at all\r\n\r\n"u8.ToArray(), _stop.Token);
                return;
        }
        var length = Mode == "huge" ? 1L << 40 : body.Length;
        var retry = Mode == "429" ? "Retry-After: 60\r\n" : "";
        await stream.WriteAsync(
            Encoding.UTF8.GetBytes(
                $"HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{retry}Connection: close\r\n\r\n"
            ),
            _stop.Token
        );
        if (Mode != "dribble")
            await stream.WriteAsync(Encoding.UTF8.GetBytes(body), _stop.Token);
        else
            foreach (var character in body)
            {
                await stream.WriteAsync(new[] { (byte)character }, _stop.Token);
                await Task.Delay(50, _stop.Token);
            }
    }

    private (string Status, string Body) BodyOf(string target)
    {
        var query = Uri.UnescapeDataString(target.Split('?').ElementAtOrDefault(1) ?? "")
            .Split('&')
            .Select(part => part.Split('='))
            .ToDictionary(part => part[0], part => part.ElementAtOrDefault(1) ?? "");
        if (target.Contains("/history"))
        {
            if (target.Contains("FULL") && target.Contains("from=2025"))
                return ("400 Bad Request", """{"detail":"The span is empty"}""");
            return query.GetValueOrDefault("from", "").StartsWith("2025-01-01T02", StringComparison.Ordinal)
                ? (
                    "200 OK",
                    """{"pair":"BTC/USDT","rows":[{"time":"2025-01-01T02:00:00Z","assessments":12,"blocked":12,"safe_share":0,"risk_mean":null,"regime_last":"panic","new_column":7}],"next":null}"""
                )
                : (
                    "200 OK",
                    """{"pair":"BTC/USDT","rows":[{"time":"2025-01-01T00:00:00Z","assessments":12,"blocked":3,"safe_share":0.75,"risk_mean":0.4},{"time":"2025-01-01T01:00:00Z","assessments":12,"blocked":0,"safe_share":1,"risk_mean":0.3}],"next":"2025-01-01T02:00:00Z"}"""
                );
        }
        if (target.Contains("/forecast"))
            return (
                "200 OK",
                $$"""{"pair":"{{query["pair"].ToUpperInvariant()}}","state":"warming_up","forecast":{{(query.ContainsKey("horizon") ? Forecast : "null")}},"no_forecast":"warming_up","gaps":0}"""
            );
        if (target.Contains("/portfolio"))
            return (
                "200 OK",
                """{"summary":"So.","as_of":"2026-01-01T00:05:00Z","volatility":0.02,"value_at_risk":{"0.95":0.03,"0.99":null},"positions":[{"pair":"BTC/USDT","market":"BTC/USDT","share":0.02,"without":{"volatility":0,"value_at_risk":null,"expected_shortfall":null},"stop":null}],"over_limit":true,"stress":[{"name":"2020-03-12","return":-0.39}],"newer":1}"""
            );
        if (target.Contains("/correlations"))
            return (
                "200 OK",
                """{"as_of":null,"pairs":["BTC/USDT","ETH/USDT"],"correlations":[[1,0.8],[0.8,1]],"assumed":[[false,true],[true,false]]}"""
            );
        if (target.Contains("/scorecard/books"))
            return (
                "200 OK",
                """{"from":null,"to":"2026-01-02T00:00:00Z","horizon":"24h","books":[{"name":"hedged","followed":false,"since":"2026-01-01T00:00:00Z","hours":24,"graded":1,"independent":1,"bias":null,"value_at_risk":{"0.95":{"hits":1,"expected":0.05,"n":1,"kupiec_p":0.01,"shortfall":1.2}},"not_graded":{"gap":23}}]}"""
            );
        if (target.Contains("/scorecard"))
            return (
                "200 OK",
                """{"pair":"BTC/USDT","since":null,"horizons":{"4h":{"hours":5,"graded":1,"models":{"remora-2":{"r2":null,"qlike":0.3}},"value_at_risk":{"0.95":{"hits":1,"n":20,"share":0.05,"kupiec_p":null,"christoffersen_p":null}},"newer":1}},"alarm":{"raised":true,"raised_on":"2026-01-02","evidence":120,"days":[{"day":"2026-01-01","factor":14,"claims":[{"horizon":"4h","level":"0.99","hits":3,"n":6}]}]}}"""
            );
        if (!target.Contains("/batch"))
            return ("200 OK", Answer(query.GetValueOrDefault("pair", "")));
        var known = query["pairs"]
            .Split(',')
            .Where(pair => Tracked?.Contains(pair.ToUpperInvariant()) != false)
            .ToList();
        return known.Count == 0
            ? ("404 Not Found", """{"detail":"none is tracked here"}""")
            : ("200 OK", $$"""{"assessments":[{{string.Join(',', known.Select(Answer))}}],"unknown":[]}""");
    }
}
