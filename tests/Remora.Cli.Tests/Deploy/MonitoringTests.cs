using System.Text.Json;
using System.Text.RegularExpressions;
using Remora.Testing;

namespace Remora.Cli.Tests.Deploy;

/// <summary>
/// Tests the metrics of the service and the queries in <c>deploy/</c> with a real Prometheus.
/// </summary>
[Trait("speed", "slow")]
public sealed partial class MonitoringTests(MonitoredRemora monitored) : IClassFixture<MonitoredRemora>
{
    [Fact]
    public async Task Promtool_accepts_configuration_and_rules_and_the_rules_pass_their_tests()
    {
        Tool.Need("promtool", "prometheus");
        var (exitCode, output) = await Tool.RunAsync(
            "promtool",
            ["check", "config", DeployTests.Deploy("prometheus", "prometheus.yml")]
        );
        Assert.True(exitCode == 0, output);
        (exitCode, output) = await Tool.RunAsync(
            "promtool",
            ["test", "rules", DeployTests.Deploy("prometheus", "remora.rules.test.yml")]
        );
        Assert.True(exitCode == 0, output);
        var tests = await File.ReadAllTextAsync(DeployTests.Deploy("prometheus", "remora.rules.test.yml"));
        foreach (
            Match alert in AlertPattern()
                .Matches(await File.ReadAllTextAsync(DeployTests.Deploy("prometheus", "remora.rules.yml")))
        )
            Assert.Contains(alert.Groups["name"].Value, tests, StringComparison.Ordinal); // each alert has a test
    }

    [Fact]
    public async Task Promtool_accepts_the_metrics_of_the_store()
    {
        Tool.Need("prometheus", "prometheus");
        var metrics = "";
        await ServeCommandTests.EventuallyAsync(
            async () =>
                (metrics = await monitored.Service.GetStringAsync("/metrics")).Contains(
                    "remora_rollup_lag_seconds{",
                    StringComparison.Ordinal
                ),
            () => metrics
        );
        Assert.Equal((0, ""), await Tool.RunAsync("promtool", ["check", "metrics"], metrics));
    }

    [Fact]
    public async Task Every_panel_of_every_dashboard_has_data()
    {
        Tool.Need("prometheus", "prometheus");
        var queries = DeployTests.Dashboards.SelectMany(file => QueriesOf(file)).ToList();
        Assert.True(queries.Count > 60, $"{queries.Count} queries");
        var empty = new List<string>();
        await ServeCommandTests.EventuallyAsync(
            async () =>
            {
                // Requests that a quiet service would not have: live, history, a refused one, and a
                // stream.
                foreach (
                    var path in new[]
                    {
                        "/api/v1/risk?pair=BTC/USDT",
                        "/api/v1/history?pair=BTC/USDT",
                        "/api/v1/risk?pair=NONE/USDT",
                    }
                )
                    (await monitored.Service.GetAsync(path)).Dispose();
                empty.Clear();
                foreach (var (panel, expression) in queries)
                    if ((await monitored.QueryAsync(expression)).GetArrayLength() == 0)
                        empty.Add($"{panel}: {expression}");
                return empty.Count == 0;
            },
            () => $"without data: {string.Join('\n', empty)}"
        );
    }

    [Fact]
    public async Task Every_alert_is_evaluated_and_uses_existing_metrics()
    {
        Tool.Need("prometheus", "prometheus");
        var rules = await File.ReadAllTextAsync(DeployTests.Deploy("prometheus", "remora.rules.yml"));
        List<JsonElement> evaluated = [];
        await ServeCommandTests.EventuallyAsync(
            async () =>
            {
                var groups = JsonElement
                    .Parse(await monitored.Prometheus.GetStringAsync("/api/v1/rules"))
                    .GetProperty("data")
                    .GetProperty("groups");
                evaluated =
                [
                    .. groups.EnumerateArray().SelectMany(group => group.GetProperty("rules").EnumerateArray()),
                ];
                return evaluated.Count > 0
                    && evaluated.All(rule => rule.GetProperty("health").GetString() != "unknown");
            },
            () => "the rules are not evaluated"
        );
        Assert.Equal(AlertPattern().Count(rules), evaluated.Count);
        Assert.All(evaluated, rule => Assert.True(rule.GetProperty("health").GetString() == "ok", rule.ToString()));

        // Absent here: nothing waits (see StoreMeterTests), a fast clock has no availability (see
        // InstalledPageTests), and no bot with a limit is followed.
        string[] absent =
        [
            "remora_recorder_journal_oldest_age_seconds",
            "remora_availability_down_seconds",
            "remora_book_over_limit",
            "remora_book_liquidation_likely",
        ];
        var names = evaluated
            .SelectMany(rule => MetricPattern().Matches(rule.GetProperty("query").GetString()!))
            .Select(match => match.Value)
            .Distinct()
            .Where(name => !absent.Contains(name))
            .ToList();
        Assert.True(names.Count > 12, string.Join(' ', names));
        List<string> missing = [];
        await ServeCommandTests.EventuallyAsync(
            async () =>
            {
                missing.Clear();
                foreach (var name in names)
                    if ((await monitored.QueryAsync($"count({name})")).GetArrayLength() == 0)
                        missing.Add(name);
                return missing.Count == 0;
            },
            () => $"not scraped: {string.Join(", ", missing)}"
        );
    }

    [Fact]
    public async Task Alerts_fire_while_every_exchange_fails_and_resolve_afterwards()
    {
        Tool.Need("prometheus", "prometheus");
        string[] wanted = ["RemoraDataStale", "RemoraFeedUnreachable"];
        using var http = new HttpClient { BaseAddress = new(monitored.World) };
        using (var order = new StringContent("""{"kind":"refused"}""", null, "application/json"))
            (await http.PostAsync("/sandbox/faults", order)).EnsureSuccessStatusCode();
        await ServeCommandTests.EventuallyAsync(
            async () => wanted.All((await FiringAsync()).Contains),
            () => "no alert fired"
        );
        (await http.DeleteAsync("/sandbox/faults")).EnsureSuccessStatusCode();
        await ServeCommandTests.EventuallyAsync(
            async () => !wanted.Any((await FiringAsync()).Contains),
            () => "the alerts went on"
        );
    }

    private async Task<List<string>> FiringAsync()
    {
        var alerts = JsonElement
            .Parse(await monitored.Prometheus.GetStringAsync("/api/v1/alerts"))
            .GetProperty("data")
            .GetProperty("alerts");
        return
        [
            .. alerts
                .EnumerateArray()
                .Where(alert => alert.GetProperty("state").GetString() == "firing")
                .Select(alert => alert.GetProperty("labels").GetProperty("alertname").GetString()!),
        ];
    }

    /// <summary>
    /// Returns each query as Grafana sends it with all variables selected, and the series of its
    /// variables.
    /// </summary>
    private static List<(string Panel, string Expression)> QueriesOf(string file)
    {
        using var board = JsonDocument.Parse(File.ReadAllText(DeployTests.Deploy("grafana", "dashboards", file)));
        var panels = board
            .RootElement.GetProperty("panels")
            .EnumerateArray()
            .SelectMany(panel =>
                panel
                    .GetProperty("targets")
                    .EnumerateArray()
                    .Select(target =>
                        (
                            $"{file} {panel.GetProperty("title").GetString()}",
                            target
                                .GetProperty("expr")
                                .GetString()!
                                .Replace("$__rate_interval", "10s", StringComparison.Ordinal)
                                .Replace("$pair", ".*", StringComparison.Ordinal)
                                .Replace("$instance", ".*", StringComparison.Ordinal)
                        )
                    )
            );
        var variables = board
            .RootElement.GetProperty("templating")
            .GetProperty("list")
            .EnumerateArray()
            .Select(variable => LabelValuesPattern().Match(variable.GetProperty("definition").GetString()!))
            .Select(match =>
                (
                    $"{file} variable",
                    $"count by ({match.Groups["label"].Value}) "
                        + $"({match.Groups["metric"].Value}{{{match.Groups["label"].Value}!=\"\"}})"
                )
            );
        return [.. panels, .. variables];
    }

    [GeneratedRegex("alert: (?<name>[A-Za-z]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex AlertPattern();

    [GeneratedRegex(@"\b(remora|process)_[a-z_]+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex MetricPattern();

    [GeneratedRegex(@"label_values\((?<metric>[a-z_]+), (?<label>[a-z]+)\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex LabelValuesPattern();
}
