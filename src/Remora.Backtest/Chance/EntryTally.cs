using Remora.Backtest.Trading;

namespace Remora.Backtest.Chance;

/// <summary>
/// Compares the ungated run's trades with a gate: how many of the losing trades the gate would have
/// blocked. Fast enough for every shift of a placebo.
/// </summary>
internal sealed class EntryTally
{
    private readonly int[] _known;
    private readonly double[] _ratio;
    private readonly bool[] _worst;
    private readonly int _losers;
    private readonly int _worstCount;

    public EntryTally(IReadOnlyList<BaselineTrade> trades)
    {
        _known = [.. trades.Select(t => t.Known)];
        _ratio = [.. trades.Select(t => t.ProfitRatio)];
        _losers = _ratio.Count(r => r < 0);
        _worstCount = Math.Max(trades.Count > 0 ? 1 : 0, trades.Count / 10);
        _worst = new bool[trades.Count];
        foreach (var i in Enumerable.Range(0, trades.Count).OrderBy(i => _ratio[i]).Take(_worstCount)) _worst[i] = true;
    }

    /// <summary>Compares the trades in blocked time with the others.</summary>
    /// <param name="gate">The gate.</param>
    /// <param name="timeBlocked">The share of time that the gate blocks, [0, 1].</param>
    public EntryComparison Compare<TGate>(in TGate gate, double timeBlocked) where TGate : struct, IEntryGate
    {
        var (blocked, blockedLosers, blockedWorst) = (0, 0, 0);
        var (blockedSum, allowedSum) = (0.0, 0.0);
        for (var i = 0; i < _known.Length; i++)
        {
            if (gate.At(_known[i]) > 0)
            {
                allowedSum += _ratio[i];
                continue;
            }
            blocked++;
            blockedSum += _ratio[i];
            if (_ratio[i] < 0) blockedLosers++;
            if (_worst[i]) blockedWorst++;
        }
        var total = _known.Length;
        return new(
            Share(blocked, total), Share(blockedLosers, _losers), Share(blockedWorst, _worstCount),
            Share(blockedLosers, _losers) / timeBlocked, Share(blockedWorst, _worstCount) / timeBlocked,
            100 * allowedSum / (total - blocked), 100 * blockedSum / blocked);
    }

    private static double Share(int part, int whole) => whole == 0 ? double.NaN : part / (double)whole;
}

/// <summary>A trade of the ungated run, with what a gate needs.</summary>
/// <param name="Known">Position in the series of the last candle that had closed at the
/// entry.</param>
/// <param name="ProfitRatio">The profit, a ratio.</param>
internal readonly record struct BaselineTrade(int Known, double ProfitRatio);

/// <summary>
/// The ungated run's trades, split by whether the gate blocks their entry. Shares are in [0, 1];
/// NaN when a group is empty.
/// </summary>
/// <param name="TradesBlocked">Share of the trades entered in blocked time.</param>
/// <param name="LosersBlocked">Share of the losing trades entered in blocked time.</param>
/// <param name="WorstBlocked">Share of the worst tenth of the trades entered in blocked
/// time.</param>
/// <param name="LoserLift">LosersBlocked divided by the share of time blocked (not of
/// entries).</param>
/// <param name="WorstLift">WorstBlocked divided by the share of time blocked.</param>
/// <param name="AllowedMeanPct">Mean profit of trades entered in allowed time, in percent.</param>
/// <param name="BlockedMeanPct">Mean profit of trades entered in blocked time, in percent.</param>
public readonly record struct EntryComparison(
    double TradesBlocked, double LosersBlocked, double WorstBlocked, double LoserLift, double WorstLift, double AllowedMeanPct, double BlockedMeanPct)
{
    /// <summary>
    /// Mean profit in allowed time minus mean profit in blocked time, in percentage points.
    /// </summary>
    public double EdgePct => AllowedMeanPct - BlockedMeanPct;
}
