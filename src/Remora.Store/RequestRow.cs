using Remora.Markets;

namespace Remora.Store;

/// <summary>One request that the service answered.</summary>
/// <param name="At">The time of the request.</param>
/// <param name="Route">
/// The route template, for example <c>/api/v1/risk</c>; never the requested path.
/// </param>
/// <param name="Pair">
/// The requested tracked pair; null for none or an unknown one, so that callers cannot fill the
/// store with names.
/// </param>
/// <param name="QueryHash">The hash of the query.</param>
/// <param name="ResultHash">The hash of the response.</param>
/// <param name="Unchanged">Whether the response was 304: the caller has it already.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Microseconds">
/// The time from the start of the request to the end of its response, in microseconds.
/// </param>
/// <param name="Client">The name of the caller's key; null for an anonymous caller.</param>
public readonly record struct RequestRow(
    Instant At,
    string Route,
    string? Pair,
    ulong QueryHash,
    ulong ResultHash,
    bool Unchanged,
    int Status,
    uint Microseconds,
    string? Client
);
