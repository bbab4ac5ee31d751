using Remora.Markets;

namespace Remora.Forecasts;

/// <summary>The scheduled events of a forecast. Windows of time are half-open.</summary>
public interface IForecastCalendar
{
    /// <summary>
    /// The first moment for which the calendar does not know the events of this kind; null without
    /// any events.
    /// </summary>
    Instant? KnownUntil { get; }

    /// <summary>Whether an event of a kind lies in [from, until).</summary>
    bool HasEvent(CalendarEventKind kind, Instant from, Instant until);

    /// <summary>The share of [from, until) on holidays, which are days in UTC, [0, 1].</summary>
    double HolidayShare(Instant from, Instant until);
}

/// <summary>A calendar without events.</summary>
public sealed class NoEvents : IForecastCalendar
{
    private NoEvents() { }

    /// <summary>The only instance.</summary>
    public static NoEvents Instance { get; } = new();

    /// <inheritdoc/>
    public Instant? KnownUntil => null;

    /// <inheritdoc/>
    public bool HasEvent(CalendarEventKind kind, Instant from, Instant until) => false;

    /// <inheritdoc/>
    public double HolidayShare(Instant from, Instant until) => 0;
}
