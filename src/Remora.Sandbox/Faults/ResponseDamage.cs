using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Http;
using Remora.Sandbox.Simulation;
using Remora.Sandbox.Venues;

namespace Remora.Sandbox.Faults;

/// <summary>Applies a fault to a response: status, headers, body, connection.</summary>
internal static class ResponseDamage
{
    private const int OversizedBytes = 48 << 20;
    private const int SlowBytes = 16;
    private static readonly TimeSpan SlowPause = TimeSpan.FromMilliseconds(250);
    private static readonly int[] GatewayStatuses = [502, 503, 504, 520];

    /// <summary>Sends the response as the fault changes it.</summary>
    /// <param name="context">The request.</param>
    /// <param name="exchange">The exchange that responds.</param>
    /// <param name="fault">The fault.</param>
    /// <param name="dice">The source of random choices.</param>
    /// <param name="whole">The response without the fault.</param>
    /// <param name="clock">Paces slow bodies.</param>
    /// <param name="stop">Ends stalled responses.</param>
    public static Task Send(
        HttpContext context,
        string exchange,
        Fault fault,
        Dice dice,
        VenueAnswer whole,
        TimeProvider clock,
        CancellationToken stop
    )
    {
        var response = context.Response;
        switch (fault.Kind)
        {
            case FaultKind.Http429:
                response.Headers.RetryAfter = Seconds(fault.RetryAfter);
                return Text(response, 429, "text/plain", "Too Many Requests", stop);
            case FaultKind.Http418:
                response.Headers.RetryAfter = Seconds(fault.RetryAfter);
                return Text(
                    response,
                    418,
                    "application/json",
                    """{"code":-1003,"msg":"Way too much request weight used; IP banned."}""",
                    stop
                );
            case FaultKind.Http451:
                return Text(
                    response,
                    451,
                    "application/json",
                    """{"code":0,"msg":"Service unavailable from a restricted location."}""",
                    stop
                );
            case FaultKind.Http5xx:
                var status = GatewayStatuses[dice.Below(GatewayStatuses.Length)];
                return Text(response, status, "text/html", Page($"{status} Bad Gateway"), stop);
            case FaultKind.Http5xxJson:
                var (code, body) = OwnError(exchange);
                return Text(response, code, "application/json", body, stop);
            case FaultKind.Html200:
                return Text(response, 200, "text/html", Page("We will be back soon"), stop);
            case FaultKind.Null200:
                return Text(response, 200, "application/json", "null", stop);
            case FaultKind.Number200:
                return Text(response, 200, "application/json", "42", stop);
            case FaultKind.Empty200:
                return Text(response, 200, "application/json", "", stop);
            case FaultKind.Garbage:
                return Bytes(response, Noise(dice), stop);
            case FaultKind.BadGzip:
                response.Headers.ContentEncoding = "gzip";
                return Bytes(response, whole.Body, stop);
            case FaultKind.HugeHeaders:
                response.Headers["X-Large"] = new string('x', 64 << 10);
                return Bytes(response, whole.Body, stop);
            case FaultKind.Truncated:
                return Truncated(context, whole.Body, stop);
            case FaultKind.StalledBody:
                return StalledBody(response, whole.Body, clock, stop);
            case FaultKind.SlowBody:
                return SlowBody(response, whole.Body, clock, stop);
            case FaultKind.StalledHeaders:
                return Task.Delay(Timeout.InfiniteTimeSpan, clock, stop);
            case FaultKind.Refused:
                context.Abort();
                return Task.CompletedTask;
            case FaultKind.Oversized:
                return Oversized(response, whole.Body, stop);
            default:
                throw new ArgumentOutOfRangeException(
                    nameof(fault),
                    fault.Kind,
                    "this fault is in the candles, not in the answer"
                );
        }
    }

    private static string Seconds(TimeSpan time) => $"{(long)Math.Ceiling(time.TotalSeconds)}";

    private static string Page(string title) =>
        $"<html><head><title>{title}</title></head><body><center><h1>{title}</h1></center></body></html>";

    // Each exchange reports an outage in its own way. The texts of two of them sound permanent.
    private static (int Status, string Body) OwnError(string exchange) =>
        exchange switch
        {
            "binance" => (
                503,
                """{"code":-1001,"msg":"Internal error; unable to process your request. Please try again."}"""
            ),
            "kraken" => (200, """{"error":["EService:Unavailable"]}"""),
            "coinbase" => (
                500,
                """{"error":"INTERNAL","error_details":"internal server error","message":"internal server error"}"""
            ),
            "bybit" => (
                500,
                """{"retCode":10016,"retMsg":"System error. Please try again later.","result":{},"retExtInfo":{},"time":0}"""
            ),
            "okx" => (503, """{"code":"50013","msg":"Systems are busy. Please try again later.","data":[]}"""),
            _ => (500, """{"error":"internal server error"}"""),
        };

    private static byte[] Noise(Dice dice)
    {
        var noise = new byte[512];
        foreach (ref var value in noise.AsSpan())
            value = (byte)dice.Below(256);
        noise[0] = (byte)'\u0001'; // never valid JSON by chance
        return noise;
    }

    private static Task Text(HttpResponse response, int status, string type, string body, CancellationToken stop)
    {
        response.StatusCode = status;
        response.ContentType = type;
        return Bytes(response, Encoding.UTF8.GetBytes(body), stop);
    }

    private static Task Bytes(HttpResponse response, byte[] body, CancellationToken stop)
    {
        response.ContentType ??= "application/json";
        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body, stop).AsTask();
    }

    private static async Task Truncated(HttpContext context, byte[] body, CancellationToken stop)
    {
        await Half(context.Response, body, stop);
        context.Abort();
    }

    private static async Task StalledBody(
        HttpResponse response,
        byte[] body,
        TimeProvider clock,
        CancellationToken stop
    )
    {
        await Half(response, body, stop);
        await Task.Delay(Timeout.InfiniteTimeSpan, clock, stop);
    }

    private static async Task Half(HttpResponse response, byte[] body, CancellationToken stop)
    {
        response.ContentType = "application/json";
        response.ContentLength = body.Length;
        await response.Body.WriteAsync(body.AsMemory(0, body.Length / 2), stop);
        await response.Body.FlushAsync(stop);
    }

    private static async Task SlowBody(HttpResponse response, byte[] body, TimeProvider clock, CancellationToken stop)
    {
        response.ContentType = "application/json";
        response.ContentLength = body.Length;
        for (var at = 0; at < body.Length; at += SlowBytes)
        {
            await response.Body.WriteAsync(body.AsMemory(at, Math.Min(SlowBytes, body.Length - at)), stop);
            await response.Body.FlushAsync(stop);
            await Task.Delay(SlowPause, clock, stop);
        }
    }

    // Spaces before the response: valid JSON that is far too large.
    private static async Task Oversized(HttpResponse response, byte[] body, CancellationToken stop)
    {
        response.ContentType = "application/json";
        var spaces = ArrayPool<byte>.Shared.Rent(1 << 20);
        Array.Fill(spaces, (byte)' ');
        try
        {
            for (var sent = 0; sent < OversizedBytes; sent += spaces.Length)
                await response.Body.WriteAsync(spaces, stop);
            await response.Body.WriteAsync(body, stop);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(spaces);
        }
    }
}
