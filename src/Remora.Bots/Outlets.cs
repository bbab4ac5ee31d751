using Microsoft.Extensions.Logging;
using Remora.Bots.Freqtrade;
using Remora.Bots.Webhooks;
using Remora.Supervision;

namespace Remora.Bots;

/// <summary>Everything that is told of its own accord, each in a task of its own: what one bot or receiver does, no other notices.</summary>
public sealed class Outlets
{
    private readonly IReadOnlyList<FreqtradeLocks> _locks;
    private readonly IReadOnlyList<Webhook> _webhooks;

    /// <param name="bots">Freqtrade bots to lock pairs in.</param>
    /// <param name="webhooks">Who is told of changes.</param>
    /// <param name="verdicts">What they are told.</param>
    /// <param name="clock">Real time, whatever clock the verdicts go by.</param>
    /// <param name="log">Where an operator reads what became of it.</param>
    public Outlets(IEnumerable<FreqtradeBot> bots, IEnumerable<WebhookTarget> webhooks, VerdictBoard verdicts, TimeProvider clock, ILoggerFactory log)
    {
        _locks = [.. bots.Select(bot => new FreqtradeLocks(bot, verdicts, clock, log.CreateLogger<FreqtradeLocks>()))];
        _webhooks = [.. webhooks.Select(target => new Webhook(target, verdicts, clock, log.CreateLogger<Webhook>()))];
    }

    /// <summary>Runs until it is cancelled.</summary>
    /// <param name="supervisor">Keeps each outlet running.</param>
    /// <param name="cancellation">Stops all of them.</param>
    public Task RunAsync(Supervisor supervisor, CancellationToken cancellation) => Task.WhenAll(
        _locks.Select(locks => supervisor.RunAsync(locks.Name, locks.RunAsync, cancellation)).Concat(_webhooks.Select(webhook => webhook.RunAsync(supervisor, cancellation))));
}
