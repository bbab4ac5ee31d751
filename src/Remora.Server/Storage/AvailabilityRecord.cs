using System.Diagnostics.Metrics;
using Remora.Markets;
using Remora.Server.Telemetry;
using Remora.Store;
using Remora.Store.Tables;

namespace Remora.Server.Storage;

/// <summary>
/// Stores a heartbeat at the start of each minute, and computes the availability of the last 30
/// days from the stored ones. Heartbeats wait in memory while the store is unavailable, because the
/// service answers without it.
/// </summary>
/// <param name="session">The session of the store. The caller disposes of it.</param>
/// <param name="isReady">Whether the service can answer for any market.</param>
/// <param name="clock">The service's clock.</param>
internal sealed class AvailabilityRecord(StoreSession session, Func<bool> isReady, TimeProvider clock)
{
    private static readonly TimeSpan Window = TimeSpan.FromDays(30);
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly int MostWaiting = (int)(Window / Interval);
    private readonly Queue<Heartbeat> _waiting = new();
    private volatile Availability? _current;

    /// <summary>The availability; null while it is unknown.</summary>
    public Availability? Current => _current;

    /// <summary>Adds the instruments to the service's meter.</summary>
    public static void Register(Meter meter, Func<Availability?> current)
    {
        Gauge("remora.availability.ratio", null, "Share of the last 30 days in which it could answer.", a => a.Ratio);
        Gauge(
            "remora.availability.down",
            "s",
            "Time within the last 30 days in which the service did not run or could not answer.",
            a => a.DownMinutes * Interval.TotalSeconds
        );

        void Gauge(string name, string? unit, string help, Func<Availability, double> value) =>
            meter.CreateFiniteGauge(
                name,
                () => current() is { } availability ? [new Measurement<double>(value(availability))] : [],
                unit,
                help
            );
    }

    /// <summary>Runs until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var minute = Instant.From(clock.GetUtcNow()).Floor(Interval);
            _waiting.Enqueue(new(minute, isReady()));
            if (_waiting.Count > MostWaiting)
                _waiting.Dequeue();
            if (session.Health.Ready)
                await StoreAsync(minute, cancellation);
            await NextAsync(minute, cancellation);
        }
    }

    // A timer can fire a little early, and a clock can be set back.
    private async Task NextAsync(Instant minute, CancellationToken cancellation)
    {
        while (Instant.From(clock.GetUtcNow()) is var now && now < minute + Interval)
        {
            var left = minute + Interval - now;
            await Task.Delay(left < Interval ? left : Interval, clock, cancellation);
        }
    }

    private async Task StoreAsync(Instant now, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(Patience);
        try
        {
            await session.Store.Heartbeats.AddAsync([.. _waiting], deadline.Token);
            _waiting.Clear();
            _current = await session.Store.Heartbeats.AvailabilityAsync(now - Window, now, deadline.Token);
        }
        catch (Exception e) when (StoreFault.Is(e, cancellation))
        {
            session.Report(e);
            _current = null; // unknown now
        }
    }
}
