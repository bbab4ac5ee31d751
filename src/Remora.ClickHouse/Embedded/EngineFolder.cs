using System.Text.Json;
using System.Text.Json.Serialization;

namespace Remora.ClickHouse.Embedded;

/// <summary>What a host leaves in its folder.</summary>
public static class EngineFolder
{
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(10);

    /// <summary>A client of the host that has the folder open, whoever started it; null when nobody answers there.</summary>
    public static async Task<ClickHouseClient?> TryConnectAsync(string folder, CancellationToken cancellation = default) =>
        await IsOpenAsync(folder, cancellation) ? new(OptionsOf(folder)) : null;

    /// <summary>Whether a host has the folder open and answers.</summary>
    public static async Task<bool> IsOpenAsync(string folder, CancellationToken cancellation = default)
    {
        using var client = new ClickHouseClient(OptionsOf(folder));
        using var deadline = new CancellationTokenSource(PingTimeout);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            return await client.PingAsync(both.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Reaches whichever host has the folder open, also after it was started again.</summary>
    public static ClickHouseOptions OptionsOf(string folder) => new() { Socket = () => SocketOf(folder) };

    /// <summary>Whether the file is there in which a host says where it answers; it is from its start to its end.</summary>
    internal static bool HasEndpoint(string folder) => File.Exists(EndpointFile(folder));

    internal static EngineEndpoint Parse(string json) =>
        JsonSerializer.Deserialize(json, EngineEndpointJson.Default.EngineEndpoint) ?? throw new JsonException("no endpoint");

    private static string EndpointFile(string folder) => Path.Combine(folder, "endpoint");

    private static string SocketOf(string folder)
    {
        try
        {
            return Parse(File.ReadAllText(EndpointFile(folder))).Socket;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new IOException($"nobody has '{folder}' open", e);
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(EngineEndpoint))]
internal sealed partial class EngineEndpointJson : JsonSerializerContext;
