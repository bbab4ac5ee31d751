using Remora.Markets;
using Remora.Risk;

namespace Remora.Bots.Freqtrade;

/// <summary>
/// The changes that bring a bot's locks to the wanted state. Locks that others placed are never
/// changed.
/// </summary>
/// <param name="Place">The locks to place, all with the same end.</param>
/// <param name="Delete">The bot's ids of the locks to delete afterwards.</param>
/// <param name="IsNew">
/// Whether a lock to place is new and not a renewal.
/// </param>
internal sealed record LockPlan(
    IReadOnlyList<WantedLock> Place,
    IReadOnlyList<long> Delete,
    Func<WantedLock, bool> IsNew
)
{
    private const int LongestReason = 250; // Freqtrade's database allows 255

    /// <summary>
    /// Returns the locks that the bot should have: for each traded pair with blocked entries, one
    /// lock for one side or one lock for both.
    /// </summary>
    public static IReadOnlyList<WantedLock> Wanted(
        IEnumerable<string> whitelist,
        IReadOnlyDictionary<(Pair Pair, Side Side), PairVerdict> verdicts
    )
    {
        var wanted = new List<WantedLock>();
        foreach (var name in whitelist.Distinct())
        {
            var (isLong, isShort) = (Unsafe(Side.Long), Unsafe(Side.Short));
            if (isLong is not null && isShort is not null)
                wanted.Add(new(name, "*", ReasonOf(isLong)));
            else if (isLong is not null)
                wanted.Add(new(name, "long", ReasonOf(isLong)));
            else if (isShort is not null)
                wanted.Add(new(name, "short", ReasonOf(isShort)));

            PairVerdict? Unsafe(Side side) =>
                Tracked(name, side, verdicts) is { SafeToTrade: false } verdict ? verdict : null;
        }
        return wanted;
    }

    /// <summary>Returns the plan that turns the bot's present locks into the wanted ones.</summary>
    public static LockPlan Of(
        IReadOnlyList<WantedLock> wanted,
        IReadOnlyList<BotLock> present,
        DateTimeOffset now,
        TimeSpan lockFor
    )
    {
        var ours = present.Where(existing => existing.IsOurs).ToList();
        var place = new List<WantedLock>();
        var keep = new HashSet<long>();
        foreach (var target in wanted)
        {
            var latest = Matching(target).MaxBy(existing => existing.Until);
            if (latest is not null && latest.Until - now > lockFor / 2)
                keep.Add(latest.Id);
            else
                place.Add(target);
        }
        return new(
            place,
            [.. ours.Where(existing => !keep.Contains(existing.Id)).Select(existing => existing.Id)],
            target => !Matching(target).Any()
        );

        IEnumerable<BotLock> Matching(WantedLock target) =>
            ours.Where(existing => existing.Pair == target.Pair && existing.Side == target.Side);
    }

    /// <summary>
    /// Returns the verdict for a pair. A future such as BTC/USDT:USDT uses its own verdict, or else
    /// the verdict of its spot market.
    /// </summary>
    private static PairVerdict? Tracked(string name, Side side, IReadOnlyDictionary<(Pair, Side), PairVerdict> verdicts)
    {
        if (!Pair.TryParse(name, out var pair))
            return null;
        return verdicts.TryGetValue((pair, side), out var own) ? own
            : pair.Settle is not null
            && verdicts.TryGetValue((Pair.Parse($"{pair.Base}/{pair.Quote}"), side), out var spot)
                ? spot
            : null;
    }

    private static string ReasonOf(PairVerdict verdict)
    {
        var reason = $"{BotLock.Mark} {string.Join(", ", verdict.BlockedBy)}. {verdict.Reason}".TrimEnd();
        return reason.Length <= LongestReason ? reason : reason[..(LongestReason - 1)] + "…";
    }
}
