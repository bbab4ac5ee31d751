using Remora.Markets;

namespace Remora.Feeds.History;

/// <summary>The result of a fetch.</summary>
/// <param name="Files">Each requested series, in order.</param>
public sealed record HistoryReport(IReadOnlyList<HistoryOutcome> Files)
{
    /// <summary>The series that failed.</summary>
    public IEnumerable<HistoryOutcome> Failures => Files.Where(file => file.State == HistoryState.Failed);
}

/// <summary>The result of one series.</summary>
/// <param name="File">The file, relative to the folder.</param>
/// <param name="Series">What it contains.</param>
/// <param name="Source">Where it comes from.</param>
/// <param name="State">What happened.</param>
/// <param name="Added">The number of rows that were added.</param>
/// <param name="Problem">Why the file was not fetched; null if it was.</param>
/// <param name="Error">The kind of error in one word, for example <c>restricted</c>; null without
/// one.</param>
/// <param name="Entry">The description of the file; null if it was not fetched.</param>
public sealed record HistoryOutcome(
    string File,
    string Series,
    string Source,
    HistoryState State,
    long Added,
    string? Problem,
    string? Error,
    HistoryEntry? Entry
);

/// <summary>What happened to a series.</summary>
public enum HistoryState
{
    /// <summary>The file has the whole span now.</summary>
    Fetched,

    /// <summary>The file had the whole span before.</summary>
    Complete,

    /// <summary>A file of this name exists that was not fetched. It was not changed.</summary>
    Kept,

    /// <summary>The source has no such history.</summary>
    Unavailable,

    /// <summary>The fetch failed. What was received is kept and continued by the next
    /// fetch.</summary>
    Failed,
}

/// <summary>The progress of a fetch.</summary>
/// <param name="Series">The series that is fetched.</param>
/// <param name="Ratio">The share of its span that is done, [0, 1].</param>
/// <param name="Rows">The number of rows so far.</param>
/// <param name="At">The time up to which they are fetched.</param>
/// <param name="Waiting">The failure after which a request is repeated, and when; null
/// otherwise.</param>
public readonly record struct HistoryProgress(string Series, double Ratio, long Rows, Instant At, string? Waiting);
