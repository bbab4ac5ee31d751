using Remora.Markets;

namespace Remora.Feeds.History;

/// <summary>Finds the gaps in the times of a series.</summary>
/// <param name="step">The longest time between two rows without a gap; null if the series
/// pauses.</param>
/// <param name="from">The beginning of the requested span.</param>
internal sealed class GapCounter(TimeSpan? step, Instant from)
{
    /// <summary>The number of gaps that are listed.</summary>
    private const int MostListed = 100;

    /// <summary>The share of a step by which a row can be early or late.</summary>
    private const double Tolerance = 0.1;

    private readonly List<HistoryGap> _gaps = [];
    private Instant _expected = from;

    /// <summary>The number of missing rows; null if the series pauses.</summary>
    public long? Missing { get; private set; } = step is null ? null : 0;

    /// <summary>The number of gaps.</summary>
    public int Count { get; private set; }

    /// <summary>The longest gaps, by time.</summary>
    public IReadOnlyList<HistoryGap> Longest =>
        [.. _gaps.OrderByDescending(gap => gap.Missing).Take(MostListed).OrderBy(gap => gap.From)];

    /// <summary>Takes the time of the next row.</summary>
    public void Add(Instant row)
    {
        Close(row);
        _expected = row + (step ?? TimeSpan.Zero);
    }

    /// <summary>Takes the end of the span, or the next row, up to which rows are missing.</summary>
    public void Close(Instant until)
    {
        if (step is not { } length)
            return;
        // Settlements of funding are some milliseconds late.
        var missing = (long)Math.Floor(((until - _expected) / length) + Tolerance);
        if (missing <= 0)
            return;
        Missing += missing;
        Count++;
        _gaps.Add(new(_expected, until, missing));
        if (_gaps.Count > MostListed * 10)
            _gaps.Remove(_gaps.MinBy(gap => gap.Missing)!);
    }
}
