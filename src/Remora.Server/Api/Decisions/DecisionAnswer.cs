using Remora.Backtest.Decisions;
using Remora.Markets;

namespace Remora.Server.Api.Decisions;

/// <summary>The entries that bots wanted in a span, and what became of them.</summary>
/// <param name="From">The first moment.</param>
/// <param name="To">The end, exclusive.</param>
/// <param name="Now">The moment until which they were followed.</param>
/// <param name="Sentence">The result in words.</param>
/// <param name="IsComplete">Whether all entries of the span count. At most the newest 5,000
/// do.</param>
/// <param name="Summary">What the refused entries saved and missed.</param>
/// <param name="Decisions">The newest entries within the limit.</param>
public sealed record DecisionAnswer(
    Instant From,
    Instant To,
    Instant Now,
    string Sentence,
    bool IsComplete,
    DecisionSummary Summary,
    IReadOnlyList<FollowedDecision> Decisions
);

/// <summary>An entry that a bot wanted, and what became of it.</summary>
/// <param name="Report">The entry as it was reported.</param>
/// <param name="Exchange">The exchange whose candles follow it; null if the pair was not
/// tracked.</param>
/// <param name="Timeframe">The timeframe of these candles.</param>
/// <param name="Outcome">What became of it, or would have become of it.</param>
public sealed record FollowedDecision(
    DecisionReport Report,
    string? Exchange,
    Timeframe? Timeframe,
    EntryOutcome Outcome
);
