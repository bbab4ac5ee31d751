namespace Remora.Markets;

/// <summary>
/// The scheduled events that forecasts use, and until when they are known. Immutable; a change is a
/// new calendar. Each question is asked as of the start of its span: an event counts from the time
/// at which it was announced. The questions do not allocate.
/// </summary>
public sealed class ForecastCalendar
{
    private static readonly CalendarEventKind[] Kinds = Enum.GetValues<CalendarEventKind>();
    private static readonly long Day = (long)TimeSpan.FromDays(1).TotalMilliseconds;

    // Of each kind, ascending: the times of the events, and when each was announced.
    private readonly (long[] At, long[] Announced)[] _kinds;
    private readonly DateOnly?[] _knownUntil;

    /// <summary>Creates a calendar.</summary>
    /// <param name="events">The events, in any order. Of two of the same kind and time, the one
    /// that was announced first is kept.</param>
    /// <param name="knownUntil">Of each kind, the last day (UTC) for which all events are known;
    /// kinds for which this is unknown are absent.</param>
    /// <exception cref="ArgumentException">A holiday does not begin at 00:00 UTC.</exception>
    public ForecastCalendar(
        IEnumerable<CalendarEvent> events,
        IReadOnlyDictionary<CalendarEventKind, DateOnly> knownUntil
    )
    {
        Events =
        [
            .. events
                .OrderBy(e => e.Announced.UnixMilliseconds)
                .DistinctBy(e => (e.Kind, e.At))
                .OrderBy(e => e.At.UnixMilliseconds)
                .ThenBy(e => e.Kind),
        ];
        if (Events.FirstOrDefault(e => e.Kind == CalendarEventKind.Holiday && !IsDay(e.At)) is { } wrong)
            throw new ArgumentException($"the holiday at {wrong.At} is not at 00:00 UTC", nameof(events));
        KnownUntil = new Dictionary<CalendarEventKind, DateOnly>(knownUntil);
        if (KindsOfForecasts.All(KnownUntil.ContainsKey))
            AllKnownUntil = KindsOfForecasts.Min(kind => KnownUntil[kind]);
        _kinds = [.. Kinds.Select(Times)];
        _knownUntil = [.. Kinds.Select(kind => knownUntil.TryGetValue(kind, out var day) ? day : (DateOnly?)null)];
    }

    /// <summary>The kinds that have an effect on forecasts.</summary>
    public static IReadOnlyList<CalendarEventKind> KindsOfForecasts { get; } =
    [.. Kinds.Where(kind => kind != CalendarEventKind.Other)];

    /// <summary>A calendar without events, of which nothing is known.</summary>
    public static ForecastCalendar Empty { get; } = new([], new Dictionary<CalendarEventKind, DateOnly>());

    /// <summary>The events in ascending order.</summary>
    public IReadOnlyList<CalendarEvent> Events { get; }

    /// <summary>
    /// Of each kind, the last day (UTC) for which all events are known; kinds for which this is
    /// unknown are absent.
    /// </summary>
    public IReadOnlyDictionary<CalendarEventKind, DateOnly> KnownUntil { get; }

    /// <summary>
    /// The last day (UTC) for which the events of all kinds that have an effect on forecasts are
    /// known; null if this is unknown for one of them.
    /// </summary>
    public DateOnly? AllKnownUntil { get; }

    /// <summary>
    /// Whether an event of a kind lies in [from, until) and had been announced by
    /// <paramref name="from"/>. Of holidays, use <see cref="HolidayShare"/>.
    /// </summary>
    public bool HasEvent(CalendarEventKind kind, Instant from, Instant until)
    {
        var (at, announced) = _kinds[(int)kind];
        var start = from.UnixMilliseconds;
        var end = until.UnixMilliseconds;
        for (var i = FirstNotBefore(at, start); i < at.Length && at[i] < end; i++)
            if (announced[i] <= start)
                return true;
        return false;
    }

    /// <summary>
    /// Returns the share of [from, until), which must not be empty, that lies on holidays that had
    /// been announced by <paramref name="from"/>, [0, 1].
    /// </summary>
    public double HolidayShare(Instant from, Instant until)
    {
        var (at, announced) = _kinds[(int)CalendarEventKind.Holiday];
        var start = from.UnixMilliseconds;
        var end = until.UnixMilliseconds;
        var overlap = 0L;
        for (var i = FirstNotBefore(at, start - Day + 1); i < at.Length && at[i] < end; i++)
            if (announced[i] <= start)
                overlap += Math.Min(at[i] + Day, end) - Math.Max(at[i], start);
        return overlap / (double)(end - start);
    }

    /// <summary>Whether all events of a kind before a moment are known.</summary>
    public bool Covers(CalendarEventKind kind, Instant until) =>
        _knownUntil[(int)kind] is { } day && until <= EndOf(day);

    /// <summary>
    /// Returns this calendar with the events of another one. Of a kind for which the other one
    /// states until when it is known, it is the authority from the day of its first event to that
    /// day: this calendar's events of the kind in those days are left out. A date on which an event
    /// is in both calendars keeps its earlier announcement.
    /// </summary>
    /// <param name="other">The calendar to add.</param>
    /// <param name="from">A moment from which the other one is the authority, even if its first
    /// event is later; null for none.</param>
    public ForecastCalendar With(ForecastCalendar other, Instant? from = null)
    {
        var known = new Dictionary<CalendarEventKind, DateOnly>(KnownUntil);
        var replaced = new Dictionary<CalendarEventKind, (Instant From, Instant To)>();
        foreach (var (kind, day) in other.KnownUntil)
        {
            known[kind] = known.TryGetValue(kind, out var own) && own > day ? own : day;
            var first = other.Events.FirstOrDefault(e => e.Kind == kind)?.At.Floor(TimeSpan.FromDays(1));
            if ((from is null || first < from ? first : from) is { } start)
                replaced[kind] = (start, EndOf(day));
        }
        var same = other.Events.Select(e => (e.Kind, e.At)).ToHashSet();
        var kept = Events.Where(e =>
            same.Contains((e.Kind, e.At))
            || !replaced.TryGetValue(e.Kind, out var span)
            || e.At < span.From
            || e.At >= span.To
        );
        return new(kept.Concat(other.Events), known);
    }

    /// <summary>Returns the end of a day in UTC.</summary>
    public static Instant EndOf(DateOnly day) =>
        Instant.From(new(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero)) + TimeSpan.FromDays(1);

    private (long[], long[]) Times(CalendarEventKind kind)
    {
        var events = Events.Where(e => e.Kind == kind).ToList();
        return ([.. events.Select(e => e.At.UnixMilliseconds)], [.. events.Select(e => e.Announced.UnixMilliseconds)]);
    }

    private static bool IsDay(Instant at) => at == at.Floor(TimeSpan.FromDays(1));

    private static int FirstNotBefore(long[] ascending, long time)
    {
        var index = Array.BinarySearch(ascending, time);
        return index < 0 ? ~index : index;
    }
}
