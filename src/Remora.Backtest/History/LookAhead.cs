using Remora.Backtest.Trading;
using Remora.Markets;

namespace Remora.Backtest.History;

/// <summary>Finds gates and histories that know the future: cut the tape at a moment, and nothing up to it may change.</summary>
public static class LookAhead
{
    /// <summary>The first candle whose verdict differs between the whole tape and the tape cut at one of the moments; null when there is none.</summary>
    /// <param name="tape">The whole tape.</param>
    /// <param name="build">Makes a gate of a tape.</param>
    /// <param name="cuts">Where to cut.</param>
    public static Instant? FirstLeak(Tape tape, Func<Tape, Gate> build, IEnumerable<Instant> cuts)
    {
        var whole = build(tape).Size;
        foreach (var cut in cuts)
        {
            var seen = build(tape.Until(cut)).Size;
            for (var i = 0; i < seen.Length; i++)
                if (!seen[i].Equals(whole[i])) return tape.Candles[i].OpenTime;
        }
        return null;
    }
}
