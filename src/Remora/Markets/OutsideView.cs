namespace Remora.Markets;

/// <summary>The outside values that concern one base currency, as known at one moment: immutable, so that it may be read while new values come in.</summary>
public sealed class OutsideView
{
    private static readonly Signal[] AllSignals = Enum.GetValues<Signal>();
    private readonly OutsideValue[] _values;

    internal OutsideView(Func<Signal, OutsideValue> value)
    {
        _values = Array.ConvertAll(AllSignals, signal => value(signal));
    }

    /// <summary>Every signal there is, in order.</summary>
    public static ReadOnlySpan<Signal> Signals => AllSignals;

    /// <summary>Nothing is known.</summary>
    public static OutsideView Empty { get; } = new(_ => OutsideValue.Missing);

    /// <summary>The newest value of a signal, fresh or not.</summary>
    public OutsideValue this[Signal signal] => _values[(int)signal];

    /// <summary>What the score uses of a signal at <paramref name="now"/>: NaN when it is missing, expired, or has too short a past for its change.</summary>
    public double At(Signal signal, Instant now)
    {
        ref readonly var value = ref _values[(int)signal];
        return value.Latest is { } latest && now < latest.ExpiresAt ? value.Measure : double.NaN;
    }

    /// <summary>The raw value of a signal at <paramref name="now"/>: NaN when missing or expired.</summary>
    public double RawAt(Signal signal, Instant now) => _values[(int)signal].Latest is { } latest && now < latest.ExpiresAt ? latest.Value : double.NaN;
}

/// <summary>One signal's newest observation and what the score makes of it.</summary>
/// <param name="Latest">The observation; null while there is none.</param>
/// <param name="Measure">The value itself, or its change where the score uses that; NaN while unknown.</param>
public readonly record struct OutsideValue(Observation? Latest, double Measure)
{
    /// <summary>There is none.</summary>
    public static readonly OutsideValue Missing = new(null, double.NaN);
}
