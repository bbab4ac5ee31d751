using Remora.Bots;
using Remora.Risk;
using static System.FormattableString;

namespace Remora.Server.Notify;

/// <summary>The sentences of messages about blocks.</summary>
internal static class BlockText
{
    private const string Prefix = "Entries are blocked"; // of the deciding sentence of the reasoning

    /// <summary>Returns why entries are blocked, in one sentence.</summary>
    public static string Blocked(PairVerdict verdict)
    {
        var reason = verdict.Reason.StartsWith(Prefix, StringComparison.Ordinal)
            ? verdict.Reason[Prefix.Length..]
            : ": " + verdict.Reason;
        return $"{SideOf(verdict)} entries in {verdict.Pair} are blocked{reason}";
    }

    /// <summary>Returns that entries are allowed, and how long they were blocked.</summary>
    public static string Allowed(PairVerdict verdict, TimeSpan? after) =>
        $"{SideOf(verdict)} entries in {verdict.Pair} are allowed again"
        + $"{(after is { } length ? $" after {Of(length)}" : "")}.";

    /// <summary>Returns a length of time in words: <c>35 minutes</c>, <c>2.5 hours</c>.</summary>
    public static string Of(TimeSpan length) =>
        length switch
        {
            { TotalMinutes: < 1.5 } => "a minute",
            { TotalMinutes: < 90 } => Invariant($"{length.TotalMinutes:0} minutes"),
            { TotalHours: < 36 } => Invariant($"{length.TotalHours:0.#} hours"),
            _ => Invariant($"{length.TotalDays:0.#} days"),
        };

    private static string SideOf(PairVerdict verdict) => verdict.Side == Side.Short ? "Short" : "Long";
}
