using Remora.Bots;
using Remora.Risk;
using Remora.Server.Answers;

namespace Remora.Server;

/// <summary>
/// Tells bots what the board says, a few times a second and of both sides. It looks instead of being told, because a verdict also turns by the mere passing of time, and because
/// what flickers within a moment is nothing to tell a bot.
/// </summary>
internal sealed class VerdictFeed(AssessmentBoard board, VerdictBoard verdicts)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>Looks in real time, whatever clock the board goes by, until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Interval);
        try
        {
            do Look(); while (await timer.WaitForNextTickAsync(cancellation));
        }
        catch (OperationCanceledException)
        {
            // It was told to.
        }
    }

    /// <summary>Of several markets with the same pair the first speaks for the pair, as it does in /risk.</summary>
    private void Look() => verdicts.Learn(
        from market in board.Markets.DistinctBy(market => market.Pair)
        from side in new[] { Side.Long, Side.Short }
        select Verdict.Of(board.Latest(market, 0, side)));
}
