using Remora.ClickHouse;

namespace Remora.Store;

/// <summary>
/// Classifies failures of a store in another process: unreachable, refused or timed out.
/// </summary>
public static class StoreFault
{
    private const string FullDisk = "No space left on device",
        TooManyFiles = "Too many open files";

    // Checksum mismatch, truncated file, or unexpected content.
    internal static readonly IReadOnlyList<int> OfDamage = [32, 33, 40, 74, 107, 226, 228, 246, 271, 432];

    /// <summary>The text in the engine's errors about a part of a table.</summary>
    internal const string InPart = "while reading from part ";

    /// <summary>
    /// Returns whether an exception is such a failure. Cancellation by the caller is not.
    /// </summary>
    public static bool Is(Exception exception, CancellationToken cancellation) =>
        exception switch
        {
            ClickHouseException or ClickHouseUnavailableException or TimeoutException or StoreException => true,
            OperationCanceledException => !cancellation.IsCancellationRequested,
            _ => false,
        };

    /// <summary>
    /// Returns whether a query failed because a file of the store is damaged or missing.
    /// </summary>
    public static bool IsDamage(Exception exception) =>
        exception is ClickHouseException { Code: var code }
        && OfDamage.Contains(code)
        && exception.Message.Contains(InPart, StringComparison.Ordinal);

    /// <summary>Returns the cause and, for known errors, advice.</summary>
    public static string Describe(Exception exception) =>
        exception switch
        {
            _ when IsDamage(exception) =>
                "a file of the store is damaged; see /api/v1/store for the file and the remedy",
            ClickHouseException { Name: "NOT_ENOUGH_SPACE" } =>
                $"the store's disk is full: free some space ({exception.Message})",
            ClickHouseException when exception.Message.Contains(FullDisk, StringComparison.Ordinal) =>
                $"the store's disk is full: free some space ({exception.Message})",
            ClickHouseException when exception.Message.Contains(TooManyFiles, StringComparison.Ordinal) =>
                $"the store has too many files open: raise the limit (LimitNOFILE in the systemd unit, or 'ulimit "
                    + $"-n') ({exception.Message})",
            _ => exception.Message,
        };
}
