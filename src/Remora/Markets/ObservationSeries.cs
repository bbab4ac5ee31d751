namespace Remora.Markets;

/// <summary>The recent past of one signal, as long as its measure needs it.</summary>
internal sealed class ObservationSeries(Signal signal)
{
    private static readonly TimeSpan Month = TimeSpan.FromDays(30);
    private const int LeastForPercentile = 100; // an estimate of a 99th percentile from fewer hours says nothing
    private readonly List<Observation> _past = [];

    public OutsideValue Value { get; private set; } = OutsideValue.Missing;

    public bool Add(Observation observation)
    {
        if (_past.Count > 0 && observation.HeldAt <= _past[^1].HeldAt) return false;
        var measure = signal switch
        {
            Signal.DollarIndex => Change(observation, TimeSpan.FromDays(5), ratio: true),
            Signal.OpenInterest => Change(observation, TimeSpan.FromHours(24), ratio: true),
            Signal.BtcDominance => Change(observation, TimeSpan.FromDays(7), ratio: false),
            Signal.Liquidations => AgainstPercentile(observation),
            _ => Alone(observation),
        };
        _past.Add(observation);
        Value = new(observation, measure);
        return true;
    }

    /// <summary>
    /// The change since the newest value of the same source that held at least <paramref name="span"/> before; NaN where there is none within twice the span.
    /// Two exchanges' open interest, or two ways to count a market's value, differ by more than either moves.
    /// </summary>
    private double Change(Observation now, TimeSpan span, bool ratio)
    {
        _past.RemoveAll(o => o.HeldAt < now.HeldAt - (2 * span)); // what is older will never be asked for
        if (_past.FindLast(o => o.HeldAt <= now.HeldAt - span && o.Source == now.Source) is not { } then) return double.NaN;
        return ratio ? (now.Value / then.Value) - 1 : now.Value - then.Value;
    }

    private double Alone(Observation now)
    {
        _past.Clear();
        return now.Value;
    }

    private double AgainstPercentile(Observation now)
    {
        _past.RemoveAll(o => o.HeldAt <= now.HeldAt - Month);
        var sorted = _past.Where(o => o.Source == now.Source).Select(o => o.Value).Order().ToArray(); // one exchange's hours say nothing of what is usual on another
        if (sorted.Length < LeastForPercentile) return double.NaN;
        var usual = sorted[(int)Math.Ceiling(0.99 * sorted.Length) - 1];
        return usual > 0 ? now.Value / usual : double.NaN;
    }
}
