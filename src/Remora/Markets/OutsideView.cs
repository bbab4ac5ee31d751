namespace Remora.Markets;

/// <summary>
/// The outside values that concern one base currency, as known at one moment. Immutable, so it can
/// be read while new values arrive.
/// </summary>
public sealed class OutsideView
{
    private static readonly Signal[] AllSignals = Enum.GetValues<Signal>();
    private readonly OutsideValue[] _own;
    private readonly OutsideValue[] _shared;

    internal OutsideView(Func<Signal, OutsideValue> own, Func<Signal, OutsideValue> shared, EventCalendar? calendar)
    {
        _own = Array.ConvertAll(AllSignals, signal => own(signal));
        _shared = Array.ConvertAll(AllSignals, signal => shared(signal));
        Calendar = calendar;
    }

    /// <summary>All signals, in order.</summary>
    public static ReadOnlySpan<Signal> Signals => AllSignals;

    /// <summary>A view without values.</summary>
    public static OutsideView Empty { get; } = new(_ => OutsideValue.Missing, _ => OutsideValue.Missing, null);

    /// <summary>The calendar of scheduled events; null without one.</summary>
    public EventCalendar? Calendar { get; }

    /// <summary>
    /// The newest value of a signal, fresh or not: the currency's own, or the whole market's
    /// without one.
    /// </summary>
    public OutsideValue this[Signal signal] =>
        _own[(int)signal].Latest is null ? _shared[(int)signal] : _own[(int)signal];

    /// <summary>
    /// The value of a signal at <paramref name="now"/>: the currency's own value while it is fresh,
    /// then the whole market's while that is fresh. When neither is fresh, the currency's own
    /// expired value, whose time shows when values stopped.
    /// </summary>
    public OutsideValue this[Signal signal, Instant now] => Pick((int)signal, now);

    /// <summary>The newest value of a signal for the base currency alone, fresh or not.</summary>
    public OutsideValue Own(Signal signal) => _own[(int)signal];

    /// <summary>The newest value of a signal for the whole market, fresh or not.</summary>
    public OutsideValue Shared(Signal signal) => _shared[(int)signal];

    /// <summary>
    /// Returns what the score uses of a signal at <paramref name="now"/>. NaN when the value is
    /// missing, expired, or has too short a past for its change.
    /// </summary>
    public double At(Signal signal, Instant now)
    {
        ref readonly var value = ref Pick((int)signal, now);
        return value.IsFresh(now) ? value.Measure : double.NaN;
    }

    /// <summary>
    /// Returns the raw value of a signal at <paramref name="now"/>; NaN when missing or expired.
    /// </summary>
    public double RawAt(Signal signal, Instant now)
    {
        ref readonly var value = ref Pick((int)signal, now);
        return value.IsFresh(now) ? value.Latest!.Value : double.NaN;
    }

    private ref readonly OutsideValue Pick(int signal, Instant now)
    {
        ref readonly var own = ref _own[signal];
        if (own.IsFresh(now))
            return ref own;
        ref readonly var shared = ref _shared[signal];
        return ref own.Latest is null || shared.IsFresh(now) ? ref shared : ref own;
    }
}

/// <summary>One signal's newest observation and the measure that the score uses.</summary>
/// <param name="Latest">The observation; null before the first.</param>
/// <param name="Measure">The value itself, or its change when the score uses that; NaN while
/// unknown.</param>
public readonly record struct OutsideValue(Observation? Latest, double Measure)
{
    /// <summary>The value of a signal without observations.</summary>
    public static readonly OutsideValue Missing = new(null, double.NaN);

    internal bool IsFresh(Instant now) => Latest is { } latest && now < latest.ExpiresAt;
}
