namespace Remora.ClickHouseHost;

/// <summary>The host cannot start or go on; the message is for the person who started it.</summary>
internal sealed class HostException(string message) : Exception(message);
