using System.Text.Json;
using System.Text.RegularExpressions;
using Remora.Testing;
using YamlDotNet.RepresentationModel;

namespace Remora.Cli.Tests.Deploy;

/// <summary>
/// Tests the files in <c>deploy/</c>, as far as possible without a container engine.
/// </summary>
public sealed partial class DeployTests
{
    private static readonly string[] PanelTypes = ["timeseries", "stat", "gauge", "bargauge", "state-timeline"];

    public static TheoryData<string> Dashboards =>
        [.. Directory.GetFiles(Deploy("grafana", "dashboards"), "*.json").Select(file => Path.GetFileName(file))];

    [Fact]
    public void The_build_context_contains_everything_the_image_copies()
    {
        var sources = File.ReadAllLines(Deploy("Dockerfile"))
            .Where(line =>
                line.StartsWith("COPY ", StringComparison.Ordinal) && !line.Contains("--from", StringComparison.Ordinal)
            )
            .SelectMany(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..^1])
            .ToList();
        var let = File.ReadAllLines(Deploy("Dockerfile.dockerignore"))
            .Where(line => line.StartsWith('!'))
            .Select(line => line[1..])
            .ToList();
        Assert.Contains("src", sources);
        Assert.All(sources, source => Assert.True(Path.Exists(Repository.PathOf(source)), source));
        Assert.Equal(let.Order(), sources.Order());
    }

    [Fact]
    public void The_image_runs_without_privileges_and_reports_its_health()
    {
        var last = File.ReadAllText(Deploy("Dockerfile")).Split("\nFROM ")[^1];
        Assert.Matches("(?m)^USER \\$APP_UID$", last);
        Assert.Matches("(?m)^HEALTHCHECK ", last);
        Assert.DoesNotContain("/sdk:", last, StringComparison.Ordinal);
    }

    [Fact]
    public void The_image_has_the_latest_supported_node_and_older_versions_work()
    {
        Assert.Contains("\nFROM node:24-", File.ReadAllText(Deploy("Dockerfile")), StringComparison.Ordinal);
        using var package = JsonDocument.Parse(File.ReadAllText(Repository.PathOf("package.json")));
        Assert.Equal(">=20", package.RootElement.GetProperty("engines").GetProperty("node").GetString());
        Assert.Contains(
            "target: 'node20'",
            File.ReadAllText(Repository.PathOf("src", "Remora.Feeds", "Exchanges", "Bridge", "bundle.mjs")),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Compose_refers_only_to_existing_files()
    {
        var text = File.ReadAllText(Deploy("compose.yaml"));
        var root = Read("compose.yaml");
        var services = (YamlMappingNode)root["services"];
        var volumes = ((YamlMappingNode)root["volumes"]).Children.Keys.Select(name => name.ToString()).ToList();
        foreach (
            var (name, service) in services.Children.Select(pair => (pair.Key.ToString(), (YamlMappingNode)pair.Value))
        )
        {
            Assert.True(service.Children.ContainsKey("image"), name);
            foreach (var volume in List(service, "volumes").Select(volume => volume.Split(':')[0]))
                Assert.True(
                    volume.StartsWith('.') ? Path.Exists(Deploy(volume)) : volumes.Contains(volume),
                    $"{name}: {volume}"
                );
            // Only the operator opens ports to others
            Assert.All(List(service, "ports"), port => Assert.StartsWith("127.0.0.1:", port));
            if (service.Children.TryGetValue("depends_on", out var needs))
                Assert.All(
                    needs is YamlMappingNode map
                        ? map.Children.Keys.Select(key => key.ToString())
                        : ((YamlSequenceNode)needs).Select(node => node.ToString()),
                    need => Assert.True(services.Children.ContainsKey(need), need)
                );
        }
        var variables = File.ReadAllText(Deploy("env.example"));
        Assert.All(
            VariablePattern().Matches(text).Select(match => match.Groups["name"].Value),
            variable => Assert.Contains(variable + "=", variables, StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task Compose_uses_only_existing_settings()
    {
        var service = (YamlMappingNode)((YamlMappingNode)Read("compose.yaml")["services"])["remora"];
        var given = ((YamlMappingNode)service["environment"]).Children.ToDictionary(
            pair => pair.Key.ToString(),
            pair => DefaultPattern().Replace(pair.Value.ToString(), "${default}")
        );
        foreach (var (name, value) in ImageVariables())
            given.TryAdd(name, value);
        given["REMORA_CLICKHOUSE"] = "http://remora@localhost:1"; // no store responds; the service must start anyway
        given["REMORA_CLICKHOUSE_PASSWORD"] = "x";
        given["REMORA_PORT"] = "0";
        given["REMORA_HOST"] = "0.0.0.0";
        using var data = new TemporaryFolder();
        given["REMORA_DATA"] = data.File("data");
        given["REMORA_STORE"] = "true";
        await using var started = RemoraProcess.Start(["serve", "--sandbox"], given);
        using var http = new HttpClient
        {
            BaseAddress = new((await started.UrlAsync()).Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal)),
        };
        Assert.True((await http.GetAsync("/healthz")).IsSuccessStatusCode);
        Assert.True((await http.GetAsync("/metrics")).IsSuccessStatusCode); // Prometheus sends no key
        started.Terminate();
        Assert.Equal(0, await started.ExitAsync());
    }

    [Fact]
    public void Grafana_finds_its_dashboards_and_its_source()
    {
        var source = ((YamlSequenceNode)Read("grafana/provisioning/datasources/prometheus.yaml")["datasources"])[0];
        Assert.Equal("prometheus", source["uid"].ToString());
        var port = List((YamlMappingNode)((YamlMappingNode)Read("compose.yaml")["services"])["prometheus"], "ports")[0]
            .Split(':')[^1];
        Assert.Equal($"http://prometheus:{port}", source["url"].ToString());
        var provider = ((YamlSequenceNode)Read("grafana/provisioning/dashboards/remora.yaml")["providers"])[0];
        var path = ((YamlMappingNode)provider["options"])["path"].ToString();
        Assert.Contains(
            $"./grafana/dashboards:{path}:ro",
            List((YamlMappingNode)((YamlMappingNode)Read("compose.yaml")["services"])["grafana"], "volumes")
        );
        Assert.Equal(3, Dashboards.Count);
    }

    [Theory, MemberData(nameof(Dashboards))]
    public void Every_dashboard_is_valid(string file)
    {
        using var board = JsonDocument.Parse(File.ReadAllText(Deploy("grafana", "dashboards", file)));
        Assert.NotEmpty(board.RootElement.GetProperty("uid").GetString()!);
        var taken = new HashSet<(int, int)>();
        var ids = new HashSet<int>();
        foreach (var panel in board.RootElement.GetProperty("panels").EnumerateArray())
        {
            var title = panel.GetProperty("title").GetString();
            Assert.True(ids.Add(panel.GetProperty("id").GetInt32()), title);
            Assert.Contains(panel.GetProperty("type").GetString(), PanelTypes);
            Assert.Equal("prometheus", panel.GetProperty("datasource").GetProperty("uid").GetString());
            var place = panel.GetProperty("gridPos");
            var (x, y) = (place.GetProperty("x").GetInt32(), place.GetProperty("y").GetInt32());
            Assert.True(x + place.GetProperty("w").GetInt32() <= 24, title);
            for (var i = x; i < x + place.GetProperty("w").GetInt32(); i++)
            for (var j = y; j < y + place.GetProperty("h").GetInt32(); j++)
                Assert.True(taken.Add((i, j)), $"{title} lies over another panel");
            Assert.NotEqual(0, panel.GetProperty("targets").GetArrayLength());
        }
    }

    [Fact]
    public void Every_alert_has_a_section_in_the_runbook()
    {
        var rules = File.ReadAllText(Deploy("prometheus", "remora.rules.yml"));
        var links = RunbookPattern()
            .Matches(rules)
            .Select(match => (match.Groups["alert"].Value, match.Groups["anchor"].Value))
            .ToList();
        Assert.Equal(Regex.Count(rules, "- alert: "), links.Count);
        var sections = File.ReadAllLines(Repository.PathOf("docs", "runbook.md"))
            .Where(line => line.StartsWith("## ", StringComparison.Ordinal))
            .Select(line => line[3..])
            .ToList();
        Assert.All(links, link => Assert.Equal(link.Item1, link.Item2, ignoreCase: true));
        Assert.Equal(links.Select(link => link.Item1).Order(), sections.Order());
    }

    [Fact]
    public async Task The_workflows_are_valid()
    {
        var lint = Repository.PathOf("node_modules", "@tktco", "node-actionlint", "bin", "node-actionlint.js");
        var (exit, output) = await Tool.RunAsync("node", [lint, Repository.PathOf(".github", "workflows", "*.yml")]);
        Assert.True(exit == 0, output);
        Assert.Contains("Checking 3 workflow file(s)", output);
    }

    [Fact]
    public async Task Systemd_accepts_the_unit()
    {
        Tool.Need("systemd-analyze", "systemd");
        using var folder = new TemporaryFolder();
        var unit = folder.File("remora.service");
        var text = await File.ReadAllTextAsync(Deploy("systemd", "remora.service"));
        // The program need not be installed here
        await File.WriteAllTextAsync(unit, text.Replace("/usr/bin/remora", "/bin/true", StringComparison.Ordinal));
        Assert.Equal((0, ""), await Tool.RunAsync("systemd-analyze", ["verify", "--man=no", unit]));
    }

    [Fact]
    public async Task Nginx_accepts_its_example()
    {
        Tool.Need("nginx", "nginx-light");
        Tool.Need("openssl", "openssl");
        using var folder = new TemporaryFolder();
        var certificates = folder.File("tls");
        Directory.CreateDirectory(certificates);
        Assert.Equal(
            0,
            (
                await Tool.RunAsync(
                    "openssl",
                    [
                        "req",
                        "-x509",
                        "-newkey",
                        "rsa:2048",
                        "-nodes",
                        "-keyout",
                        certificates + "/privkey.pem",
                        "-out",
                        certificates + "/fullchain.pem",
                        "-days",
                        "1",
                        "-subj",
                        "/CN=remora.example.org",
                    ]
                )
            ).ExitCode
        );
        var site = (await File.ReadAllTextAsync(Deploy("nginx", "remora.conf"))).Replace(
            "/etc/ssl/remora",
            certificates,
            StringComparison.Ordinal
        );
        await File.WriteAllTextAsync(
            folder.File("remora.conf"),
            PortPattern().Replace(site, "listen ${address}1${port}")
        ); // ports that need no privileges
        await File.WriteAllTextAsync(
            folder.File("nginx.conf"),
            $"pid {folder.File("pid")}; error_log stderr; events {{}} http {{ access_log off; include "
                + $"{folder.File("remora.conf")}; }}"
        );
        var (exitCode, output) = await Tool.RunAsync("nginx", ["-t", "-c", folder.File("nginx.conf")]);
        Assert.True(exitCode == 0 && output.Contains("is successful", StringComparison.Ordinal), output);
        Assert.Matches(@"location = /api/v1/stream \{[^}]*proxy_buffering off;", site);
    }

    [Fact]
    public async Task Caddy_accepts_its_example()
    {
        Tool.Need("caddy", "caddy");
        var (exitCode, output) = await Tool.RunAsync(
            "caddy",
            ["validate", "--config", Deploy("caddy", "Caddyfile"), "--adapter", "caddyfile"]
        );
        Assert.True(exitCode == 0, output);
    }

    internal static string Deploy(params string[] parts) => Path.Combine([Repository.PathOf("deploy"), .. parts]);

    private static YamlMappingNode Read(string file)
    {
        using var reader = new StreamReader(Deploy(file));
        var yaml = new YamlStream();
        yaml.Load(reader);
        return (YamlMappingNode)yaml.Documents[0].RootNode;
    }

    private static IReadOnlyList<string> List(YamlMappingNode node, string name) =>
        node.Children.TryGetValue(name, out var list)
            ? [.. ((YamlSequenceNode)list).Select(item => item.ToString())]
            : [];

    private static IEnumerable<(string Name, string Value)> ImageVariables() =>
        ImageVariablePattern()
            .Matches(File.ReadAllText(Deploy("Dockerfile")))
            .Select(match => (match.Groups["name"].Value, match.Groups["value"].Value));

    [GeneratedRegex(
        @"- alert: (?<alert>\w+)\n(?:(?!- alert: ).*\n)*? *runbook: docs/runbook\.md#(?<anchor>\w+)\n",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex RunbookPattern();

    [GeneratedRegex(@"\$\{(?<name>[A-Z_]+)[:}]", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex VariablePattern();

    [GeneratedRegex(@"\$\{[A-Z_]+:[-?](?<default>[^}]*)\}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex DefaultPattern();

    [GeneratedRegex(@"(?<name>REMORA_[A-Z_]+)=(?<value>\S+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ImageVariablePattern();

    [GeneratedRegex(@"listen (?<address>\[::\]:)?(?<port>\d+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex PortPattern();
}
