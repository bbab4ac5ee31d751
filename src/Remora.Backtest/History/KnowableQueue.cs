using System.Diagnostics.CodeAnalysis;
using Remora.Markets;

namespace Remora.Backtest.History;

/// <summary>
/// Outside values and calendars that wait for the moment at which they became knowable. Values of
/// the same moment leave in the order of the times that they describe, then in the order in which
/// they were added.
/// </summary>
public sealed class KnowableQueue
{
    private readonly PriorityQueue<MarketEvent, (long Known, long Held, long Order)> _waiting = new();
    private long _added;

    /// <summary>Adds an outside value.</summary>
    public void Add(Observation observation) =>
        _waiting.Enqueue(
            MarketEvent.Observed(observation),
            (observation.KnowableAt.UnixMilliseconds, observation.HeldAt.UnixMilliseconds, _added++)
        );

    /// <summary>Adds a calendar.</summary>
    public void Add(EventCalendar calendar) =>
        _waiting.Enqueue(
            MarketEvent.Scheduled(calendar),
            (calendar.KnowableAt.UnixMilliseconds, long.MinValue, _added++)
        );

    /// <summary>Removes and returns the next event that was knowable at a moment.</summary>
    /// <param name="now">The moment.</param>
    /// <param name="next">The event.</param>
    /// <returns>Whether there was one.</returns>
    public bool TryTake(Instant now, [MaybeNullWhen(false)] out MarketEvent next)
    {
        next = default;
        return _waiting.TryPeek(out _, out var place)
            && place.Known <= now.UnixMilliseconds
            && _waiting.TryDequeue(out next, out _);
    }
}
