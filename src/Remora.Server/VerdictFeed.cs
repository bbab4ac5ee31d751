using Remora.Bots;
using Remora.Risk;
using Remora.Server.Answers;

namespace Remora.Server;

/// <summary>
/// Sends the verdicts of the board to bots, a few times per second and for both sides. It polls
/// because a verdict also changes with time alone, and because changes that last only a moment need
/// not be sent.
/// </summary>
internal sealed class VerdictFeed(AssessmentBoard board, VerdictBoard verdicts)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Polls in real time, independent of the board's clock, until it is canceled.
    /// </summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Interval);
        do Look();
        while (await timer.WaitForNextTickAsync(cancellation));
    }

    /// <summary>
    /// If several markets have the same pair, the first one determines the verdict of the pair, as
    /// in /risk.
    /// </summary>
    private void Look()
    {
        var now = board.Now;
        verdicts.Update(
            from market in board.All.DistinctBy(market => market.Id.Pair)
            from side in new[] { Side.Long, Side.Short }
            select PairVerdict.Of(market.Latest(0).At(now, side))
        );
    }
}
