using System.Diagnostics.Metrics;
using Remora.ClickHouse;
using Remora.ClickHouse.Rollups;
using Remora.Server.Storage;
using Remora.Server.Telemetry;
using Remora.Store;
using Remora.Supervision;
using Remora.Testing;

namespace Remora.Server.Tests;

/// <summary>
/// Tests the metrics of an unavailable store. Prometheus itself is used to test those of an
/// available one.
/// </summary>
public sealed class StoreMeterTests
{
    [Fact]
    public void Slow_rollups_are_in_the_metrics_and_unknown_times_are_absent()
    {
        var speed = new RollupSpeed(SqlName.Of("risk"), TimeSpan.FromMilliseconds(200))
        {
            Typical = new(20, TimeSpan.FromMilliseconds(250), TimeSpan.FromMilliseconds(400)),
        };
        var known = new RollupSpeed(SqlName.Of("traffic"), TimeSpan.FromMilliseconds(100))
        {
            Clients = new(7, TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(30)),
        };
        using var meter = new Meter("test");
        using var prometheus = new PrometheusText(meter);
        prometheus.Start();
        RollupGauges.Register(meter, () => [speed, known]);
        var lines = prometheus.Write().Split('\n');
        Assert.Equal(
            [
                "remora_rollup_query_seconds{rollup=\"risk\",of=\"typical\",percentile=\"50\"} 0.25",
                "remora_rollup_query_seconds{rollup=\"risk\",of=\"typical\",percentile=\"95\"} 0.4",
                "remora_rollup_query_seconds{rollup=\"traffic\",of=\"clients\",percentile=\"50\"} 0.02",
                "remora_rollup_query_seconds{rollup=\"traffic\",of=\"clients\",percentile=\"95\"} 0.03",
                "remora_rollup_query_threshold_seconds{rollup=\"risk\"} 0.2",
                "remora_rollup_query_threshold_seconds{rollup=\"traffic\"} 0.1",
                "remora_rollup_slow{rollup=\"risk\"} 1",
                "remora_rollup_slow{rollup=\"traffic\"} 0",
            ],
            lines
                .Where(line => line.StartsWith("remora_rollup_", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task A_store_that_is_away_shows_as_rows_that_wait_and_what_only_it_knows_is_absent()
    {
        var folder = Directory.CreateTempSubdirectory("remora-meter-").FullName;
        using var stop = new CancellationTokenSource();
        var session = new StoreSession(
            new()
            {
                Location = StoreLocation.AtUrl("http://localhost:1"),
                Recorder = new()
                {
                    JournalFolder = folder,
                    BatchDelay = TimeSpan.FromMilliseconds(10),
                    StopTimeout = TimeSpan.Zero,
                },
            }
        );
        var store = new StoreMeter(session, TimeProvider.System);
        var running = Task.WhenAll(
            session.RunAsync(stop.Token),
            store.RunAsync(stop.Token).UntilCancelledAsync(stop.Token)
        );
        using var meter = new Meter("test");
        using var prometheus = new PrometheusText(meter);
        prometheus.Start();
        store.Register(meter);
        foreach (var candle in Some.Candles(1, 3, start: Some.Time))
            session.Recorder.Candle(Some.Btc, candle);
        var text = "";
        await LiveServer.UntilAsync(() =>
            (text = prometheus.Write()).Contains(
                "remora_recorder_journal_oldest_age_seconds ",
                StringComparison.Ordinal
            )
        );
        Assert.Contains("\nremora_store_ready 0\n", text);
        Assert.Contains("\nremora_recorder_rows_total{table=\"candles\"} 3\n", text);
        Assert.DoesNotContain("\nremora_recorder_journal_size_bytes 0\n", text);
        Assert.DoesNotContain("\nremora_recorder_journal_batches 0\n", text);
        Assert.Contains("\nremora_recorder_dropped_rows_total 0\n", text);
        foreach (
            var absent in new[]
            {
                "remora_store_engine_up",
                "remora_store_memory_bytes",
                "remora_store_disk_free_bytes",
                "remora_rollup_lag_seconds",
                "remora_recorder_last_success_age_seconds",
                "remora_recorder_inserted_rows_total",
            }
        )
            Assert.DoesNotContain(absent + " ", text);
        await stop.CancelAsync();
        await running;
        Directory.Delete(folder, recursive: true);
    }
}
