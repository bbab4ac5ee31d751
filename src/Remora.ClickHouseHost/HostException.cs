namespace Remora.ClickHouseHost;

/// <summary>
/// The host cannot start or continue. The message is for the user who started it.
/// </summary>
internal sealed class HostException(string message) : Exception(message);
