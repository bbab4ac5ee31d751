using System.Text.Json;
using System.Text.Json.Serialization;

namespace Remora.ClickHouse.Embedded;

/// <summary>What a host leaves in its folder.</summary>
public static class EngineFolder
{
    /// <summary>A client of the host that has the folder open, whoever started it; null when nobody answers there.</summary>
    public static async Task<ClickHouseClient?> TryConnectAsync(string folder, CancellationToken cancellation = default)
    {
        EngineEndpoint endpoint;
        try
        {
            endpoint = Parse(await File.ReadAllTextAsync(Path.Combine(folder, "endpoint"), cancellation));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
        var client = new ClickHouseClient(new() { Socket = () => endpoint.Socket });
        if (await client.PingAsync(cancellation)) return client;
        client.Dispose();
        return null;
    }

    internal static EngineEndpoint Parse(string json) =>
        JsonSerializer.Deserialize(json, EngineEndpointJson.Default.EngineEndpoint) ?? throw new JsonException("no endpoint");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(EngineEndpoint))]
internal sealed partial class EngineEndpointJson : JsonSerializerContext;
