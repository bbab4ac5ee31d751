using System.Text.Json.Serialization;

namespace Remora.ClickHouseHost;

/// <summary>
/// The endpoint of a running host: its ready line, and the file <c>endpoint</c> in its folder,
/// which only the owner can read.
/// </summary>
/// <param name="Port">The loopback port of the HTTP interface.</param>
/// <param name="Pid">The process id.</param>
/// <param name="Unconfined">
/// What the kernel does not confine, in one sentence; null if the host is fully confined.
/// </param>
/// <param name="Password">The password of the user with all rights, new for each start.</param>
/// <param name="ReaderPassword">The password of the read-only user.</param>
/// <param name="NativePort">The loopback port of the native interface; null for none.</param>
internal sealed record HostEndpoint(
    int Port,
    int Pid,
    string? Unconfined,
    string Password,
    string ReaderPassword,
    int? NativePort
);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(HostEndpoint))]
internal sealed partial class EndpointJson : JsonSerializerContext;
