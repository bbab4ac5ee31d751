using System.Net.Http.Json;
using System.Text.Json;
using Remora.Feeds.Time;
using Remora.Server;

namespace Remora.Cli;

/// <summary>A sandbox that runs in another process: the service takes its clock from it.</summary>
internal static class RemoteSandbox
{
    /// <exception cref="SandboxUnreachableException">There is no sandbox at this address.</exception>
    public static async Task<RemoteWorld> ConnectAsync(Uri url, CancellationToken cancellation)
    {
        try
        {
            using var http = new HttpClient { BaseAddress = url, Timeout = TimeSpan.FromSeconds(5) };
            using var response = await http.GetAsync("/sandbox/clock", cancellation);
            var clock = await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>(cancellation);
            var origin = response.Headers.TryGetValues(SandboxNotice.Header, out var values) ? values.First() : throw new JsonException("it does not call itself a sandbox");
            var speed = clock.GetProperty("speed").GetDouble();
            var now = DateTimeOffset.FromUnixTimeMilliseconds(clock.GetProperty("now_ms").GetInt64());
            long? seed = clock.TryGetProperty("seed", out var number) ? number.GetInt64() : null;
            return new(new(origin, url.GetLeftPart(UriPartial.Authority), speed), new(now, speed), seed, clock.TryGetProperty("recording", out var recording) ? recording.GetString() : null);
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or KeyNotFoundException or InvalidOperationException
            || (e is TaskCanceledException && !cancellation.IsCancellationRequested))
        {
            throw new SandboxUnreachableException($"there is no sandbox at {url} ({e.Message}). Start one with 'remora sandbox', or leave the address out.", e);
        }
    }
}

/// <summary>The world of a sandbox that runs in another process.</summary>
/// <param name="Notice">What answers say of it.</param>
/// <param name="Clock">Its clock.</param>
/// <param name="Seed">Its seed; null where it does not tell.</param>
/// <param name="Recording">What it replays; null for nothing.</param>
internal sealed record RemoteWorld(SandboxNotice Notice, ScaledClock Clock, long? Seed, string? Recording);

/// <summary>There is no sandbox where one was expected.</summary>
internal sealed class SandboxUnreachableException(string message, Exception inner) : Exception(message, inner);
