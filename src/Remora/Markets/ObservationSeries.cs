namespace Remora.Markets;

/// <summary>The recent values of one signal, as far back as its measure requires.</summary>
internal sealed class ObservationSeries(SignalMeasure measure)
{
    private readonly List<Observation> _past = [];

    public OutsideValue Value { get; private set; } = OutsideValue.Missing;

    /// <summary>
    /// Adds a later observation, or replaces the value of the same source for the same time.
    /// Returns false and changes nothing for an earlier time, for a time that another source
    /// described first, and for an unchanged value.
    /// </summary>
    public bool Add(Observation observation)
    {
        if (_past.Count > 0 && observation.HeldAt <= _past[^1].HeldAt)
            return Revise(observation);
        _past.RemoveAll(past => past.HeldAt < observation.HeldAt - measure.Reach);
        _past.Add(observation);
        Value = new(observation, measure.Of(_past, observation));
        return true;
    }

    private bool Revise(Observation observation)
    {
        var index = _past.FindLastIndex(past => past.HeldAt == observation.HeldAt && past.Source == observation.Source);
        if (index < 0)
            return false;
        var before = _past[index];
        if (observation.KnowableAt < before.KnowableAt || observation.Value.Equals(before.Value))
            return false;
        _past[index] = observation;
        Value = new(_past[^1], measure.Of(_past, _past[^1]));
        return true;
    }
}
