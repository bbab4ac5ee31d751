using Remora.Markets;

namespace Remora.Feeds.Calendar;

/// <summary>
/// The calendar of forecasts of a service: the shipped dates, then those of the agency, then those
/// of the user's file. Thread-safe.
/// </summary>
public sealed class ForecastDates
{
    private readonly ForecastCalendar _shipped;
    private readonly Lock _lock = new();
    private BlsSchedule? _agency;
    private ForecastCalendar? _own;
    private volatile ForecastCalendar _current;

    /// <param name="shipped">The shipped dates.</param>
    public ForecastDates(ForecastCalendar shipped) => _shipped = _current = shipped;

    /// <summary>The calendar in use.</summary>
    public ForecastCalendar Current => _current;

    /// <summary>Whether a feed reads the dates of the agency.</summary>
    public bool IsRefreshed { get; set; }

    /// <summary>
    /// Sets the dates of the agency. They replace the shipped ones of their kinds from the moment
    /// at which they were read, or from the first of them if that is earlier.
    /// </summary>
    public void SetAgency(BlsSchedule schedule)
    {
        lock (_lock)
        {
            _agency = schedule;
            Combine();
        }
    }

    /// <summary>Sets the dates of the user's file; null for none.</summary>
    public void SetOwn(ForecastCalendar? dates)
    {
        lock (_lock)
        {
            if (dates is null && _own is null)
                return;
            _own = dates;
            Combine();
        }
    }

    /// <summary>Returns until when dates are known, and what to do where they are not.</summary>
    /// <param name="now">The present.</param>
    /// <param name="file">The user's calendar file, to name in advice.</param>
    public ForecastDatesHealth HealthAt(Instant now, string file)
    {
        var dates = Current;
        var missing = ForecastCalendar
            .KindsOfForecasts.Where(kind => !dates.Covers(kind, now + TimeSpan.FromMilliseconds(1)))
            .Select(RemoraJson.NameOf)
            .ToList();
        var refresh = IsRefreshed ? "" : "set contact_email, so that the service reads cpi and nfp daily, or ";
        return new(
            dates.AllKnownUntil,
            dates.KnownUntil,
            missing.Count == 0
                ? null
                : $"the calendar of forecasts has run out of dates of {string.Join(", ", missing)}: forecasts count no "
                    + $"such event. Install a newer version, {refresh}add the dates to {file} with the line "
                    + $"'# known until: KIND DATE'"
        );
    }

    private void Combine()
    {
        var dates = _shipped;
        if (_agency is { } agency)
            dates = dates.With(agency.Content.ForForecasts(agency.ReadAt), agency.ReadAt);
        _current = _own is null ? dates : dates.With(_own);
    }
}

/// <summary>Until when a service knows the dates that forecasts use.</summary>
/// <param name="KnownUntil">The last day (UTC) for which the dates of all kinds are known; null if
/// it is unknown for one of them.</param>
/// <param name="Kinds">The same for each kind.</param>
/// <param name="Problem">Which dates have run out, and what to do; null if none.</param>
public sealed record ForecastDatesHealth(
    DateOnly? KnownUntil,
    IReadOnlyDictionary<CalendarEventKind, DateOnly> Kinds,
    string? Problem
);
