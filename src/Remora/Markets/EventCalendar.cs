namespace Remora.Markets;

/// <summary>Something with a date that moves markets, such as a central bank's decision.</summary>
/// <param name="Name">What it is, for people.</param>
/// <param name="At">When it happens.</param>
/// <param name="From">From when on it is to be minded; not after <paramref name="At"/>.</param>
/// <param name="To">The first moment at which it no longer is; after <paramref name="From"/> and not before <paramref name="At"/>.</param>
public sealed record ScheduledEvent(string Name, Instant At, Instant From, Instant To)
{
    /// <summary>An event that is to be minded for some time before and after it.</summary>
    public static ScheduledEvent Around(string name, Instant at, TimeSpan before, TimeSpan after) => new(name, at, at - before, at + after);

    /// <summary>Whether it is to be minded.</summary>
    public bool IsNear(Instant now) => From <= now && now < To;
}

/// <summary>All scheduled events that were known from a moment on. Immutable: a change is a new calendar, which takes the place of the one before.</summary>
/// <param name="KnowableAt">When it was first known in this form; events are ordered by this.</param>
/// <param name="Events">The events, in any order.</param>
public sealed record EventCalendar(Instant KnowableAt, IReadOnlyList<ScheduledEvent> Events)
{
    /// <summary>Whether an event is near.</summary>
    public bool HoldsAt(Instant now)
    {
        for (var i = 0; i < Events.Count; i++)
            if (Events[i].IsNear(now)) return true;
        return false;
    }

    /// <summary>The events that are near, the earliest first.</summary>
    public IReadOnlyList<ScheduledEvent> Near(Instant now) =>
        [.. Events.Where(e => e.IsNear(now)).OrderBy(e => e.At.UnixMilliseconds).ThenBy(e => e.Name, StringComparer.Ordinal)];
}
