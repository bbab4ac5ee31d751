using Remora.Markets;
using Remora.Risk;

namespace Remora.Server.Api.Decisions;

/// <summary>Entries that a bot wanted.</summary>
/// <param name="Decisions">The entries, at most 100.</param>
public sealed record DecisionReports(IReadOnlyList<DecisionReport>? Decisions);

/// <summary>Whether an entry was allowed, and who refused it.</summary>
public enum EntryVerdict
{
    /// <summary>It was allowed.</summary>
    Allowed,

    /// <summary>The guard refused it.</summary>
    Refused,

    /// <summary>A lock that Remora placed in the bot refused it.</summary>
    Locked,
}

/// <summary>An entry that a bot wanted, with the rules that would have closed it.</summary>
public sealed record DecisionReport
{
    /// <summary>
    /// The id: 1 to 64 letters, digits, and any of <c>._:-</c>. A report with a known id changes
    /// nothing, so a report can be repeated.
    /// </summary>
    public string? Id { get; init; }

    /// <summary>The name of the bot, at most 64 characters.</summary>
    public string? Bot { get; init; }

    /// <summary>The name of the strategy, at most 64 characters.</summary>
    public string? Strategy { get; init; }

    /// <summary>The pair by the name of this service.</summary>
    public Pair? Pair { get; init; }

    /// <summary>
    /// The CCXT id of the exchange whose candles follow it; by default the first one on which the
    /// pair is tracked.
    /// </summary>
    public string? Exchange { get; init; }

    /// <summary>The side of the trade; long by default.</summary>
    public Side? Side { get; init; }

    /// <summary>When the bot wanted to enter.</summary>
    public Instant? At { get; init; }

    /// <summary>What became of it.</summary>
    public EntryVerdict? Verdict { get; init; }

    /// <summary>The reasons that blocked it, at most 20 names.</summary>
    public IReadOnlyList<string>? BlockedBy { get; init; }

    /// <summary>The price that the bot saw. Trades are followed from the next candle.</summary>
    public double? Price { get; init; }

    /// <summary>The stake in money.</summary>
    public double? Stake { get; init; }

    /// <summary>The leverage, 1 by default.</summary>
    public double? Leverage { get; init; }

    /// <summary>The fee on each side, a ratio; 0.001 by default.</summary>
    public double? Fee { get; init; }

    /// <summary>The entry tag, at most 255 characters.</summary>
    public string? Tag { get; init; }

    /// <summary>The loss at which the bot closes it, a ratio of the stake below 0.</summary>
    public double? StopLoss { get; init; }

    /// <summary>The profits at which the bot closes it, by its age; at most 20 steps.</summary>
    public IReadOnlyList<RoiReport>? Roi { get; init; }
}

/// <summary>A step of the table of profits at which a bot closes a trade.</summary>
/// <param name="Minutes">The age of the trade from which it applies.</param>
/// <param name="Profit">The profit, a ratio of the stake.</param>
public sealed record RoiReport(double? Minutes, double? Profit);

/// <summary>The receipt of reports: they are stored.</summary>
/// <param name="Stored">The number of new entries.</param>
/// <param name="Known">The number of entries whose id was known.</param>
public sealed record DecisionReceipt(int Stored, int Known);
