using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Remora.Markets;
using Remora.Supervision;

namespace Remora.Bots.Webhooks;

/// <summary>
/// Sends changes to one receiver; the changes of a pair are sent in order. Each pair belongs to one
/// of a few lanes, so an event that the receiver rejects delays few others. Each lane holds a
/// bounded number of events and drops the oldest when it is full.
/// </summary>
internal sealed class Webhook
{
    public const int LaneCapacity = 256;
    private const int LaneCount = 4;
    private static readonly Backoff Backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5));

    private readonly Channel<WebhookEvent>[] _lanes;
    private readonly WebhookTarget _target;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private int _failures;

    public Webhook(WebhookTarget target, VerdictBoard verdicts, TimeProvider clock, ILogger log)
    {
        (_target, _clock, _log) = (target, clock, log);
        _lanes =
        [
            .. Enumerable
                .Range(0, LaneCount)
                .Select(_ =>
                    Channel.CreateBounded<WebhookEvent>(
                        new BoundedChannelOptions(LaneCapacity)
                        {
                            FullMode = BoundedChannelFullMode.DropOldest,
                            SingleReader = true,
                        },
                        LogDropped
                    )
                ),
        ];
        verdicts.Subscribe(Enqueue);
    }

    /// <summary>Runs until it is canceled. Events that still wait are then lost.</summary>
    public async Task RunAsync(Supervisor supervisor, CancellationToken cancellation)
    {
        using var sender = new WebhookSender(_target, _clock);
        await Task.WhenAll(
            _lanes.Select(
                (lane, i) =>
                    supervisor.RunAsync(
                        $"webhook {_target}, lane {i + 1}",
                        token => RunAsync(lane, sender, token),
                        cancellation
                    )
            )
        );
    }

    private void Enqueue(VerdictChange change)
    {
        if (!_target.Accepts(change))
            return;
        var lane = _lanes[(uint)change.After.Pair.GetHashCode() % LaneCount];
        lane.Writer.TryWrite(WebhookEvent.Of(change, Instant.From(_clock.GetUtcNow())));
    }

    private async Task RunAsync(Channel<WebhookEvent> lane, WebhookSender sender, CancellationToken cancellation)
    {
        await foreach (var next in lane.Reader.ReadAllAsync(cancellation))
            await DeliverAsync(next, sender, cancellation);
    }

    private async Task DeliverAsync(WebhookEvent next, WebhookSender sender, CancellationToken cancellation)
    {
        var body = next.Render();
        for (var attempt = 1; ; attempt++)
        {
            var outcome = await sender.SendAsync(next.Id, body, cancellation);
            if (outcome.IsAccepted)
            {
                if (Interlocked.Exchange(ref _failures, 0) > 0)
                    _log.LogInformation("Webhook {Target} accepts events again", _target);
                return;
            }
            if (Interlocked.Increment(ref _failures) == 1)
                _log.LogWarning("Webhook {Target} does not accept events: {Error}", _target, outcome.Detail);
            if (!outcome.CanRetry || attempt >= _target.Attempts)
            {
                _log.LogError(
                    "Webhook {Target}: event {Id} of {Pair} is dropped after {Attempts} attempts: {Error}",
                    _target,
                    next.Id,
                    next.Pair,
                    attempt,
                    outcome.Detail
                );
                return;
            }
            var requested =
                outcome.Wait < Backoff.Longest ? outcome.Wait
                : outcome.Wait is null ? null
                : Backoff.Longest;
            await Task.Delay(Backoff.After(attempt, Random.Shared, requested), _clock, cancellation);
        }
    }

    private void LogDropped(WebhookEvent oldest) =>
        _log.LogError(
            "Webhook {Target}: the queue is full; event {Id} of {Pair} is dropped",
            _target,
            oldest.Id,
            oldest.Pair
        );
}
