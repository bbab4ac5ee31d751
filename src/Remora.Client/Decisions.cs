namespace Remora.Client;

/// <summary>An entry that a bot wanted, with the rules that would have closed it.</summary>
/// <param name="Id">1 to 64 letters, digits, or any of <c>._:-</c>. A known id changes
/// nothing.</param>
/// <param name="Bot">The name of the bot.</param>
/// <param name="Pair">A pair such as <c>BTC/USDT</c>.</param>
/// <param name="At">When the bot wanted to enter.</param>
/// <param name="Verdict"><c>allowed</c>, <c>refused</c> or <c>locked</c>.</param>
public sealed record Decision(string Id, string Bot, string Pair, DateTimeOffset At, string Verdict)
{
    /// <summary>The name of the strategy.</summary>
    public string? Strategy { get; init; }

    /// <summary>The CCXT id of the exchange; null for the first one with the pair.</summary>
    public string? Exchange { get; init; }

    /// <summary><c>long</c> or <c>short</c>; null is long.</summary>
    public string? Side { get; init; }

    /// <summary>The reasons that blocked it.</summary>
    public IReadOnlyList<string>? BlockedBy { get; init; }

    /// <summary>The price that the bot saw.</summary>
    public double? Price { get; init; }

    /// <summary>The stake in money.</summary>
    public double? Stake { get; init; }

    /// <summary>The leverage; null is 1.</summary>
    public double? Leverage { get; init; }

    /// <summary>The fee on each side, a ratio; null is 0.001.</summary>
    public double? Fee { get; init; }

    /// <summary>The entry tag.</summary>
    public string? Tag { get; init; }

    /// <summary>The loss at which the bot closes it, a ratio of the stake below 0.</summary>
    public double? StopLoss { get; init; }

    /// <summary>The profits at which the bot closes it, by its age; ascending.</summary>
    public IReadOnlyList<DecisionTarget>? Roi { get; init; }
}

/// <summary>The profit at which a bot closes a trade from an age on.</summary>
/// <param name="Minutes">The age of the trade.</param>
/// <param name="Profit">The profit, a ratio of the stake.</param>
public sealed record DecisionTarget(double Minutes, double Profit);

/// <summary>The receipt of reported entries, which are stored.</summary>
/// <param name="Stored">The number of new ones.</param>
/// <param name="Known">The number of those whose id was known.</param>
public sealed record DecisionReceipt(int Stored, int Known);

/// <summary>The entries of a span, and what became of them.</summary>
public sealed record DecisionLedger
{
    /// <summary>The result in words.</summary>
    public required string Sentence { get; init; }

    /// <summary>Whether all entries of the span count.</summary>
    public bool IsComplete { get; init; }

    /// <summary>What the refused entries saved and missed.</summary>
    public required DecisionSummary Summary { get; init; }

    /// <summary>The newest entries.</summary>
    public required IReadOnlyList<FollowedDecision> Decisions { get; init; }
}

/// <summary>What refused entries saved and missed; ratios of one stake after fees.</summary>
public sealed record DecisionSummary
{
    /// <summary>The refused entries.</summary>
    public required DecisionGroup Refused { get; init; }

    /// <summary>The allowed entries, followed by the same rules.</summary>
    public required DecisionGroup Allowed { get; init; }

    /// <summary>Refused entries that do not count: an earlier one would still have been
    /// open.</summary>
    public int Overlapping { get; init; }

    /// <summary>The losses of refused entries that would have lost.</summary>
    public double Saved { get; init; }

    /// <summary>The profits of refused entries that would have won.</summary>
    public double Missed { get; init; }
}

/// <summary>Entries of one verdict.</summary>
/// <param name="Entries">The number of entries.</param>
/// <param name="Ended">The number of those whose end is known.</param>
/// <param name="Open">The number of those that are still open.</param>
/// <param name="Losers">The number of those that ended with a loss.</param>
/// <param name="MeanProfit">The mean profit of the ended ones; null without one.</param>
/// <param name="Horizons">The mean profit after <c>1h</c>, <c>4h</c> and <c>24h</c>; null while
/// unknown.</param>
public sealed record DecisionGroup(
    int Entries,
    int Ended,
    int Open,
    int Losers,
    double? MeanProfit,
    IReadOnlyDictionary<string, double?> Horizons
);

/// <summary>An entry and what became of it.</summary>
/// <param name="Report">The entry.</param>
/// <param name="Outcome">What became of it, or would have become of it.</param>
public sealed record FollowedDecision(Decision Report, DecisionOutcome Outcome);

/// <summary>What became of an entry; profits are ratios of the stake after fees.</summary>
public sealed record DecisionOutcome
{
    /// <summary><c>unknown</c>, <c>open</c>, <c>ended</c>, <c>time_limit</c> or
    /// <c>no_exit</c>.</summary>
    public required string State { get; init; }

    /// <summary>When it was entered: the open of the next candle.</summary>
    public DateTimeOffset? EnteredAt { get; init; }

    /// <summary>The price of that open.</summary>
    public double? EntryPrice { get; init; }

    /// <summary>The profit after <c>1h</c>, <c>4h</c> and <c>24h</c>; null while unknown.</summary>
    public required IReadOnlyDictionary<string, double?> Horizons { get; init; }

    /// <summary>When stop or target was reached.</summary>
    public DateTimeOffset? ExitedAt { get; init; }

    /// <summary>The price of the exit.</summary>
    public double? ExitPrice { get; init; }

    /// <summary><c>stop_loss</c>, <c>roi</c> or <c>liquidation</c>; null while open.</summary>
    public string? ExitReason { get; init; }

    /// <summary>The profit at the exit.</summary>
    public double? Profit { get; init; }

    /// <summary>The number of candles that are missing until the exit.</summary>
    public int MissingCandles { get; init; }
}

/// <summary>The body of a report.</summary>
internal sealed record DecisionReports(IReadOnlyList<Decision> Decisions);
