using Remora.Markets;
using Remora.Risk;

namespace Remora.Bots.Freqtrade;

/// <summary>What to do to a bot's locks so that they are as they should be. Never touches a lock that someone else placed.</summary>
/// <param name="Place">To be placed, all with the same end.</param>
/// <param name="Delete">To be deleted after that, by the bot's ids.</param>
/// <param name="IsNews">Whether a lock is placed that there was not before, rather than renewed.</param>
internal sealed record LockPlan(IReadOnlyList<WantedLock> Place, IReadOnlyList<long> Delete, Func<WantedLock, bool> IsNews)
{
    private const int LongestReason = 250; // Freqtrade's database has 255

    /// <summary>The locks there should be: for each pair the bot trades and that is unsafe, one for a side, or one for both.</summary>
    public static IReadOnlyList<WantedLock> Wanted(IEnumerable<string> whitelist, IReadOnlyDictionary<(Pair Pair, Side Side), Verdict> verdicts)
    {
        var wanted = new List<WantedLock>();
        foreach (var name in whitelist.Distinct())
        {
            var (isLong, isShort) = (Unsafe(Side.Long), Unsafe(Side.Short));
            if (isLong is not null && isShort is not null) wanted.Add(new(name, "*", ReasonOf(isLong)));
            else if (isLong is not null) wanted.Add(new(name, "long", ReasonOf(isLong)));
            else if (isShort is not null) wanted.Add(new(name, "short", ReasonOf(isShort)));

            Verdict? Unsafe(Side side) => Tracked(name, side, verdicts) is { SafeToTrade: false } verdict ? verdict : null;
        }
        return wanted;
    }

    /// <summary>How to get there from the locks the bot has.</summary>
    public static LockPlan Of(IReadOnlyList<WantedLock> wanted, IReadOnlyList<BotLock> present, DateTimeOffset now, TimeSpan lockFor)
    {
        var ours = present.Where(there => there.IsOurs).ToList();
        var place = new List<WantedLock>();
        var keep = new HashSet<long>();
        foreach (var lockOf in wanted)
        {
            var latest = Matching(lockOf).MaxBy(there => there.Until);
            if (latest is not null && latest.Until - now > lockFor / 2) keep.Add(latest.Id);
            else place.Add(lockOf);
        }
        return new(place, [.. ours.Where(there => !keep.Contains(there.Id)).Select(there => there.Id)], lockOf => !Matching(lockOf).Any());

        IEnumerable<BotLock> Matching(WantedLock lockOf) => ours.Where(there => there.Pair == lockOf.Pair && there.Side == lockOf.Side);
    }

    /// <summary>A future such as BTC/USDT:USDT goes by its own verdict, or else by that of its spot market.</summary>
    private static Verdict? Tracked(string name, Side side, IReadOnlyDictionary<(Pair, Side), Verdict> verdicts)
    {
        if (!Pair.TryParse(name, out var pair)) return null;
        return verdicts.TryGetValue((pair, side), out var own) ? own
            : pair.Settle is not null && verdicts.TryGetValue((Pair.Parse($"{pair.Base}/{pair.Quote}"), side), out var spot) ? spot : null;
    }

    private static string ReasonOf(Verdict verdict)
    {
        var reason = $"{BotLock.Mark} {string.Join(", ", verdict.BlockedBy)}. {verdict.Reason}".TrimEnd();
        return reason.Length <= LongestReason ? reason : reason[..(LongestReason - 1)] + "…";
    }
}
