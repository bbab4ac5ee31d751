using Remora.Backtest.Chance;
using Remora.Markets;
using static System.FormattableString;

namespace Remora.Backtest.Lab;

/// <summary>The results of the lab in sentences.</summary>
internal static class LabText
{
    /// <summary>Returns what a policy blocks and meets.</summary>
    public static string Summary(LabComparison comparison, bool isToday)
    {
        var tried = comparison.Tried;
        var name = isToday ? $"Today's policy, {tried.Gate}," : "This policy";
        return tried.TimeBlocked == 0 ? $"{name} blocks nothing in these months."
            : double.IsNaN(tried.Lift)
                ? $"{name} blocks {Percent(tried.TimeBlocked)} of the time, at none of the compared hours."
            : $"{name} blocks {Percent(tried.TimeBlocked)} of the time and meets "
                + Invariant($"{tried.Lift:0.0} times its share of the worst hours.");
    }

    /// <summary>Returns what today's policy meets at equal blocked time; null for itself.</summary>
    public static string? Beside(LabComparison comparison, bool isToday)
    {
        var equal = comparison.TodayAtEqualTime;
        return isToday || double.IsNaN(equal.Lift)
            ? null
            : $"Today's policy, {equal.Gate}, meets "
                + Invariant($"{equal.Lift:0.0} times its share at equal blocked time: ")
                + Difference(comparison.Advantage);
    }

    /// <summary>Returns what the number of tried policies does to the odds.</summary>
    public static string Odds(LabLuck luck, LabAdvantage advantage, bool isToday)
    {
        var tried = luck.Tried == 1 ? "1 policy was" : $"{luck.Tried} policies were";
        if (isToday)
            return $"{tried} tried on these months. Today's policy itself is not counted.";
        if (double.IsNaN(luck.Probability))
            return $"{tried} tried on these months. This one blocks the same hours as today's policy.";
        var which = luck.Tried == 1 ? "a useless one" : $"the best of {luck.Tried} useless ones";
        return $"{tried} tried on these months: by luck alone, {which} would meet {Points(luck.ExpectedBest)} more of "
            + $"the worst hours than today's policy at equal blocked time, and this one meets "
            + $"{Points(advantage.WorstMet)} {(advantage.WorstMet < 0 ? "less" : "more")}. With probability {Percent(luck.Probability)} luck shows at least "
            + "as much.";
    }

    /// <summary>Returns the result of the sealed months.</summary>
    public static string Sealed(LabComparison comparison) =>
        $"The sealed months, {Day(comparison.From)} to {Day(comparison.Until)}: "
        + Summary(comparison, isToday: false)
        + (Beside(comparison, isToday: false) is { } beside ? $" {beside}" : "")
        + (
            comparison.Advantage.Interval.Low > 0 ? " The advantage holds."
            : comparison.Advantage.Interval.High < 0 ? " It is worse than today's policy there."
            : " Luck shows such a difference too."
        );

    /// <summary>Returns the day of a midnight.</summary>
    public static string Day(Instant midnight) => midnight.ToString()[..10];

    private static string Difference(LabAdvantage advantage) =>
        Math.Abs(advantage.WorstMet) < 0.0005
            ? "as much of the worst hours as this one."
            : $"this one meets {Points(advantage.WorstMet)} {(advantage.WorstMet < 0 ? "less" : "more")} of the worst "
                + $"hours{IntervalOf(advantage.Interval)}.";

    private static string IntervalOf(Interval interval) =>
        double.IsNaN(interval.Low)
            ? ""
            : Invariant($" (95 % interval {Signed(interval.Low)} to {Signed(interval.High)})");

    private static string Signed(double ratio) => Invariant($"{(ratio < 0 ? "−" : "")}{Math.Abs(100 * ratio):0.0}");

    private static string Points(double ratio) => Invariant($"{Math.Abs(100 * ratio):0.0} percentage points");

    private static string Percent(double ratio) =>
        ratio is > 0 and < 0.001 ? "less than 0.1 %" : Invariant($"{100 * ratio:0.0} %");
}
