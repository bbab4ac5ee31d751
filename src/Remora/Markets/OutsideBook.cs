namespace Remora.Markets;

/// <summary>Remembers outside values and what is made of them (changes over days, liquidations against their usual size), and the calendar.</summary>
public sealed class OutsideBook
{
    private readonly Dictionary<(Signal Signal, string? Base), ObservationSeries> _series = [];
    private readonly Dictionary<string, OutsideView> _views = [];
    private EventCalendar? _calendar;

    /// <summary>
    /// Takes an observation: a later one becomes the signal's value, and one of the same source for the same time replaces what the source gave before.
    /// Returns false, and changes nothing, for any other: an earlier time, another source for the same time, or the same value again.
    /// </summary>
    public bool Apply(Observation observation)
    {
        var key = (observation.Signal, observation.Base);
        if (!_series.TryGetValue(key, out var series)) _series[key] = series = new(observation.Signal);
        if (!series.Add(observation)) return false;
        _views.Clear();
        return true;
    }

    /// <summary>Takes a calendar in place of the one before.</summary>
    public void Apply(EventCalendar calendar)
    {
        _calendar = calendar;
        _views.Clear();
    }

    /// <summary>What is known for a base currency: its own values, and the whole market's where it has none or they have expired.</summary>
    public OutsideView View(string @base)
    {
        if (_series.Count == 0 && _calendar is null) return OutsideView.Empty;
        return _views.TryGetValue(@base, out var view) ? view : Remember(@base); // a closure here would be allocated on every call
    }

    private OutsideView Remember(string @base) => _views[@base] = new(signal => Find(signal, @base), signal => Find(signal, null), _calendar);

    private OutsideValue Find(Signal signal, string? @base) => _series.TryGetValue((signal, @base), out var series) ? series.Value : OutsideValue.Missing;
}
