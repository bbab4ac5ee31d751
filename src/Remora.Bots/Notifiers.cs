using Microsoft.Extensions.Logging;
using Remora.Bots.Freqtrade;
using Remora.Bots.Webhooks;
using Remora.Supervision;

namespace Remora.Bots;

/// <summary>
/// All notifiers, each in its own task. A failure of one bot or receiver does not affect the
/// others.
/// </summary>
public sealed class Notifiers
{
    private readonly IReadOnlyList<FreqtradeLocks> _locks;
    private readonly IReadOnlyList<Webhook> _webhooks;

    /// <param name="bots">The Freqtrade bots in which pairs are locked.</param>
    /// <param name="webhooks">The receivers of changes.</param>
    /// <param name="verdicts">The verdicts to send.</param>
    /// <param name="clock">Real time, independent of the clock of the verdicts.</param>
    /// <param name="log">Receives the results of deliveries.</param>
    public Notifiers(
        IEnumerable<FreqtradeBot> bots,
        IEnumerable<WebhookTarget> webhooks,
        VerdictBoard verdicts,
        TimeProvider clock,
        ILoggerFactory log
    )
    {
        _locks = [.. bots.Select(bot => new FreqtradeLocks(bot, verdicts, clock, log.CreateLogger<FreqtradeLocks>()))];
        _webhooks = [.. webhooks.Select(target => new Webhook(target, verdicts, clock, log.CreateLogger<Webhook>()))];
    }

    /// <summary>Runs until it is canceled.</summary>
    /// <param name="supervisor">Restarts each notifier that fails.</param>
    /// <param name="cancellation">Stops all notifiers.</param>
    public Task RunAsync(Supervisor supervisor, CancellationToken cancellation) =>
        Task.WhenAll(
            _locks
                .Select(locks => supervisor.RunAsync(locks.Name, locks.RunAsync, cancellation))
                .Concat(_webhooks.Select(webhook => webhook.RunAsync(supervisor, cancellation)))
        );
}
