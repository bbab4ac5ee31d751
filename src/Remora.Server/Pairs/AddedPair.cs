using Remora.Bots.Freqtrade;
using Remora.Markets;

namespace Remora.Server.Pairs;

/// <summary>A pair that was added at run time.</summary>
/// <param name="Pair">The pair.</param>
/// <param name="By">Who asked for it first: the address of a bot, or the name of a key.</param>
/// <param name="AddedAt">When it was added, in real time.</param>
/// <param name="AskedAt">When somebody last asked for it, in real time.</param>
public sealed record AddedPair(Pair Pair, string By, DateTimeOffset AddedAt, DateTimeOffset AskedAt);

/// <summary>A pair that somebody asked for and that is not tracked.</summary>
/// <param name="Pair">The pair, as the caller wrote it.</param>
/// <param name="By">Who asked last: the address of a bot, or the name of a key.</param>
/// <param name="Reason">Why it is not tracked.</param>
/// <param name="AskedAt">When somebody last asked for it, in real time.</param>
public sealed record RefusedPair(string Pair, string By, string Reason, DateTimeOffset AskedAt);

/// <summary>The pairs that were added at run time.</summary>
/// <param name="Limit">The maximum number of them.</param>
/// <param name="Pairs">The pairs, in the order in which they were added.</param>
/// <param name="Refused">The pairs that were asked for lately and are not tracked.</param>
/// <param name="Bots">The bots whose whitelists are followed.</param>
public sealed record AddedPairList(
    int Limit,
    IReadOnlyList<AddedPair> Pairs,
    IReadOnlyList<RefusedPair> Refused,
    IReadOnlyList<WhitelistHealth> Bots
);

/// <summary>The result of asking for a pair.</summary>
/// <param name="Pair">The pair.</param>
/// <param name="Tracked">Whether it is tracked now.</param>
/// <param name="Reason">Why it is not tracked; null if it is.</param>
public sealed record AskedPair(string Pair, bool Tracked, string? Reason);
