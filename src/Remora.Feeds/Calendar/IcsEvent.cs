using System.Text;
using Remora.Csv;
using Remora.Markets;

namespace Remora.Feeds.Calendar;

/// <summary>A VEVENT of an iCalendar file.</summary>
internal sealed class IcsEvent
{
    /// <summary>Why a cancelled event is left out.</summary>
    public const string IsCancelled = "it is cancelled";

    private const string LaterOnes = "a change of all later dates (RANGE=THISANDFUTURE) is not supported";

    private readonly Dictionary<string, List<IcsProperty>> _properties = [];

    /// <summary>The name: one line; empty if the event has no summary.</summary>
    public string Name => CalendarCsv.NameOf(One("SUMMARY") is { } summary ? Unescape(summary.Value) : "");

    /// <summary>The start as it is in the file; null if there is none.</summary>
    public string? Start => One("DTSTART")?.Value;

    /// <summary>The identifier that a repeating event and its changed occurrences share.</summary>
    public string? Uid => One("UID")?.Value;

    /// <summary>The occurrence that this event replaces; null if it replaces none.</summary>
    public IcsProperty? Replaces => One("RECURRENCE-ID");

    /// <summary>Whether the event repeats.</summary>
    public bool Repeats => Has("RRULE") || Has("RDATE");

    /// <summary>Adds a property of the event.</summary>
    public void Add(IcsProperty property)
    {
        if (_properties.TryGetValue(property.Name, out var same))
            same.Add(property);
        else
            _properties.Add(property.Name, [property]);
    }

    /// <summary>
    /// Returns the start of the event, or those of its occurrences in a span, ascending.
    /// </summary>
    /// <param name="span">The span of occurrences and the time of whole days.</param>
    /// <param name="changes">The events that replace occurrences of this one.</param>
    /// <exception cref="FormatException">The event cannot be used; the message states
    /// why.</exception>
    public IReadOnlyList<Instant> Starts(IcsOptions span, IReadOnlyList<IcsEvent> changes)
    {
        if (Name.Length == 0)
            throw new FormatException("it has no summary");
        var property = One("DTSTART") ?? throw new FormatException("it has no start");
        var start = IcsTime.Parse(property.Value, property, span.Floating);
        if (One("STATUS") is { } status && status.Value.Equals("CANCELLED", StringComparison.OrdinalIgnoreCase))
            throw new FormatException(IsCancelled);
        if (Replaces is not null && ChangesLaterOnes)
            throw new FormatException(LaterOnes);
        var first = start.At(start.Local, span.AllDayAt);
        if (Replaces is not null)
            return span.Has(first) ? [first] : [];
        if (!Repeats)
            return [first];
        if (changes.Any(change => change.ChangesLaterOnes))
            throw new FormatException(LaterOnes);
        var starts = Occurrences(start, span, changes);
        return starts.Count > 0
            ? starts
            : throw new FormatException($"it has no date from {span.From} to {span.Until}");
    }

    private bool ChangesLaterOnes => Replaces?.Parameters.ContainsKey("RANGE") == true;

    private List<Instant> Occurrences(IcsTime start, IcsOptions span, IReadOnlyList<IcsEvent> changes)
    {
        if (Has("EXRULE"))
            throw new FormatException("EXRULE is not supported: use EXDATE");
        if (All("RRULE").Skip(1).Any())
            throw new FormatException("it has more than one RRULE");
        // A day more, because local times are up to 14 hours from UTC.
        var last = span.Until.ToDateTimeOffset().DateTime.AddDays(1);
        var local = One("RRULE") is { } rule ? RecurrenceRule.Parse(rule, start).Expand(last) : [start.Local];
        var times = local.Select(time => (Day: time.Date, At: start.At(time, span.AllDayAt))).ToList();
        foreach (var added in All("RDATE").SelectMany(property => Times(property, start)))
        {
            var of = added.IsDay ? start : added; // a date is at the time of day of the start
            var time = added.IsDay ? added.Local.Date + start.Local.TimeOfDay : added.Local;
            times.Add((time.Date, of.At(time, span.AllDayAt)));
        }
        var (days, moments) = (new HashSet<DateTime>(), new HashSet<Instant>());
        var without = All("EXDATE").Concat(changes.Select(change => change.Replaces!));
        foreach (var removed in without.SelectMany(property => Times(property, start)))
            if (removed.IsDay || start.IsDay)
                days.Add(removed.Local.Date);
            else
                moments.Add(removed.At(removed.Local, null));
        return
        [
            .. times
                .Where(time => span.Has(time.At) && !days.Contains(time.Day) && !moments.Contains(time.At))
                .Select(time => time.At)
                .Distinct()
                .OrderBy(at => at.UnixMilliseconds),
        ];
    }

    /// <summary>Returns the values of a property; of a period, its start.</summary>
    private static IEnumerable<IcsTime> Times(IcsProperty property, IcsTime start) =>
        property.Value.Split(',').Select(value => IcsTime.Parse(value.Trim().Split('/')[0], property, start.Zone));

    private bool Has(string name) => _properties.ContainsKey(name);

    private IReadOnlyList<IcsProperty> All(string name) => _properties.TryGetValue(name, out var all) ? all : [];

    private IcsProperty? One(string name) => _properties.TryGetValue(name, out var all) ? all[0] : null;

    private static string Unescape(string text)
    {
        var plain = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || i + 1 == text.Length)
                plain.Append(text[i]);
            else
                plain.Append(text[++i] is 'n' or 'N' ? ' ' : text[i]);
        }
        return plain.ToString();
    }
}
