using System.Diagnostics.Metrics;
using Remora.Notify;
using Remora.Server.Notify;

namespace Remora.Server.Telemetry;

/// <summary>Metrics of messages to people.</summary>
internal static class NotificationGauges
{
    public static void Register(Meter meter, Notifications notifications)
    {
        PerNotifier(
            "remora.notifier.up",
            "Whether the receiver accepted the last message: 1 or 0; absent before the first.",
            health =>
                health.State switch
                {
                    NotifierState.Starting => double.NaN,
                    NotifierState.Healthy => 1,
                    _ => 0,
                }
        );
        PerNotifier("remora.notifier.waiting", "Notices that wait for the next message.", health => health.Waiting);
        meter.CreateObservableCounter(
            "remora.notifier.messages",
            () =>
                notifications.Status.Notifiers.SelectMany(health =>
                    new[]
                    {
                        Count(health, "delivered", health.Delivered),
                        Count(health, "refused", health.Refused),
                        Count(health, "dropped", health.Dropped),
                    }
                ),
            null,
            "Messages by result: delivered, refused by the receiver, or dropped because they waited too long."
        );
        meter.CreateObservableGauge(
            "remora.trouble",
            () => notifications.Status.Trouble.Count,
            null,
            "Parts of the service with trouble that lasts."
        );
        meter.CreateFiniteGauge(
            "remora.heartbeat.last.success.age",
            () =>
                notifications.Status.Heartbeat?.LastSuccess is { } last
                    ? [new((TimeProvider.System.GetUtcNow() - last).TotalSeconds)]
                    : [],
            "s",
            "Time since the last accepted heartbeat; absent before the first."
        );

        void PerNotifier(string name, string help, Func<NotifierHealth, double> value) =>
            meter.CreateFiniteGauge(
                name,
                () =>
                    notifications.Status.Notifiers.Select(health => new Measurement<double>(
                        value(health),
                        new KeyValuePair<string, object?>("notifier", health.Name)
                    )),
                null,
                help
            );
    }

    private static Measurement<long> Count(NotifierHealth health, string result, long count) =>
        new(count, new("notifier", health.Name), new("result", result));
}
