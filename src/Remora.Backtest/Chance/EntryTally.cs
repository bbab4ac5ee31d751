using Remora.Backtest.Trading;

namespace Remora.Backtest.Chance;

/// <summary>What the ungated run's trades and a gate have to do with each other: how many of the bad ones a gate would have met. Cheap enough for every shift of a placebo.</summary>
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
    /// <param name="timeBlocked">The share of time it blocks.</param>
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

/// <summary>A trade of the ungated run, as far as a gate is concerned.</summary>
/// <param name="Known">Position in the series of the last candle that had closed at its entry.</param>
/// <param name="ProfitRatio">Its profit, a ratio.</param>
internal readonly record struct BaselineTrade(int Known, double ProfitRatio);

/// <summary>The ungated run's trades, divided by whether the gate was open at their entry. Shares are in [0, 1]; NaN where there is nothing to divide.</summary>
/// <param name="TradesBlocked">Share of the trades entered in blocked time.</param>
/// <param name="LosersBlocked">The same of losing trades.</param>
/// <param name="WorstBlocked">The same of the worst tenth.</param>
/// <param name="LoserLift">LosersBlocked / share of time blocked (not of entries).</param>
/// <param name="WorstLift">WorstBlocked / share of time blocked.</param>
/// <param name="AllowedMeanPct">Mean profit of trades entered in allowed time, in percent.</param>
/// <param name="BlockedMeanPct">The same of blocked time.</param>
public readonly record struct EntryComparison(
    double TradesBlocked, double LosersBlocked, double WorstBlocked, double LoserLift, double WorstLift, double AllowedMeanPct, double BlockedMeanPct)
{
    /// <summary>How much better, in percentage points, a trade did in allowed time than in blocked time.</summary>
    public double EdgePct => AllowedMeanPct - BlockedMeanPct;
}
