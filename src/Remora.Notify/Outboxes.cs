using Microsoft.Extensions.Logging;
using Remora.Supervision;

namespace Remora.Notify;

/// <summary>
/// The outboxes of all receivers, each in its own task. A failure of one does not affect the
/// others.
/// </summary>
public sealed class Outboxes
{
    private readonly IReadOnlyList<Outbox> _all;

    /// <param name="addresses">The receivers.</param>
    /// <param name="options">When messages are sent.</param>
    /// <param name="clock">The clock of delays and limits.</param>
    /// <param name="log">Receives the results of deliveries, without secrets.</param>
    public Outboxes(
        IReadOnlyList<NotifierAddress> addresses,
        NotifyOptions options,
        TimeProvider clock,
        ILoggerFactory log
    )
    {
        var logger = log.CreateLogger<Outboxes>();
        _all =
        [
            .. NamesOf(addresses).Zip(addresses, (name, address) => new Outbox(name, address, options, clock, logger)),
        ];
    }

    /// <summary>The health of each notifier.</summary>
    public IReadOnlyList<NotifierHealth> Health => [.. _all.Select(outbox => outbox.Health)];

    /// <summary>
    /// Returns the names of notifiers: their kinds, with a number if there are several.
    /// </summary>
    public static IReadOnlyList<string> NamesOf(IReadOnlyList<NotifierAddress> addresses)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        return
        [
            .. addresses.Select(address =>
            {
                var count = counts[address.Kind] = counts.GetValueOrDefault(address.Kind) + 1;
                return count == 1 ? address.Kind : $"{address.Kind} {count}";
            }),
        ];
    }

    /// <summary>Adds a notice for all receivers. Never waits.</summary>
    public void Post(Notice notice)
    {
        foreach (var outbox in _all)
            outbox.Post(notice);
    }

    /// <summary>Runs until it is canceled.</summary>
    /// <param name="supervisor">Restarts each task that fails.</param>
    /// <param name="cancellation">Stops all tasks.</param>
    public Task RunAsync(Supervisor supervisor, CancellationToken cancellation) =>
        Task.WhenAll(
            _all.Select(outbox => supervisor.RunAsync($"notifier {outbox.Health.Name}", outbox.RunAsync, cancellation))
        );
}
