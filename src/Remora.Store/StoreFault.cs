using Remora.ClickHouse;

namespace Remora.Store;

/// <summary>What may become of a question to a store that is a process of its own: it is away, refuses, or takes too long.</summary>
public static class StoreFault
{
    private const string FullDisk = "No space left on device", TooManyFiles = "Too many open files";

    // A checksum that does not match, a file that is shorter than it must be, or that holds something else.
    internal static readonly IReadOnlyList<int> OfDamage = [32, 33, 40, 74, 107, 226, 228, 246, 271, 432];

    /// <summary>What the engine says of errors that it met in a part of a table.</summary>
    internal const string InPart = "while reading from part ";

    /// <summary>Whether this is one; what the caller gave up itself is not.</summary>
    public static bool Is(Exception exception, CancellationToken cancellation) => exception switch
    {
        ClickHouseException or ClickHouseUnavailableException or TimeoutException or StoreException => true,
        OperationCanceledException => !cancellation.IsCancellationRequested,
        _ => false,
    };

    /// <summary>Whether a query failed because a file of the store is damaged or missing.</summary>
    public static bool IsDamage(Exception exception) =>
        exception is ClickHouseException { Code: var code } && OfDamage.Contains(code) && exception.Message.Contains(InPart, StringComparison.Ordinal);

    /// <summary>What is wrong and, where that is known, what to do about it.</summary>
    public static string Describe(Exception exception) => exception switch
    {
        _ when IsDamage(exception) => "a file that it needs is damaged; /api/v1/store says which and what to do",
        ClickHouseException { Name: "NOT_ENOUGH_SPACE" } => $"the store's disk is full: make room on it ({exception.Message})",
        ClickHouseException when exception.Message.Contains(FullDisk, StringComparison.Ordinal) => $"the store's disk is full: make room on it ({exception.Message})",
        ClickHouseException when exception.Message.Contains(TooManyFiles, StringComparison.Ordinal) =>
            $"the store has too many files open: raise the limit (LimitNOFILE in the systemd unit, or 'ulimit -n') ({exception.Message})",
        _ => exception.Message,
    };
}
