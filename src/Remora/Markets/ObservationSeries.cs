namespace Remora.Markets;

/// <summary>The recent values of one signal, as far back as its measure requires.</summary>
internal sealed class ObservationSeries(Signal signal)
{
    private static readonly TimeSpan DollarSpan = TimeSpan.FromDays(5);
    private static readonly TimeSpan InterestSpan = TimeSpan.FromHours(24);
    private static readonly TimeSpan DominanceSpan = TimeSpan.FromDays(7);
    private static readonly TimeSpan Month = TimeSpan.FromDays(30);
    // An estimate of a 99th percentile from fewer hours is meaningless.
    private const int LeastForPercentile = 100;
    private readonly List<Observation> _past = [];

    public OutsideValue Value { get; private set; } = OutsideValue.Missing;

    /// <summary>
    /// Adds a later observation, or replaces the value of the same source for the same time.
    /// Returns false and changes nothing for an earlier time, for a time that another source
    /// described first, and for an unchanged value.
    /// </summary>
    public bool Add(Observation observation)
    {
        if (_past.Count > 0 && observation.HeldAt <= _past[^1].HeldAt) return Revise(observation);
        _past.RemoveAll(past => past.HeldAt < observation.HeldAt - Reach);
        _past.Add(observation);
        Value = new(observation, Measure(observation));
        return true;
    }

    /// <summary>How long a value is needed after the time it describes.</summary>
    private TimeSpan Reach => signal switch
    {
        Signal.DollarIndex => 2 * DollarSpan,
        Signal.OpenInterest => 2 * InterestSpan,
        Signal.BtcDominance => 2 * DominanceSpan,
        Signal.Liquidations => Month,
        _ => TimeSpan.Zero,
    };

    private bool Revise(Observation observation)
    {
        var index = _past.FindLastIndex(past => past.HeldAt == observation.HeldAt && past.Source == observation.Source);
        if (index < 0) return false;
        var before = _past[index];
        if (observation.KnowableAt < before.KnowableAt || observation.Value.Equals(before.Value)) return false;
        _past[index] = observation;
        Value = new(_past[^1], Measure(_past[^1]));
        return true;
    }

    private double Measure(Observation latest) => signal switch
    {
        Signal.DollarIndex => Change(latest, DollarSpan, ratio: true),
        Signal.OpenInterest => Change(latest, InterestSpan, ratio: true),
        Signal.BtcDominance => Change(latest, DominanceSpan, ratio: false),
        Signal.Liquidations => AgainstPercentile(latest),
        _ => latest.Value,
    };

    /// <summary>
    /// Returns the change since the newest value of the same source that is at least
    /// <paramref name="span"/> older; NaN without one within twice the span. Values of different
    /// sources are not compared: two exchanges' open interest, or two ways to compute a market
    /// value, differ by more than either one changes.
    /// </summary>
    private double Change(Observation now, TimeSpan span, bool ratio)
    {
        if (_past.FindLast(o => o.HeldAt <= now.HeldAt - span && o.Source == now.Source) is not { } then) return double.NaN;
        return ratio ? (now.Value / then.Value) - 1 : now.Value - then.Value;
    }

    private double AgainstPercentile(Observation now)
    {
        // Only the same source: the usual size of liquidations differs between exchanges.
        var before = _past.Where(o => o.HeldAt < now.HeldAt && o.HeldAt > now.HeldAt - Month && o.Source == now.Source);
        var sorted = before.Select(o => o.Value).Order().ToArray();
        if (sorted.Length < LeastForPercentile) return double.NaN;
        var usual = sorted[(int)Math.Ceiling(0.99 * sorted.Length) - 1];
        return usual > 0 ? now.Value / usual : double.NaN;
    }
}
