using Microsoft.Extensions.Logging;
using Remora.Supervision;

namespace Remora.Bots.Freqtrade;

/// <summary>
/// Reads the whitelist of a bot several times per minute and passes it on. While the bot cannot be
/// reached, nothing is passed on, and the reads become less frequent.
/// </summary>
/// <param name="bot">The bot.</param>
/// <param name="apply">
/// Takes each whitelist, also an unchanged one. Returns an expected failure in one sentence, or
/// null.
/// </param>
/// <param name="clock">The clock of the reads.</param>
/// <param name="log">Receives the begin and the end of an outage.</param>
public sealed class BotWhitelist(
    FreqtradeBot bot,
    Func<IReadOnlyList<string>, CancellationToken, Task<string?>> apply,
    TimeProvider clock,
    ILogger log
)
{
    private static readonly Backoff Backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(15));
    private volatile WhitelistHealth _health = new(bot.ToString(), null, null, null, 0, null);

    /// <summary>The name of the background task.</summary>
    public string Name => $"whitelist of {bot}";

    /// <summary>The health of the reads.</summary>
    public WhitelistHealth Health => _health;

    /// <summary>Runs until it is canceled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var rest = new FreqtradeRest(bot);
        while (true)
        {
            var error = await ReadAsync(rest, cancellation);
            Note(error);
            var wait = error is null ? bot.FollowEvery : Backoff.After(_health.ConsecutiveFailures);
            await Task.Delay(wait, clock, cancellation);
        }
    }

    private async Task<string?> ReadAsync(FreqtradeRest rest, CancellationToken cancellation)
    {
        IReadOnlyList<string> pairs;
        try
        {
            pairs = await rest.WhitelistAsync(cancellation);
        }
        catch (FreqtradeException e)
        {
            return e.Message;
        }
        var now = clock.GetUtcNow();
        var isChange = _health.Pairs?.SequenceEqual(pairs) != true;
        _health = _health with { Pairs = pairs, LastRead = now, ChangedAt = isChange ? now : _health.ChangedAt };
        return await apply(pairs, cancellation);
    }

    private void Note(string? error)
    {
        var failures = _health.ConsecutiveFailures;
        _health = _health with
        {
            ConsecutiveFailures = error is null ? 0 : failures + 1,
            LastError = error ?? _health.LastError,
        };
        if (error is not null && failures == 0)
            log.LogWarning("Cannot follow the whitelist of {Bot}: {Error}. Retrying; tracked pairs stay", bot, error);
        else if (error is null && failures > 0)
            log.LogInformation("The whitelist of {Bot} is followed again", bot);
    }
}

/// <summary>The health of following one bot.</summary>
/// <param name="Bot">The address of the bot.</param>
/// <param name="Pairs">Its last whitelist; null before the first.</param>
/// <param name="LastRead">When the whitelist was last read; null before the first time.</param>
/// <param name="ChangedAt">When a read last gave another whitelist than before.</param>
/// <param name="ConsecutiveFailures">The number of failures since the last success.</param>
/// <param name="LastError">The last failure; null if there was none.</param>
public sealed record WhitelistHealth(
    string Bot,
    IReadOnlyList<string>? Pairs,
    DateTimeOffset? LastRead,
    DateTimeOffset? ChangedAt,
    int ConsecutiveFailures,
    string? LastError
);
