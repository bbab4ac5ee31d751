namespace Remora.Feeds;

/// <summary>The one rule for the state of a feed after failures.</summary>
internal static class FailureRule
{
    /// <summary>The number of consecutive failures after which a feed is unreachable.</summary>
    public const int UnreachableAfter = 3;

    /// <summary>
    /// Returns the state after consecutive failures; null if there are none. A feed that has never
    /// succeeded is unreachable after the first failure.
    /// </summary>
    public static FeedState? StateAfter(int failures, bool hasSucceeded) =>
        failures == 0 ? null
        : hasSucceeded && failures < UnreachableAfter ? FeedState.Degraded
        : FeedState.Unreachable;
}
