using System.Numerics;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Regimes;

/// <summary>
/// Tracks the regime with hysteresis. A change requires several closed candles in agreement; panic
/// and the first known regime apply at once. A change to unknown follows the same rule, so a regime
/// that is based on volatility alone ends when volatility becomes unknown.
/// </summary>
public sealed class RegimeTracker(RegimeRules rules)
{
    /// <summary>The number of candles that <see cref="RegimeState.Agreement"/> covers.</summary>
    public const int AgreementCandles = 12;

    private const ulong Ones = 0x0000_1111_1111_1111; // one bit in each of twelve nibbles
    private ulong _recent; // the last twelve regimes, one nibble each; 0 is unknown
    private Regime? _candidate;
    private int _agreed;

    /// <summary>The current regime.</summary>
    public RegimeState State { get; private set; } = RegimeState.Unknown;

    /// <summary>
    /// Adds the classification of the candle that closed at <paramref name="closeTime"/>; null is
    /// unknown.
    /// </summary>
    public RegimeState Update(Regime? raw, Instant closeTime)
    {
        var (current, since) = (State.Regime, State.Since);
        _agreed = raw == _candidate ? _agreed + 1 : 1;
        _candidate = raw;
        if (raw != current && (current is null || raw == Regime.Panic || _agreed >= rules.ConfirmCandles))
            (current, since) = (raw, raw is null ? null : closeTime);

        var code = current is null ? 0ul : (ulong)current.Value + 1;
        _recent = ((_recent << 4) | code) & (Ones * 0xF);
        return State = new(
            current,
            since,
            current is null ? double.NaN : Same(_recent, code) / (double)AgreementCandles
        );
    }

    /// <summary>
    /// Adds the readings after a candle. Before warm-up, at the start or after a long gap, it
    /// resets.
    /// </summary>
    internal void Update(MarketReadings market)
    {
        if (double.IsNaN(market.Volatility))
            Reset();
        else
            Update(RegimeClassifier.Classify(market, rules), market.AsOf!.Value);
    }

    /// <summary>Resets to the initial state.</summary>
    public void Reset()
    {
        _recent = 0;
        _candidate = null;
        _agreed = 0;
        State = RegimeState.Unknown;
    }

    /// <summary>
    /// Counts the nibbles of <paramref name="recent"/> that equal <paramref name="code"/>.
    /// </summary>
    private static int Same(ulong recent, ulong code)
    {
        var different = recent ^ (Ones * code);
        var any = different | (different >> 1) | (different >> 2) | (different >> 3);
        return AgreementCandles - BitOperations.PopCount(any & Ones);
    }
}

/// <summary>A regime, its start, and how stable it is.</summary>
/// <param name="Regime">The regime; null while unknown.</param>
/// <param name="Since">Close of the candle that started it; null while unknown.</param>
/// <param name="Agreement">Share of the last 12 candles in this regime, (0, 1]; NaN while
/// unknown.</param>
public readonly record struct RegimeState(Regime? Regime, Instant? Since, double Agreement)
{
    /// <summary>The state before the first known regime.</summary>
    public static readonly RegimeState Unknown = new(null, null, double.NaN);
}
