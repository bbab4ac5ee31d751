using System.Text.Json;
using Remora.Feeds.Time;
using Remora.Server;

namespace Remora.Cli;

/// <summary>Connects to a sandbox in another process. The service uses its clock.</summary>
internal static class RemoteSandbox
{
    /// <exception cref="SandboxUnreachableException">
    /// No sandbox answers at this address.
    /// </exception>
    public static async Task<RemoteWorld> ConnectAsync(Uri url, CancellationToken cancellation)
    {
        try
        {
            using var http = new HttpClient { BaseAddress = url, Timeout = TimeSpan.FromSeconds(5) };
            using var response = await http.GetAsync("/sandbox/clock", cancellation);
            var clock = JsonElement.Parse(
                await response.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync(cancellation)
            );
            var origin = response.Headers.TryGetValues(SandboxNotice.Header, out var values)
                ? values.First()
                : throw new JsonException("the response has no sandbox header");
            var speed = clock.GetProperty("speed").GetDouble();
            var now = DateTimeOffset.FromUnixTimeMilliseconds(clock.GetProperty("now_ms").GetInt64());
            long? seed = clock.TryGetProperty("seed", out var number) ? number.GetInt64() : null;
            return new(
                new(origin, url.GetLeftPart(UriPartial.Authority), speed),
                new(now, speed),
                seed,
                clock.TryGetProperty("recording", out var recording) ? recording.GetString() : null
            );
        }
        catch (Exception e)
            when (e is HttpRequestException or JsonException or KeyNotFoundException or InvalidOperationException
                || (e is TaskCanceledException && !cancellation.IsCancellationRequested)
            )
        {
            throw new SandboxUnreachableException(
                $"no sandbox responds at {url} ({e.Message}). Start one with 'remora sandbox', or omit the address.",
                e
            );
        }
    }
}

/// <summary>The world of a sandbox in another process.</summary>
/// <param name="Notice">The sandbox notice that each response carries.</param>
/// <param name="Clock">The clock of the sandbox.</param>
/// <param name="Seed">The seed; null if the sandbox does not report it.</param>
/// <param name="Recording">The replayed recording; null if prices are simulated.</param>
internal sealed record RemoteWorld(SandboxNotice Notice, ScaledClock Clock, long? Seed, string? Recording);

/// <summary>The sandbox does not answer at the given address.</summary>
internal sealed class SandboxUnreachableException(string message, Exception inner) : Exception(message, inner);
