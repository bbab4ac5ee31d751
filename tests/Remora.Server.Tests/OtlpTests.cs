using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Remora.Bots.Tests;
using Remora.ClickHouse;
using Remora.Server.Storage;
using Remora.Server.Telemetry;

namespace Remora.Server.Tests;

/// <summary>
/// Tests what a collector receives over HTTP, in OTLP's protobuf encoding. The exporter sends the
/// values of every service in the process, so no other test runs at the same time.
/// </summary>
[Collection(nameof(OtlpTests))]
[CollectionDefinition(nameof(OtlpTests), DisableParallelization = true)]
public sealed class OtlpTests
{
    private volatile bool _isKnown = true;

    [Fact]
    public async Task Unknown_values_are_absent_and_never_sent_as_NaN()
    {
        var received = new ConcurrentQueue<byte[]>();
        await using var collector = await LoopbackServer.StartAsync(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            if (context.Request.Path == "/v1/metrics")
                received.Enqueue(body.ToArray());
        });
        // A store that cannot be reached: its figures and ages are unknown.
        var folder = Directory.CreateTempSubdirectory("remora-otlp-").FullName;
        var away = new StoreMeter(
            new(
                new()
                {
                    Location = StoreLocation.AtUrl("http://localhost:1"),
                    Recorder = new() { JournalFolder = folder },
                }
            ),
            TimeProvider.System
        );
        var settings = LiveServer.Settings with
        {
            OtlpEndpoint = collector.Url,
            OtlpInterval = TimeSpan.FromMilliseconds(100),
        };
        List<OtlpPoint> known,
            last;
        await using (var service = await LiveServer.StartAsync(settings, observe: [away.Register, AddTheOnceKnown]))
        {
            await service.WarmAsync(); // the first market; the second one and the source stay unknown
            known = await NextAsync(received);
            _isKnown = false;
            last = await NextAsync(received);
        }
        Directory.Delete(folder, recursive: true);

        Assert.DoesNotContain(received.SelectMany(OtlpPoint.Read), point => !double.IsFinite(point.Value));
        foreach (var name in new[] { "remora.risk.score", "remora.candle.age", "remora.position.scale" })
            Assert.Equal("BTC/USDT", Assert.Single(last, point => point.Metric == name).Tags["pair"]);
        Assert.Equal(2, last.Count(point => point.Metric == "remora.risk.confidence"));
        Assert.Equal(0, Assert.Single(last, point => point.Metric == "remora.store.ready").Value);
        Assert.Equal(3, Assert.Single(known, point => point.Metric == "remora.known").Value);
        Assert.DoesNotContain(
            last,
            point =>
                point.Metric
                    is "remora.known"
                        or "remora.source.last.success.age"
                        or "remora.recorder.last.success.age"
                        or "remora.recorder.journal.oldest.age"
        );
    }

    /// <summary>
    /// Returns an export that began after this call: the second one that arrives.
    /// </summary>
    private static async Task<List<OtlpPoint>> NextAsync(ConcurrentQueue<byte[]> received)
    {
        var before = received.Count;
        await Eventually.TrueAsync(() => received.Count >= before + 2, () => $"{received.Count} exports");
        return [.. OtlpPoint.Read(received.ElementAt(before + 1))];
    }

    private void AddTheOnceKnown(Meter meter) =>
        meter.CreateFiniteGauge(
            "remora.known",
            () =>
                new[] { double.NaN, _isKnown ? 3 : double.NaN, double.PositiveInfinity }.Select(
                    (value, i) => new Measurement<double>(value, new KeyValuePair<string, object?>("place", i))
                ),
            null,
            "One value of three, while it is known."
        );
}
