using Remora.Risk;

namespace Remora.Markets;

/// <summary>
/// Holds outside values, the measures derived from them (changes over days, liquidations relative
/// to their usual size), and the calendar.
/// </summary>
public sealed class OutsideBook
{
    private readonly Dictionary<(Signal Signal, string? Base), ObservationSeries> _series = [];
    private readonly Dictionary<string, OutsideView> _views = [];
    private EventCalendar? _calendar;

    /// <summary>
    /// Adds an observation. A later one becomes the signal's value; one of the same source for the
    /// same time replaces the previous value. Returns false and changes nothing for any other: an
    /// earlier time, another source for the same time, or an unchanged value.
    /// </summary>
    public bool Apply(Observation observation)
    {
        var key = (observation.Signal, observation.Base);
        if (!_series.TryGetValue(key, out var series))
            _series[key] = series = new(SignalTable.Of(observation.Signal).Measure);
        if (!series.Add(observation))
            return false;
        _views.Clear();
        return true;
    }

    /// <summary>Replaces the calendar.</summary>
    public void Apply(EventCalendar calendar)
    {
        _calendar = calendar;
        _views.Clear();
    }

    /// <summary>
    /// Returns the values for a base currency: its own, or the whole market's when its own are
    /// missing or expired.
    /// </summary>
    public OutsideView View(string @base)
    {
        if (_series.Count == 0 && _calendar is null)
            return OutsideView.Empty;
        // A closure here would be allocated on every call.
        return _views.TryGetValue(@base, out var view) ? view : Remember(@base);
    }

    private OutsideView Remember(string @base) =>
        _views[@base] = new(signal => Find(signal, @base), signal => Find(signal, null), _calendar);

    private OutsideValue Find(Signal signal, string? @base) =>
        _series.TryGetValue((signal, @base), out var series) ? series.Value : OutsideValue.Missing;
}
