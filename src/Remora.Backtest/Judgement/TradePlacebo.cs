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
    public static TradePlaceboResult Test(IReadOnlyList<JudgedTrade> trades, Instant from, Instant to, int shifts, ulong seed)
    {
        var circles = trades.DistinctBy(t => t.Verdicts).ToDictionary(t => t.Verdicts, t => CircleOf(t.History, from, to));
        // Only trades entered within the circle can be rotated.
        var turned = trades.Where(t => circles[t.Verdicts] is { Count: > 0 } c && t.Known >= c.First && t.Known < c.First + c.Count)
            .Select(t => (Trade: t, t.Verdicts.Blocked, Circle: circles[t.Verdicts])).ToArray();
        var candles = circles.Sum(c => (double)c.Value.Count);
        var blocked = circles.Sum(c => (double)c.Key.Blocked.AsSpan(c.Value.First, c.Value.Count).Count(true));
        var share = blocked / candles;
        var span = to - from;
        if (turned.Length == 0 || span <= 3 * Placebo.LeastShift) return new(share, Figures(trades.Select(t => (t.Trade, t.Blocked)), share), null);

        var draws = new Draws(seed);
        var real = Figures(turned.Select(t => (t.Trade.Trade, t.Trade.Blocked)), share);
        var (profits, lifts) = (new List<double>(shifts), new List<double>(shifts));
        for (var i = 0; i < shifts; i++)
        {
            var by = (Placebo.LeastShift + ((span - (2 * Placebo.LeastShift)) * draws.Unit())) / span;
            var figures = Figures(turned.Select(t => (t.Trade.Trade, t.Blocked[Turn(t.Circle, t.Trade.Known, by)])), share);
            profits.Add(figures.ProfitKept);
            if (!double.IsNaN(figures.LoserLift)) lifts.Add(figures.LoserLift);
        }
        return new(share, real, new SortedDictionary<string, PlaceboTest>(StringComparer.Ordinal)
        {
            ["profit_kept"] = PlaceboTest.Of(real.ProfitKept, profits, lessIsBetter: false),
            ["loser_lift"] = PlaceboTest.Of(real.LoserLift, lifts, lessIsBetter: false),
        });
    }

    private static int Turn(Circle circle, int known, double share)
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

    private static SkippedFigures Figures(IEnumerable<(Trade Trade, bool Blocked)> trades, double share)
    {
        var (kept, count, skipped, losers, caught) = (0.0, 0, 0, 0, 0);
        foreach (var (trade, blocked) in trades)
        {
            count++;
            if (blocked) skipped++;
            else kept += trade.Profit;
            if (trade.ProfitRatio >= 0) continue;
            losers++;
            if (blocked) caught++;
        }
        return new(count, skipped, kept, losers == 0 || share == 0 ? double.NaN : caught / (double)losers / share);
    }
}

/// <summary>A list of trades without those in unsafe time.</summary>
/// <param name="Trades">The number of trades.</param>
/// <param name="Skipped">The number of trades in unsafe time.</param>
/// <param name="ProfitKept">Profit of the other trades, in money.</param>
/// <param name="LoserLift">Share of losing trades that are skipped, divided by the share of time
/// blocked (not by the share of entries).</param>
public readonly record struct SkippedFigures(int Trades, int Skipped, double ProfitKept, double LoserLift);

/// <summary>Comparison of skipping unsafe trades with skipping at other times.</summary>
/// <param name="TimeBlocked">Share of the run's candles after which the gate blocks. With several
/// pairs or both sides, the share over all of their gates.</param>
/// <param name="Real">The figures of the real gate.</param>
/// <param name="Tests">The figures compared with their placebos; null when the run is too short to
/// rotate a gate.</param>
public sealed record TradePlaceboResult(double TimeBlocked, SkippedFigures Real, IReadOnlyDictionary<string, PlaceboTest>? Tests);
