using Remora.Backtest.Trading;

namespace Remora.Backtest.Chance;

/// <summary>
/// Compares the trades whose entry a gate blocks with the others. Fast enough for every draw of a
/// placebo and of a bootstrap.
/// </summary>
internal sealed class EntryTally
{
    private readonly BaselineTrade[] _trades;
    private readonly int[] _fromWorst; // positions, the least profit ratio first
    private readonly bool[] _worst;
    private readonly bool[] _flags; // of the gate that is compared
    private readonly int[] _ones;

    public EntryTally(IReadOnlyList<BaselineTrade> trades)
    {
        _trades = [.. trades];
        _fromWorst = [.. Enumerable.Range(0, _trades.Length).OrderBy(i => _trades[i].ProfitRatio)];
        _worst = new bool[_trades.Length];
        foreach (var i in _fromWorst.Take(Math.Max(1, _trades.Length / 10)))
            _worst[i] = true;
        _flags = new bool[_trades.Length];
        _ones = new int[_trades.Length];
        Array.Fill(_ones, 1);
    }

    /// <summary>The number of trades.</summary>
    public int Count => _trades.Length;

    /// <summary>Returns whether a gate blocks the entry of each trade.</summary>
    public bool[] Blocked<TGate>(in TGate gate)
        where TGate : struct, IEntryGate
    {
        var blocked = new bool[_trades.Length];
        Fill(gate, blocked);
        return blocked;
    }

    /// <summary>Compares the trades that a gate blocks with the others.</summary>
    /// <param name="gate">The gate.</param>
    /// <param name="timeBlocked">The share of time that the gate blocks, [0, 1].</param>
    public EntryComparison Compare<TGate>(in TGate gate, double timeBlocked)
        where TGate : struct, IEntryGate
    {
        Fill(gate, _flags);
        return Compare(_flags, timeBlocked);
    }

    /// <summary>Compares the blocked trades with the others.</summary>
    public EntryComparison Compare(ReadOnlySpan<bool> blocked, double timeBlocked) =>
        Compare(blocked, _ones, timeBlocked);

    /// <summary>Compares the blocked trades of a sample with its others.</summary>
    /// <param name="blocked">Whether each trade is blocked.</param>
    /// <param name="times">How many times each trade is in the sample.</param>
    /// <param name="timeBlocked">The share of time that the gate blocks, [0, 1].</param>
    public EntryComparison Compare(ReadOnlySpan<bool> blocked, ReadOnlySpan<int> times, double timeBlocked)
    {
        var counts = Sum(blocked, times);
        var (gone, kept) = (counts.Blocked, counts.Allowed);
        return new(
            Share(gone.Trades, counts.Trades),
            Share(gone.Losers, counts.Losers),
            Share(gone.Worst, counts.Worst),
            timeBlocked,
            kept.Mean(kept.Ratio),
            gone.Mean(gone.Ratio),
            gone.Mean(gone.Profit),
            Shortfall(blocked, times, counts.Trades, withBlocked: true),
            Shortfall(blocked, times, kept.Trades, withBlocked: false),
            kept.Mean(kept.Excursion),
            gone.Mean(gone.Excursion)
        );
    }

    /// <summary>Adds up the blocked and the allowed trades of a sample.</summary>
    public EntryCounts Sum(ReadOnlySpan<bool> blocked, ReadOnlySpan<int> times)
    {
        EntrySums gone = default,
            kept = default;
        for (var i = 0; i < _trades.Length; i++)
            if (blocked[i])
                gone.Add(_trades[i], times[i], _worst[i]);
            else
                kept.Add(_trades[i], times[i], _worst[i]);
        return new(gone, kept);
    }

    /// <summary>
    /// Returns the mean of the worst twentieth of a number of trades; NaN without trades.
    /// </summary>
    /// <param name="blocked">Whether each trade is blocked.</param>
    /// <param name="times">How many times each trade is in the sample.</param>
    /// <param name="count">The number of trades, of which a twentieth is taken.</param>
    /// <param name="withBlocked">Whether blocked trades count.</param>
    /// <param name="atMost">The largest profit ratio of the trades that count. With 0 and without
    /// the blocked trades, a blocked trade counts as one that earns nothing.</param>
    public double Shortfall(
        ReadOnlySpan<bool> blocked,
        ReadOnlySpan<int> times,
        int count,
        bool withBlocked,
        double atMost = double.PositiveInfinity
    )
    {
        if (count == 0)
            return double.NaN;
        var wanted = Math.Max(1, count / 20);
        var (left, sum) = (wanted, 0.0);
        foreach (var i in _fromWorst)
        {
            if (blocked[i] && !withBlocked)
                continue;
            if (_trades[i].ProfitRatio > atMost)
                break;
            var taken = Math.Min(left, times[i]);
            sum += taken * _trades[i].ProfitRatio;
            left -= taken;
            if (left == 0)
                break;
        }
        return sum / wanted;
    }

    private void Fill<TGate>(in TGate gate, bool[] blocked)
        where TGate : struct, IEntryGate
    {
        for (var i = 0; i < blocked.Length; i++)
            blocked[i] = gate.At(_trades[i].Known) <= 0;
    }

    private static double Share(int part, int whole) => whole == 0 ? double.NaN : part / (double)whole;
}

/// <summary>A trade of the ungated run, with what a comparison needs.</summary>
/// <param name="Known">Position in the series of the last candle that had closed at the
/// entry.</param>
/// <param name="ProfitRatio">The profit, a ratio.</param>
/// <param name="Profit">The profit in money; NaN when the stake is a share of the balance.</param>
/// <param name="Excursion">The worst price against the trade while it was open, relative to its
/// entry: a ratio of 0 or less; NaN where unknown.</param>
/// <param name="Rows">The number of rows for which it was open, at least 1.</param>
internal readonly record struct BaselineTrade(
    int Known,
    double ProfitRatio,
    double Profit,
    double Excursion,
    int Rows = 1
);

/// <summary>
/// The trades of a run without a gate, split by whether the gate blocks their entry. Shares are in
/// [0, 1] and the other figures are ratios; NaN when a group is empty.
/// </summary>
/// <param name="TradesBlocked">Share of the trades whose entry is blocked.</param>
/// <param name="LosersBlocked">Share of the losing trades whose entry is blocked.</param>
/// <param name="WorstBlocked">Share of the worst tenth of the trades whose entry is
/// blocked.</param>
/// <param name="TimeBlocked">Share of time that the gate blocks.</param>
/// <param name="AllowedMean">Mean profit of the allowed trades.</param>
/// <param name="BlockedMean">Mean profit of the blocked trades.</param>
/// <param name="BlockedMoney">Mean profit of the blocked trades in money; below 0, blocking a trade
/// saves that much. NaN when the stake is a share of the balance.</param>
/// <param name="Shortfall">Expected shortfall of all trades: the mean of the worst
/// twentieth.</param>
/// <param name="AllowedShortfall">Expected shortfall of the allowed trades.</param>
/// <param name="AllowedExcursion">Mean worst excursion of the allowed trades, 0 or less.</param>
/// <param name="BlockedExcursion">Mean worst excursion of the blocked trades, 0 or less.</param>
public readonly record struct EntryComparison(
    double TradesBlocked,
    double LosersBlocked,
    double WorstBlocked,
    double TimeBlocked,
    double AllowedMean,
    double BlockedMean,
    double BlockedMoney,
    double Shortfall,
    double AllowedShortfall,
    double AllowedExcursion,
    double BlockedExcursion
)
{
    /// <summary>
    /// <see cref="LosersBlocked"/> divided by <see cref="TradesBlocked"/>: above 1, the gate blocks
    /// losing trades more often than trades in general.
    /// </summary>
    public double LoserLift => LosersBlocked / TradesBlocked;

    /// <summary>
    /// <see cref="WorstBlocked"/> divided by <see cref="TradesBlocked"/>.
    /// </summary>
    public double WorstLift => WorstBlocked / TradesBlocked;

    /// <summary>
    /// <see cref="LosersBlocked"/> divided by <see cref="TimeBlocked"/>. It mostly measures how
    /// often the strategy trades in blocked time.
    /// </summary>
    public double LoserLiftByTime => LosersBlocked / TimeBlocked;

    /// <summary>
    /// <see cref="WorstBlocked"/> divided by <see cref="TimeBlocked"/>; see
    /// <see cref="LoserLiftByTime"/>.
    /// </summary>
    public double WorstLiftByTime => WorstBlocked / TimeBlocked;

    /// <summary>
    /// Mean profit of allowed trades minus that of blocked trades, in percentage points.
    /// </summary>
    public double EdgePct => 100 * (AllowedMean - BlockedMean);

    /// <summary>
    /// Expected shortfall of the allowed trades minus that of all trades, in percentage points;
    /// above 0, the gate makes the worst trades less bad.
    /// </summary>
    public double ShortfallGainPct => 100 * (AllowedShortfall - Shortfall);

    /// <summary>
    /// Mean worst excursion of the allowed trades minus that of the blocked trades, in percentage
    /// points; above 0, blocked trades go further against the position.
    /// </summary>
    public double ExcursionGainPct => 100 * (AllowedExcursion - BlockedExcursion);
}
