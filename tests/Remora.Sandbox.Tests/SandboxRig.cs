using System.Net;
using System.Text.Json;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Sandbox.Tests;

/// <summary>Starts a sandbox and reads its answers.</summary>
internal static class SandboxRig
{
    /// <summary>A Wednesday morning in the middle of a five-minute candle.</summary>
    public static readonly DateTimeOffset Morning = new(2025, 6, 18, 9, 42, 30, TimeSpan.Zero);

    public static readonly Instant Now = Instant.From(Morning);

    public static Task<SandboxServer> Sandbox(SandboxOptions? options = null, TimeProvider? clock = null) =>
        SandboxServer.StartAsync(options ?? new(), clock ?? new ManualClock(Morning));

    public static HttpClient Client(SandboxServer sandbox) =>
        new() { BaseAddress = new(sandbox.Url), Timeout = TimeSpan.FromSeconds(20) };

    public static async Task<JsonElement> Json(
        this HttpClient client,
        string path,
        HttpStatusCode expected = HttpStatusCode.OK
    )
    {
        using var answer = await client.GetAsync(path);
        return await answer.Json(expected);
    }

    public static async Task<JsonElement> Json(
        this HttpResponseMessage answer,
        HttpStatusCode expected = HttpStatusCode.OK
    )
    {
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == expected, $"{(int)answer.StatusCode} {body}");
        using var json = JsonDocument.Parse(body);
        return json.RootElement.Clone();
    }
}
