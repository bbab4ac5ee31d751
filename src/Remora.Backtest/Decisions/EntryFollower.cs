using Remora.Backtest.Strategies;
using Remora.Backtest.Trading;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Backtest.Decisions;

/// <summary>
/// Follows entries on the candles of one market, by the same steps as a backtest: entry at the open
/// of the first candle after the decision, then stop and target candle by candle. Exit signals of
/// the strategy, trailing and custom stops are unknown and not followed.
/// </summary>
public sealed class EntryFollower
{
    /// <summary>The longest time that an entry is followed.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromDays(14);

    // Longer holes are missing data and not quiet markets.
    private static readonly TimeSpan LongestHole = TimeSpan.FromHours(1);

    private readonly CandleTape _tape;
    private readonly CandleFrame? _frame;
    private readonly Signals[] _none;

    /// <param name="tape">The candles, ascending, from the first decision on.</param>
    public EntryFollower(CandleTape tape)
    {
        _tape = tape;
        // A frame needs two candles, and so does an entry.
        _frame =
            tape.Candles.Count < 2
                ? null
                : CandleFrame.Cut(tape, tape.Candles[0].OpenTime, tape.Candles[^1].OpenTime, 0);
        _none = new Signals[_frame?.Rows.Length ?? 0];
    }

    private TimeSpan Step => _tape.Timeframe.Length;

    /// <summary>Returns what became of an entry, as far as the candles reach.</summary>
    public EntryOutcome Follow(WantedEntry entry)
    {
        var candles = _tape.Candles;
        var first = CandleFrame.LowerBound(candles, entry.At);
        if (_frame is null || first == candles.Count || candles[first].OpenTime - entry.At > LongestHole)
            return EntryOutcome.Unknown;
        var (opened, price) = (candles[first].OpenTime, candles[first].Open);
        var account = AccountRules.Default with { Fee = entry.Fee, AmountStep = 0 };
        var outcome = new EntryOutcome
        {
            State = EntryState.NoExit,
            EnteredAt = opened,
            EntryPrice = price,
            Horizons = Horizon.All.ToDictionary(
                horizon => horizon.Name,
                horizon => entry.Leverage * account.ProfitRatio(price, PriceAt(opened + horizon.Length), entry.Side),
                StringComparer.Ordinal
            ),
        };
        if (double.IsNegativeInfinity(entry.StopLoss) && entry.Roi.Count == 0)
            return outcome;

        var row = (int)((opened - _frame.Rows[0].OpenTime) / Step);
        var trade = new Follower(_frame, PlanOf(entry), account, _none).Follow(row);
        var last = row + (int)(Limit / Step);
        if (trade.ExitRow > last || (trade.Reason == ExitReason.Forced && trade.ExitRow == last))
            return Until(outcome, entry, row, last) with
            {
                State = EntryState.TimeLimit,
                ExitedAt = _frame.Rows[last].OpenTime,
                ExitPrice = _frame.Rows[last].Open,
                Profit = entry.Leverage * account.ProfitRatio(price, _frame.Rows[last].Open, entry.Side),
            };
        if (trade.Reason == ExitReason.Forced)
            return Until(outcome, entry, row, trade.ExitRow) with { State = EntryState.Open };
        return Until(outcome, entry, row, trade.ExitRow) with
        {
            State = EntryState.Ended,
            ExitedAt = _frame.Rows[trade.ExitRow].OpenTime,
            ExitPrice = trade.ExitPrice,
            ExitReason = trade.Reason,
            Profit = entry.Leverage * trade.ProfitRatio,
        };
    }

    // The stop and the targets of a bot are ratios of its stake; the walk is along the price.
    private StrategyPlan PlanOf(WantedEntry entry) =>
        new("refused", _tape.Timeframe, 0, () => throw new NotSupportedException("signals are not followed"))
        {
            Side = entry.Side,
            StopLoss = entry.StopLoss / entry.Leverage,
            Roi = [.. entry.Roi.Select(step => step with { Ratio = step.Ratio / entry.Leverage })],
        };

    /// <summary>Returns the last close before a moment; NaN while unknown.</summary>
    private double PriceAt(Instant moment)
    {
        var candles = _tape.Candles;
        if (candles[^1].OpenTime + Step < moment)
            return double.NaN;
        var last = candles[CandleFrame.LowerBound(candles, moment) - 1];
        return moment - (last.OpenTime + Step) > LongestHole ? double.NaN : last.Close;
    }

    private EntryOutcome Until(EntryOutcome outcome, WantedEntry entry, int entryRow, int exitRow)
    {
        var (rows, known) = (_frame!.Rows, _frame.Known);
        var (worst, missing) = (0.0, 0);
        for (var row = entryRow; row <= exitRow; row++)
        {
            var move =
                entry.Side == Side.Short
                    ? 1 - (rows[row].High / outcome.EntryPrice)
                    : (rows[row].Low / outcome.EntryPrice) - 1;
            worst = Math.Min(worst, move);
            // The row before was filled if no candle became known with it.
            if (row > entryRow && known[row] == known[row - 1])
                missing++;
        }
        return outcome with { Excursion = worst, MissingCandles = missing };
    }
}
