using System.Text.Json.Serialization;

namespace Remora.ClickHouseHost;

/// <summary>
/// The endpoint of a running host: its ready line, and the file <c>endpoint</c> in its folder.
/// </summary>
/// <param name="Socket">The unix socket.</param>
/// <param name="Port">The loopback port; null for none.</param>
/// <param name="Pid">The process id.</param>
/// <param name="Version">The version of ClickHouse.</param>
/// <param name="Unconfined">
/// What the kernel does not confine, in one sentence; null if the host is fully confined.
/// </param>
internal sealed record HostEndpoint(string Socket, int? Port, int Pid, string Version, string? Unconfined);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(HostEndpoint))]
internal sealed partial class EndpointJson : JsonSerializerContext;
