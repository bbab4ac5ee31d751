using System.Text.Json.Serialization;

namespace Remora.ClickHouseHost;

/// <summary>Where a running host answers: its ready line, and the file <c>endpoint</c> in its folder.</summary>
/// <param name="Socket">Its unix socket.</param>
/// <param name="Port">Its loopback port; null without one.</param>
/// <param name="Pid">Its process.</param>
/// <param name="Version">The engine's version.</param>
/// <param name="Unconfined">What the kernel does not confine, in a sentence; null when it confines the host.</param>
internal sealed record HostEndpoint(string Socket, int? Port, int Pid, string Version, string? Unconfined);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(HostEndpoint))]
internal sealed partial class EndpointJson : JsonSerializerContext;
