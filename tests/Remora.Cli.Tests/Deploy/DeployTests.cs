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

    /// <summary>
    /// Compiles each dashboard against the types of the Grafana that compose.yaml starts. The types
    /// contain what has to be refused.
    /// </summary>
    [Fact]
    public async Task Every_dashboard_has_the_types_of_grafana()
    {
        using var schema = JsonDocument.Parse(
            await File.ReadAllTextAsync(Repository.PathOf("node_modules", "@grafana", "schema", "package.json"))
        );
        Assert.Contains(
            $"image: grafana/grafana:{schema.RootElement.GetProperty("version").GetString()}\n",
            await File.ReadAllTextAsync(Deploy("compose.yaml"))
        );
        // Inside the repository, where the compiler finds the types
        var folder = Directory.CreateDirectory(Repository.PathOf("artifacts", "grafana")).FullName;
        var types = Repository.PathOf("tests", "Remora.Cli.Tests", "Deploy", "dashboards.ts");
        File.Copy(types, Path.Combine(folder, "dashboards.ts"), overwrite: true);
        List<string> sources = [];
        foreach (var file in Directory.GetFiles(Deploy("grafana", "dashboards"), "*.json"))
        {
            sources.Add(Path.Combine(folder, Path.GetFileNameWithoutExtension(file) + ".ts"));
            await File.WriteAllTextAsync(
                sources[^1],
                "import type { Board } from './dashboards.ts';\nexport const board: Board = "
                    + await File.ReadAllTextAsync(file)
            );
        }
        var compiler = Repository.PathOf("node_modules", "typescript", "bin", "tsc");
        const string options =
            "--noEmit --strict --skipLibCheck --module esnext --moduleResolution bundler --target es2022 "
            + "--allowImportingTsExtensions --types node";
        var (exit, output) = await Tool.RunAsync("node", [compiler, .. options.Split(' '), .. sources]);
        Assert.True(exit == 0, output);
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

    internal static YamlMappingNode Read(string file)
    {
        using var reader = new StreamReader(Deploy(file));
        var yaml = new YamlStream();
        yaml.Load(reader);
        return (YamlMappingNode)yaml.Documents[0].RootNode;
    }

    internal static IReadOnlyList<string> List(YamlMappingNode node, string name) =>
        node.Children.TryGetValue(name, out var list)
            ? [.. ((YamlSequenceNode)list).Select(item => item.ToString())]
            : [];

    [GeneratedRegex(
        @"- alert: (?<alert>\w+)\n(?:(?!- alert: ).*\n)*? *runbook: docs/runbook\.md#(?<anchor>\w+)\n",
        RegexOptions.ExplicitCapture,
        1000
    )]
    private static partial Regex RunbookPattern();

    [GeneratedRegex(@"listen (?<address>\[::\]:)?(?<port>\d+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex PortPattern();
}
