using Remora.Markets;

namespace Remora.Store;

/// <summary>One request that the service has answered.</summary>
/// <param name="At">When it came.</param>
/// <param name="Route">The route's template, such as <c>/api/v1/risk</c>; never the path as it was sent.</param>
/// <param name="Pair">The tracked pair it was about; null for none or an unknown one, so that callers cannot fill the store with names.</param>
/// <param name="QueryHash">Identifies the question.</param>
/// <param name="ResultHash">Identifies the answer.</param>
/// <param name="Unchanged">Whether the caller was told that it has the answer already.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Microseconds">From the request's beginning to the end of its answer.</param>
/// <param name="Client">The name of the caller's key; null for an anonymous one.</param>
public sealed record RequestRow(
    Instant At, string Route, string? Pair, ulong QueryHash, ulong ResultHash, bool Unchanged, int Status, uint Microseconds, string? Client);
