using Microsoft.Extensions.Logging;
using Remora.Bots;
using Remora.Client;
using Remora.Markets;
using Remora.Regimes;
using Remora.Risk;
using Remora.Supervision;

namespace Remora.Cli;

/// <summary>
/// Follows a running service. Requests the assessments of all pairs and both sides at an interval
/// and at each change event. Clears them after too long without an answer.
/// </summary>
internal sealed class RemoteVerdicts(
    RemoraClient client,
    VerdictBoard verdicts,
    TimeSpan interval,
    TimeProvider clock,
    ILogger log
) : IDisposable
{
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(30);
    private static readonly string[] Sides = ["long", "short"];
    private readonly SemaphoreSlim _nudge = new(0, 1);
    private long _answeredAt;

    /// <summary>Runs until it is cancelled.</summary>
    public Task RunAsync(Supervisor supervisor, CancellationToken cancellation) =>
        Task.WhenAll(
            supervisor.RunAsync("event stream", FollowAsync, cancellation),
            supervisor.RunAsync("verdicts", AskAsync, cancellation)
        );

    public void Dispose() => _nudge.Dispose();

    private async Task FollowAsync(CancellationToken cancellation)
    {
        try
        {
            await foreach (var _ in client.StreamAsync(cancellation: cancellation))
                if (_nudge.CurrentCount == 0)
                    _nudge.Release();
        }
        catch (RemoraException e)
        {
            log.LogWarning(
                "The event stream is unavailable ({Error}); the service is polled every {Seconds} s",
                e.Message,
                interval.TotalSeconds
            );
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellation);
        }
    }

    private async Task AskAsync(CancellationToken cancellation)
    {
        _answeredAt = clock.GetTimestamp();
        while (true)
        {
            if (await PresentAsync(cancellation) is { } present)
            {
                _answeredAt = clock.GetTimestamp();
                verdicts.Update(present);
            }
            else if (clock.GetElapsedTime(_answeredAt) > LongestSilence)
            {
                verdicts.MarkUnavailable();
            }
            await _nudge.WaitAsync(interval, cancellation);
        }
    }

    private async Task<IReadOnlyList<PairVerdict>?> PresentAsync(CancellationToken cancellation)
    {
        try
        {
            var pairs = await client.PairsAsync(cancellation);
            var present = new List<PairVerdict>();
            foreach (var side in Sides)
            {
                foreach (var (pair, risk) in await client.BatchAsync(pairs, side, cancellation: cancellation))
                {
                    if (!risk.Answered)
                        return null; // partial data would make the other pairs look safe
                    present.Add(VerdictOf(Pair.Parse(pair), side == "long" ? Side.Long : Side.Short, risk));
                }
            }
            return present;
        }
        catch (RemoraException)
        {
            return null; // the client has logged it
        }
    }

    private static PairVerdict VerdictOf(Pair pair, Side side, Client.Risk risk) =>
        new(
            pair,
            side,
            risk.SafeToTrade,
            Enum.TryParse<Regime>(risk.Regime?.Replace("_", ""), ignoreCase: true, out var regime) ? regime : null,
            risk.RiskScore ?? double.NaN,
            risk.BlockedBy,
            risk.SafeToTrade || risk.Reasoning.Count == 0 ? "" : risk.Reasoning[0],
            risk.AsOf is { } asOf ? Instant.From(asOf) : null
        );
}
