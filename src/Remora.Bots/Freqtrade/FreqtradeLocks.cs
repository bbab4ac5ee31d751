using Microsoft.Extensions.Logging;
using Remora.Supervision;

namespace Remora.Bots.Freqtrade;

/// <summary>
/// Brings the locks of one bot in line with the verdicts. Reads the locks that the bot has and
/// corrects the difference, so it recovers from restarts of the bot or of this process and from
/// expired tokens. While the source of verdicts is unavailable, no lock is renewed and the locks
/// expire.
/// </summary>
internal sealed class FreqtradeLocks(FreqtradeBot bot, VerdictBoard verdicts, TimeProvider clock, ILogger log)
{
    private static readonly TimeSpan WhitelistFor = TimeSpan.FromMinutes(1);
    private static readonly Backoff Backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(15));
    private IReadOnlyList<string> _whitelist = [];
    private DateTimeOffset _whitelistAt = DateTimeOffset.MinValue;
    private string? _lastError;

    /// <summary>The name of the background task.</summary>
    public string Name => $"locks of {bot}";

    /// <summary>
    /// Runs until it is canceled. Locks are not deleted then; they expire. A restart of the service
    /// therefore leaves no gap.
    /// </summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var rest = new FreqtradeRest(bot);
        await KeepAsync(rest, cancellation).UntilCancelledAsync(cancellation);
    }

    private async Task KeepAsync(FreqtradeRest rest, CancellationToken cancellation)
    {
        for (var failures = 0; ; )
        {
            var snapshot = verdicts.Present;
            failures = await TryAsync(rest, snapshot, cancellation) ? 0 : failures + 1;
            if (failures == 0)
                await WaitAsync(snapshot, cancellation);
            else
                await Task.Delay(Backoff.After(failures), clock, cancellation);
        }
    }

    private async Task<bool> TryAsync(FreqtradeRest rest, VerdictSnapshot snapshot, CancellationToken cancellation)
    {
        if (!snapshot.IsCurrent)
            return true;
        try
        {
            await CorrectAsync(rest, snapshot, cancellation);
            if (_lastError is not null)
                log.LogInformation("Locks in {Bot} are maintained again", bot);
            _lastError = null;
            return true;
        }
        catch (FreqtradeException e)
        {
            if (_lastError is null)
                log.LogWarning(
                    "Cannot maintain locks in {Bot}: {Error}. Retrying; placed locks expire at their end time",
                    bot,
                    e.Message
                );
            _lastError = e.Message;
            return false;
        }
    }

    private async Task CorrectAsync(FreqtradeRest rest, VerdictSnapshot snapshot, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        if (now - _whitelistAt >= WhitelistFor)
            (_whitelist, _whitelistAt) = (await rest.WhitelistAsync(cancellation), now);
        var wanted = LockPlan.Wanted(_whitelist, snapshot.Verdicts);
        var plan = LockPlan.Of(wanted, await rest.LocksAsync(cancellation), now, bot.LockFor);
        if (plan.Place.Count > 0)
        {
            await rest.PlaceAsync(plan.Place, now + bot.LockFor, cancellation);
            foreach (var placed in plan.Place.Where(plan.IsNew))
                log.LogInformation(
                    "{Bot}: {Pair} is locked ({Side}): {Reason}",
                    bot,
                    placed.Pair,
                    placed.Side,
                    placed.Reason
                );
        }
        // Deletes after placing, so that a renewal leaves no gap.
        foreach (var id in plan.Delete)
            await rest.DeleteAsync(id, cancellation);
    }

    private async Task WaitAsync(VerdictSnapshot seen, CancellationToken cancellation)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await Task.WhenAny(verdicts.WaitAsync(seen.Version, over.Token), Task.Delay(bot.CheckEvery, clock, over.Token));
        await over.CancelAsync();
        cancellation.ThrowIfCancellationRequested();
    }
}
