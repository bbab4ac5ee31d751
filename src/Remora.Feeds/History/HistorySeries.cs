using Remora.Markets;

namespace Remora.Feeds.History;

/// <summary>A row of a history file.</summary>
/// <param name="Time">The time in its first column.</param>
/// <param name="Text">The whole line, without a line end.</param>
internal readonly record struct HistoryRow(Instant Time, string Text);

/// <summary>A part of a series.</summary>
/// <param name="Rows">Its rows, ascending.</param>
/// <param name="Next">Where the next page begins: after the rows, or after an empty span.</param>
internal readonly record struct HistoryPage(IReadOnlyList<HistoryRow> Rows, Instant Next);

/// <summary>A series of the past that is fetched page by page into a file of its own.</summary>
internal abstract class HistorySeries
{
    /// <summary>The name of the file, relative to the data folder.</summary>
    public required string File { get; init; }

    /// <summary>What the series contains, for messages.</summary>
    public required string Name { get; init; }

    /// <summary>Where it comes from: an exchange's id, or the name of a source.</summary>
    public required string Source { get; init; }

    /// <summary>The header line of the file.</summary>
    public abstract string Header { get; }

    /// <summary>
    /// The longest time between two rows without a gap; null if the series pauses.
    /// </summary>
    public abstract TimeSpan? Step { get; }

    /// <summary>
    /// Returns the end of the rows that are certainly final at a moment: later ones are not
    /// fetched.
    /// </summary>
    public abstract Instant SettledAt(Instant now);

    /// <summary>Returns where a page after a row begins.</summary>
    public virtual Instant After(Instant row) => row + TimeSpan.FromMilliseconds(1);

    /// <summary>Fetches the page from a moment on.</summary>
    /// <param name="from">The first time to fetch.</param>
    /// <param name="end">The end of the fetched times, exclusive.</param>
    /// <param name="last">The time of the last row before; null at the beginning.</param>
    /// <param name="cancellation">Cancels the requests.</param>
    /// <exception cref="SourceException">The request failed, or the response is
    /// invalid.</exception>
    /// <exception cref="Exchanges.ExchangeException">The same, from an exchange.</exception>
    public abstract Task<HistoryPage> PageAsync(
        Instant from,
        Instant end,
        Instant? last,
        CancellationToken cancellation
    );
}
