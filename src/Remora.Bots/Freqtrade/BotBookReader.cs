using Microsoft.Extensions.Logging;
using Remora.Supervision;

namespace Remora.Bots.Freqtrade;

/// <summary>
/// Reads the open trades and the balance of a bot several times per minute. While the bot cannot be
/// reached, the last book stays, and the reads become less frequent.
/// </summary>
/// <param name="bot">The bot.</param>
/// <param name="apply">Takes each book, also an unchanged one.</param>
/// <param name="clock">The clock of the reads.</param>
/// <param name="log">Receives the begin and the end of an outage.</param>
public sealed class BotBookReader(
    FreqtradeBot bot,
    Func<BotBook, CancellationToken, Task> apply,
    TimeProvider clock,
    ILogger log
)
{
    private static readonly Backoff Backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(15));
    private volatile BookHealth _health = new(null, null, 0, null);

    /// <summary>The bot's address.</summary>
    public string Bot { get; } = bot.ToString();

    /// <summary>The name of the background task.</summary>
    public string Name => $"trades of {bot}";

    /// <summary>The last book and the health of the reads.</summary>
    public BookHealth Health => _health;

    /// <summary>Runs until it is canceled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var rest = new FreqtradeRest(bot);
        while (true)
        {
            var failures = _health.ConsecutiveFailures;
            try
            {
                var book = await BotBook.ReadAsync(rest, cancellation);
                _health = new(book, clock.GetUtcNow(), 0, _health.LastError);
                if (failures > 0)
                    log.LogInformation("The trades of {Bot} are read again", bot);
                await apply(book, cancellation);
            }
            catch (FreqtradeException e)
            {
                if (failures == 0)
                    log.LogWarning("Cannot read the trades of {Bot}: {Error}. Retrying", bot, e.Message);
                _health = _health with { ConsecutiveFailures = failures + 1, LastError = e.Message };
            }
            failures = _health.ConsecutiveFailures;
            await Task.Delay(failures == 0 ? bot.FollowEvery : Backoff.After(failures), clock, cancellation);
        }
    }
}

/// <summary>The last book of a bot, and the health of reading it.</summary>
/// <param name="Book">The last book; null before the first.</param>
/// <param name="LastRead">When it was read; null before the first time.</param>
/// <param name="ConsecutiveFailures">The number of failures since the last success.</param>
/// <param name="LastError">The last failure; null if there was none.</param>
public sealed record BookHealth(BotBook? Book, DateTimeOffset? LastRead, int ConsecutiveFailures, string? LastError);
