using System.Text.Json.Serialization;

namespace Remora.ClickHouseHost;

/// <summary>Where a running host answers: its ready line, and the file <c>endpoint</c> in its folder.</summary>
internal sealed record HostEndpoint(string Socket, int? Port, int Pid, string Version);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(HostEndpoint))]
internal sealed partial class EndpointJson : JsonSerializerContext;
