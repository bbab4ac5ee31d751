using Remora.Backtest.Chance;
using Remora.Backtest.Trading;
using Remora.Markets;

namespace Remora.Backtest.Judgement;

/// <summary>
/// The circular-shift placebo for a fixed list of trades: the gates of all pairs and sides are
/// rotated around the run by the same time.
/// </summary>
internal static class TradePlacebo
{
    public static TradePlaceboResult Test(
        IReadOnlyList<JudgedTrade> trades,
        Instant from,
        Instant to,
        JudgeOptions options
    )
    {
        var circles = trades
            .DistinctBy(t => t.Verdicts)
            .ToDictionary(t => t.Verdicts, t => CircleOf(t.History, from, to));
        var candles = circles.Sum(c => (double)c.Value.Count);
        var share = circles.Sum(c => (double)c.Key.Blocked.AsSpan(c.Value.First, c.Value.Count).Count(true)) / candles;
        var all = Tally(trades);
        bool[] blocked = [.. trades.Select(t => t.Blocked)];
        var result = new TradePlaceboResult(share, all.Compare(blocked, share), ProfitKept(trades, blocked))
        {
            EqualCount = EntryChance.Test(all, blocked, options.Shifts, options.Seed + 1, each: true),
            Intervals = EntryChance.Intervals(all, blocked, options.Resamples, options.Seed + 2),
        };
        // Only trades entered within the circle can be rotated.
        var inside = trades
            .Where(t => circles[t.Verdicts] is { Count: > 0 } c && t.Known >= c.First && t.Known < c.First + c.Count)
            .ToArray();
        var span = to - from;
        if (inside.Length == 0 || span <= 3 * Placebo.LeastShift)
            return result;

        var tally = Tally(inside);
        var draws = new Draws(options.Seed);
        bool[] flags = [.. inside.Select(t => t.Blocked)];
        var (realProfit, realLift) = (ProfitKept(inside, flags), tally.Compare(flags, share).LoserLift);
        var (profits, lifts) = (new List<double>(options.Shifts), new List<double>(options.Shifts));
        for (var i = 0; i < options.Shifts; i++)
        {
            var by = (Placebo.LeastShift + ((span - (2 * Placebo.LeastShift)) * draws.Unit())) / span;
            for (var t = 0; t < flags.Length; t++)
                flags[t] = inside[t].Verdicts.Blocked[Rotate(circles[inside[t].Verdicts], inside[t].Known, by)];
            profits.Add(ProfitKept(inside, flags));
            if (tally.Compare(flags, share).LoserLift is var lift && !double.IsNaN(lift))
                lifts.Add(lift);
        }
        return result with
        {
            Tests = new SortedDictionary<string, PlaceboTest>(StringComparer.Ordinal)
            {
                ["profit_kept"] = PlaceboTest.Of(realProfit, profits, lessIsBetter: false),
                ["loser_lift"] = PlaceboTest.Of(realLift, lifts, lessIsBetter: false),
            },
        };
    }

    internal static EntryTally Tally(IReadOnlyList<JudgedTrade> trades) =>
        new([.. trades.Select(t => new BaselineTrade(t.Known, t.Trade.ProfitRatio, t.Trade.Profit, Excursion(t)))]);

    private static double ProfitKept(IReadOnlyList<JudgedTrade> trades, bool[] blocked)
    {
        // At equal stakes where not all are known.
        var (money, ratios) = (0.0, 0.0);
        for (var i = 0; i < blocked.Length; i++)
            if (!blocked[i])
                (money, ratios) = (money + trades[i].Trade.Profit, ratios + trades[i].Trade.ProfitRatio);
        return trades.Any(judged => double.IsNaN(judged.Trade.Profit)) ? ratios : money;
    }

    // By the candles that open while the trade is open; NaN where there is none.
    private static double Excursion(in JudgedTrade judged)
    {
        var (trade, candles) = (judged.Trade, judged.History.Tape.Candles);
        var worst = double.NaN;
        for (
            var i = CandleFrame.LowerBound(candles, trade.OpenTime);
            i < candles.Count && candles[i].OpenTime < trade.CloseTime;
            i++
        )
        {
            var move = trade.Short ? 1 - (candles[i].High / trade.OpenRate) : (candles[i].Low / trade.OpenRate) - 1;
            worst = double.IsNaN(worst) ? Math.Min(0, move) : Math.Min(worst, move);
        }
        return worst;
    }

    private static int Rotate(Circle circle, int known, double share)
    {
        var position = known - circle.First - (int)(share * circle.Count);
        return circle.First + (position < 0 ? position + circle.Count : position);
    }

    private static Circle CircleOf(History.AssessmentHistory history, Instant from, Instant to)
    {
        var timeframe = history.Tape.Market.Timeframe.Length;
        var first = CandleFrame.LowerBound(history.Tape.Candles, from - timeframe);
        return new(first, Math.Max(0, CandleFrame.LowerBound(history.Tape.Candles, to) - first));
    }
}

/// <summary>Comparison of skipping unsafe trades with skipping others.</summary>
/// <param name="TimeBlocked">Share of the run's candles after which the gate blocks. With several
/// pairs or both sides, the share over all of their gates.</param>
/// <param name="Entries">The trades, split by whether their entry is in unsafe time.</param>
/// <param name="ProfitKept">Profit of the trades entered in safe time, in money; the sum of their
/// ratios if a stake is unknown.</param>
public sealed record TradePlaceboResult(double TimeBlocked, EntryComparison Entries, double ProfitKept)
{
    /// <summary>
    /// The figures compared with gates that block as much time, but at other times; null when the
    /// run is too short to rotate a gate.
    /// </summary>
    public IReadOnlyDictionary<string, PlaceboTest>? Tests { get; init; }

    /// <summary>The figures compared with skipping as many other trades.</summary>
    public required IReadOnlyDictionary<string, PlaceboTest> EqualCount { get; init; }

    /// <summary>Bootstrap interval of each figure.</summary>
    public required IReadOnlyDictionary<string, Interval> Intervals { get; init; }
}
