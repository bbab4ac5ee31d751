using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Remora.Bots.Tests;
using Remora.Feeds;
using Remora.Markets;
using Remora.Server.Telemetry;
using Remora.Testing;

namespace Remora.Server.Tests;

public sealed partial class MetricsTests
{
    private const string Btc = "{exchange=\"binance\",pair=\"BTC/USDT\",timeframe=\"5m\"";
    private const string Refused = "remora_http_request_duration_seconds_count{route=\"/api/v1/risk\",status=\"404\"}";

    [Fact]
    public async Task The_figures_are_those_of_the_interface()
    {
        await using var service = await LiveServer.StartAsync();
        await service.WarmAsync();
        await service.ObserveAsync(Some.Observation(Signal.FearGreed, 15, Some.Time));
        service.Source.Health = service.Source.Health with
        {
            Requests = 7,
            Errors = new Dictionary<string, long> { ["timeout"] = 2 },
            StandIns = [service.Source.Health with { Name = "other", Requests = 3 }],
        };
        service.Clock.Advance(TimeSpan.FromSeconds(90));
        var risk = await service.GetAsync("/api/v1/risk?pair=BTC/USDT");
        await service.GetAsync("/api/v1/risk?pair=DOGE/USDT", HttpStatusCode.NotFound);
        await using var stream = await EventStream.OpenAsync(service.Http);
        await stream.NextAsync();

        var metrics = await ReadAsync(service);
        // A request is counted after its answer is sent.
        for (var i = 0; i < 1000 && !metrics.ContainsKey(Refused); i++)
            metrics = await ReadAsync(service);
        Assert.Equal(risk.GetProperty("risk_score").GetDouble(), metrics[$"remora_risk_score{Btc}}}"]);
        Assert.Equal(0, metrics[$"remora_safe_to_trade{Btc}}}"]);
        Assert.Equal(1, metrics[$"remora_blocked{Btc},by=\"flag_extreme_fear\"}}"]);
        Assert.Equal(1, metrics[$"remora_flag{Btc},flag=\"flag_extreme_fear\"}}"]);
        Assert.Equal(1, metrics[$"remora_regime{Btc},regime=\"{risk.GetProperty("regime").GetString()}\"}}"]);
        Assert.Equal(1, metrics.Where(one => one.Key.StartsWith($"remora_regime{Btc}")).Sum(one => one.Value));
        Assert.Equal(1, metrics[$"remora_state{Btc},state=\"{risk.GetProperty("state").GetString()}\"}}"]);
        Assert.Equal(1, metrics.Where(one => one.Key.StartsWith($"remora_state{Btc}")).Sum(one => one.Value));
        foreach (
            var (name, member) in new[]
            {
                ("volatility", "volatility_classification"),
                ("trend", "trend_classification"),
            }
        )
        {
            var all = metrics.Where(one => one.Key.StartsWith($"remora_{name}_class{Btc}")).ToList();
            Assert.Equal(name == "volatility" ? 4 : 3, all.Count);
            var current = risk.GetProperty(member).GetString();
            Assert.Equal(current is null ? 0 : 1, all.Sum(one => one.Value));
            if (current is not null)
                Assert.Equal(1, metrics[$"remora_{name}_class{Btc},class=\"{current}\"}}"]);
        }
        Assert.Equal(7, metrics["remora_source_requests_total{source=\"test\"}"]);
        Assert.Equal(3, metrics["remora_source_requests_total{source=\"other\"}"]);
        Assert.Equal(2, metrics["remora_source_errors_total{source=\"test\",kind=\"timeout\"}"]);
        Assert.Equal(90, metrics[$"remora_candle_age_seconds{Btc}}}"]);
        Assert.Equal(15, metrics["remora_source_value{source=\"test\",signal=\"fear_greed\",base=\"\"}"]);
        Assert.Equal(90, metrics["remora_source_value_age_seconds{source=\"test\",signal=\"fear_greed\",base=\"\"}"]);
        Assert.Equal(1, metrics["remora_source_state{source=\"test\",state=\"live\"}"]);
        Assert.Equal(1, metrics["remora_stream_readers"]);
        Assert.Equal(1, metrics["remora_http_request_duration_seconds_count{route=\"/api/v1/stream\",status=\"200\"}"]);
        Assert.Equal(1, metrics["remora_http_request_duration_seconds_count{route=\"/api/v1/risk\",status=\"200\"}"]);
        Assert.Equal(1, metrics[Refused]);
        Assert.Equal(2, metrics["remora_engine_apply_duration_seconds_count"]);
        // Unknown: absent, not 0.
        Assert.DoesNotContain(metrics.Keys, name => name.StartsWith("remora_risk_score") && name.Contains("ETH"));
        foreach (
            var name in new[]
            {
                "process_cpu_seconds_total",
                "process_resident_memory_bytes",
                "process_threads",
                "dotnet_gc_heap_bytes",
            }
        )
            Assert.True(metrics[name] > 0, name);
    }

    [Fact]
    public async Task The_documentation_lists_every_metric()
    {
        await using var service = await LiveServer.StartAsync();
        await service.WarmAsync();
        await service.ObserveAsync(Some.Observation(Signal.FearGreed, 15, Some.Time));
        var text = await service.Http.GetStringAsync("/metrics");
        var names = TypePattern().Matches(text).Select(type => type.Groups["name"].Value).ToList();
        Assert.Contains("remora_risk_score", names);
        var documented = DocumentedPattern()
            .Matches(await File.ReadAllTextAsync(Repository.PathOf("docs", "operations.md")))
            .Select(cell => cell.Groups["name"].Value)
            .ToList();
        Assert.All(
            names,
            name =>
                Assert.True(
                    documented.Exists(known => known.StartsWith('…') ? name.EndsWith(known[1..]) : name == known),
                    $"docs/operations.md does not list {name}"
                )
        );
    }

    [Fact]
    public async Task Others_can_add_instruments_of_their_own()
    {
        await using var service = await LiveServer.StartAsync(
            observe:
            [
                meter => meter.CreateObservableGauge("remora.recorder.queue.length", () => 7, null, "Rows that wait."),
            ]
        );
        Assert.Equal(7, (await ReadAsync(service))["remora_recorder_queue_length"]);
    }

    [Fact]
    public async Task Paths_that_callers_make_up_do_not_become_series()
    {
        await using var service = await LiveServer.StartAsync();
        for (var i = 0; i < 50; i++)
            await service.GetAsync($"/made/up/{i}", HttpStatusCode.NotFound);
        var metrics = await ReadAsync(service);
        const string none = "remora_http_request_duration_seconds_count{route=\"none\",status=\"404\"}";
        for (var i = 0; i < 1000 && metrics.GetValueOrDefault(none) < 50; i++)
            metrics = await ReadAsync(service);
        Assert.Equal(50, metrics[none]);
        Assert.DoesNotContain(metrics.Keys, name => name.Contains("made"));
    }

    [Fact]
    public void What_is_recorded_adds_up_in_buckets_and_labels_are_escaped()
    {
        using var meter = new Meter("test");
        using var prometheus = new PrometheusText(meter);
        prometheus.Start();
        var histogram = meter.CreateHistogram(
            "a.b",
            "s",
            "Help \\ and\nmore",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1] }
        );
        foreach (var value in new[] { 0.05, 0.1, 0.5, 3 })
            histogram.Record(value, new KeyValuePair<string, object?>("x.y", "\"\\\n" + value.ToString()[..0]));
        Assert.Equal(
            "# HELP a_b_seconds Help \\\\ and\\nmore\n# TYPE a_b_seconds "
                + "histogram\na_b_seconds_bucket{x_y=\"\\\"\\\\\\n\",le=\"0.1\"} "
                + "2\na_b_seconds_bucket{x_y=\"\\\"\\\\\\n\",le=\"1\"} 3\n"
                + "a_b_seconds_bucket{x_y=\"\\\"\\\\\\n\",le=\"+Inf\"} 4\na_b_seconds_sum{x_y=\"\\\"\\\\\\n\"} "
                + "3.65\na_b_seconds_count{x_y=\"\\\"\\\\\\n\"} 4\n",
            prometheus.Write()
        );
    }

    [Fact]
    public async Task Promtool_has_nothing_to_say()
    {
        await using var service = await LiveServer.StartAsync();
        await service.WarmAsync();
        await service.ObserveAsync(Some.Observation(Signal.FearGreed, 15, Some.Time));
        var text = await service.Http.GetStringAsync("/metrics");
        Process process;
        try
        {
            process = Process.Start(
                new ProcessStartInfo("promtool", "check metrics")
                {
                    RedirectStandardInput = true,
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                }
            )!;
        }
        catch (Win32Exception)
        {
            Assert.Skip("promtool is not installed (Debian: apt-get install prometheus)");
            return;
        }
        using (process)
        {
            var said = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.StandardInput.WriteAsync(text);
            process.StandardInput.Close();
            await process.WaitForExitAsync();
            Assert.Equal((0, ""), (process.ExitCode, string.Concat(await said)));
        }
    }

    [Fact]
    public async Task A_collector_is_sent_the_same()
    {
        var received = new ConcurrentQueue<string>();
        await using var collector = await LoopbackServer.StartAsync(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            received.Enqueue($"{context.Request.Path} {Encoding.Latin1.GetString(body.ToArray())}");
        });
        await using var service = await LiveServer.StartAsync(
            LiveServer.Settings with
            {
                OtlpEndpoint = collector.Url,
                OtlpInterval = TimeSpan.FromMilliseconds(200),
            }
        );
        await Eventually.TrueAsync(
            () =>
                received.Any(export =>
                    export.StartsWith("/v1/metrics ", StringComparison.Ordinal)
                    && export.Contains("remora.risk.confidence", StringComparison.Ordinal)
                ),
            () => $"{received.Count} exports"
        );
    }

    internal static async Task<Dictionary<string, double>> ReadAsync(LiveServer service)
    {
        var text = await service.Http.GetStringAsync("/metrics");
        return text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => line[0] != '#')
            .ToDictionary(
                line => line[..line.LastIndexOf(' ')],
                line => double.Parse(line[(line.LastIndexOf(' ') + 1)..])
            );
    }

    [GeneratedRegex("^# TYPE (?<name>remora_[a-z_]+) ", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TypePattern();

    [GeneratedRegex("`(?<name>(remora|…)_[a-z_]+)`", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex DocumentedPattern();
}
