namespace Remora.Markets;

/// <summary>A dated event that moves markets, such as a central bank's decision.</summary>
/// <param name="Name">The name of the event, for people.</param>
/// <param name="At">The time of the event.</param>
/// <param name="From">The start of the event window; not after <paramref name="At"/>.</param>
/// <param name="To">The end of the event window, exclusive; after <paramref name="From"/> and not
/// before <paramref name="At"/>.</param>
public sealed record ScheduledEvent(string Name, Instant At, Instant From, Instant To)
{
    /// <summary>The usual length of the event window before an event: two hours.</summary>
    public static readonly TimeSpan UsualBefore = TimeSpan.FromHours(2);

    /// <summary>The usual length of the event window after an event: an hour.</summary>
    public static readonly TimeSpan UsualAfter = TimeSpan.FromHours(1);

    /// <summary>Creates an event with a window of the given lengths before and after it.</summary>
    public static ScheduledEvent Around(string name, Instant at, TimeSpan before, TimeSpan after) =>
        new(name, at, at - before, at + after);

    /// <summary>Whether a moment is within the event window.</summary>
    public bool IsNear(Instant now) => From <= now && now < To;
}

/// <summary>
/// All scheduled events that are known from a moment on. Immutable: a change is a new calendar that
/// replaces the previous one.
/// </summary>
/// <param name="KnowableAt">When this form of the calendar became knowable. All events are ordered
/// by it.</param>
/// <param name="Events">The events, in any order.</param>
public sealed record EventCalendar(Instant KnowableAt, IReadOnlyList<ScheduledEvent> Events)
{
    /// <summary>Whether a moment is within any event window.</summary>
    public bool HoldsAt(Instant now)
    {
        for (var i = 0; i < Events.Count; i++)
            if (Events[i].IsNear(now))
                return true;
        return false;
    }

    /// <summary>Returns the events whose windows contain a moment, the earliest first.</summary>
    public IReadOnlyList<ScheduledEvent> Near(Instant now) =>
        [
            .. Events
                .Where(e => e.IsNear(now))
                .OrderBy(e => e.At.UnixMilliseconds)
                .ThenBy(e => e.Name, StringComparer.Ordinal),
        ];
}
