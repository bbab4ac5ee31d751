using Remora.Backtest.Trading;
using Remora.Markets;

namespace Remora.Backtest.History;

/// <summary>
/// Finds gates and histories that use the future: when the tape is cut at a moment, verdicts up to
/// that moment must not change.
/// </summary>
public static class LookAhead
{
    /// <summary>
    /// Returns the first candle whose verdict differs between the whole tape and the tape cut at
    /// one of the moments; null without one.
    /// </summary>
    /// <param name="tape">The whole tape.</param>
    /// <param name="build">Builds a gate from a tape.</param>
    /// <param name="cuts">The moments at which to cut.</param>
    public static Instant? FirstLeak(Tape tape, Func<Tape, Gate> build, IEnumerable<Instant> cuts)
    {
        var whole = build(tape).Size;
        foreach (var cut in cuts)
        {
            var seen = build(tape.Until(cut)).Size;
            for (var i = 0; i < seen.Length; i++)
                if (!seen[i].Equals(whole[i]))
                    return tape.Candles[i].OpenTime;
        }
        return null;
    }
}
