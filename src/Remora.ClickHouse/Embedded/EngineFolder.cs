using System.Text.Json;
using System.Text.Json.Serialization;

namespace Remora.ClickHouse.Embedded;

/// <summary>Reads the files that a host writes to its folder.</summary>
public static class EngineFolder
{
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Returns a client of the host that has the folder open; null if none responds.
    /// </summary>
    public static async Task<ClickHouseClient?> TryConnectAsync(
        string folder,
        CancellationToken cancellation = default
    ) => await IsOpenAsync(folder, cancellation) ? new(OptionsOf(folder)) : null;

    /// <summary>Returns whether a host has the folder open and responds.</summary>
    public static async Task<bool> IsOpenAsync(string folder, CancellationToken cancellation = default)
    {
        if (!HasEndpoint(folder))
            return false;
        using var client = new ClickHouseClient(OptionsOf(folder) with { Retries = 0, Timeout = PingTimeout });
        try
        {
            // With its password: after a kill, the port can be that of another engine.
            await client.ExecuteAsync("SELECT 1", cancellation: cancellation);
            return true;
        }
        catch (ClickHouseException)
        {
            return true; // it responds, for example that it is busy
        }
        catch (Exception e) when (e is ClickHouseUnavailableException or TimeoutException)
        {
            return false;
        }
    }

    /// <summary>
    /// Returns options that connect to the current host of the folder, also after a restart.
    /// </summary>
    public static ClickHouseOptions OptionsOf(string folder) => new() { Engine = () => EndpointOf(folder) };

    /// <summary>
    /// Returns whether the endpoint file exists. A host creates it at its start and deletes it at
    /// its end.
    /// </summary>
    internal static bool HasEndpoint(string folder) => File.Exists(EndpointFile(folder));

    internal static EngineEndpoint Parse(string json) =>
        JsonSerializer.Deserialize(json, EngineEndpointJson.Default.EngineEndpoint)
        ?? throw new JsonException("no endpoint");

    private static string EndpointFile(string folder) => Path.Combine(folder, "endpoint");

    private static EngineEndpoint EndpointOf(string folder)
    {
        try
        {
            return Parse(File.ReadAllText(EndpointFile(folder)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new IOException($"no engine has '{folder}' open", e);
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(EngineEndpoint))]
internal sealed partial class EngineEndpointJson : JsonSerializerContext;
