using Remora.Markets;
using Remora.Risk;
using Remora.Server.Answers;
using Remora.Store;
using Remora.Store.Tables;

namespace Remora.Server.Notify;

/// <summary>How long blocks of a kind have lasted.</summary>
/// <param name="Count">The number of blocks.</param>
/// <param name="Median">The median length.</param>
/// <param name="Low">A quarter of them were not longer.</param>
/// <param name="High">A quarter of them were not shorter.</param>
internal sealed record UsualLength(int Count, TimeSpan Median, TimeSpan Low, TimeSpan High)
{
    /// <summary>Fewer blocks say little about the next one.</summary>
    public const int Least = 8;

    /// <summary>Returns the usual length; null for fewer than <see cref="Least"/> blocks.</summary>
    public static UsualLength? Of(IEnumerable<TimeSpan> lengths)
    {
        TimeSpan[] sorted = [.. lengths.Order()];
        return sorted.Length < Least ? null : new(sorted.Length, At(sorted, 0.5), At(sorted, 0.25), At(sorted, 0.75));
    }

    /// <summary>Returns the length in a sentence.</summary>
    public override string ToString() =>
        $"Such blocks usually last {BlockText.Of(Median)} (half of the last {Count} lasted {BlockText.Of(Low)} to "
        + $"{BlockText.Of(High)}).";

    private static TimeSpan At(TimeSpan[] sorted, double share)
    {
        var position = share * (sorted.Length - 1);
        var (below, rest) = ((int)position, position - (int)position);
        return below + 1 < sorted.Length ? sorted[below] + ((sorted[below + 1] - sorted[below]) * rest) : sorted[below];
    }
}

/// <summary>
/// Reads from the store how long blocks with the same reason have lasted. Unknown while the store
/// does not answer quickly.
/// </summary>
internal sealed class UsualBlocks(AssessmentBoard board, StoreSession session, TimeProvider clock)
{
    private static readonly TimeSpan Past = TimeSpan.FromDays(180);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Valid = TimeSpan.FromHours(1);
    private readonly Dictionary<(Pair, Side, string), (UsualLength? Length, DateTimeOffset Read)> _known = [];
    private DateTimeOffset _notBefore = DateTimeOffset.MinValue; // after a failure, so that messages do not queue up

    /// <summary>Returns the usual length of a block; null where it is unknown.</summary>
    public async Task<UsualLength?> OfAsync(Pair pair, Side side, string reason, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        if (_known.TryGetValue((pair, side, reason), out var known) && now - known.Read < Valid)
            return known.Length;
        if (now < _notBefore || !session.Health.Ready)
            return null;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(Patience);
        try
        {
            var until = board.Now;
            var blocks = await BlockHistory.OfAsync(
                session.Store,
                board.Markets.First(market => market.Pair == pair),
                board.Policies[0].Name,
                side,
                new(until - Past, until),
                deadline.Token
            );
            var lengths = blocks.Where(block => block.BlockedBy == reason).Select(block => block.To - block.From);
            var length = UsualLength.Of(lengths);
            _known[(pair, side, reason)] = (length, now);
            return length;
        }
        catch (Exception e) when (StoreFault.Is(e, cancellation))
        {
            session.Report(e);
            _notBefore = now + TimeSpan.FromMinutes(1);
            return null;
        }
    }
}
