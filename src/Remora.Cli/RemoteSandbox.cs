using System.Net.Http.Json;
using System.Text.Json;
using Remora.Feeds.Time;
using Remora.Server;

namespace Remora.Cli;

/// <summary>A sandbox that runs in another process: the service takes its clock from it.</summary>
internal static class RemoteSandbox
{
    /// <exception cref="SandboxUnreachableException">There is no sandbox at this address.</exception>
    public static async Task<(SandboxNotice Notice, ScaledClock Clock)> ConnectAsync(Uri url, CancellationToken cancellation)
    {
        try
        {
            using var http = new HttpClient { BaseAddress = url, Timeout = TimeSpan.FromSeconds(5) };
            using var response = await http.GetAsync("/sandbox/clock", cancellation);
            var clock = await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>(cancellation);
            var origin = response.Headers.TryGetValues(SandboxNotice.Header, out var values) ? values.First() : throw new JsonException("it does not call itself a sandbox");
            var speed = clock.GetProperty("speed").GetDouble();
            var now = DateTimeOffset.FromUnixTimeMilliseconds(clock.GetProperty("now_ms").GetInt64());
            return (new(origin, url.GetLeftPart(UriPartial.Authority), speed), new(now, speed));
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or KeyNotFoundException or InvalidOperationException
            || (e is TaskCanceledException && !cancellation.IsCancellationRequested))
        {
            throw new SandboxUnreachableException($"there is no sandbox at {url} ({e.Message}). Start one with 'remora sandbox', or leave the address out.", e);
        }
    }
}

/// <summary>There is no sandbox where one was expected.</summary>
internal sealed class SandboxUnreachableException(string message, Exception inner) : Exception(message, inner);
