using System.Diagnostics;
using System.Text.RegularExpressions;
using Remora.Cli.Tests.Store;
using Remora.Testing;
using YamlDotNet.RepresentationModel;

namespace Remora.Cli.Tests.Deploy;

/// <summary>
/// Tests <c>deploy/compose.yaml</c> without a container engine: Compose's own parser reads it, and
/// what its services run is started here, one by one.
/// </summary>
public sealed partial class ComposeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Compose_refers_only_to_existing_files()
    {
        var text = File.ReadAllText(DeployTests.Deploy("compose.yaml"));
        var root = DeployTests.Read("compose.yaml");
        var services = (YamlMappingNode)root["services"];
        var volumes = ((YamlMappingNode)root["volumes"]).Children.Keys.Select(name => name.ToString()).ToList();
        foreach (
            var (name, service) in services.Children.Select(pair => (pair.Key.ToString(), (YamlMappingNode)pair.Value))
        )
        {
            Assert.True(service.Children.ContainsKey("image"), name);
            foreach (var volume in DeployTests.List(service, "volumes").Select(volume => volume.Split(':')[0]))
                Assert.True(
                    volume.StartsWith('.') ? Path.Exists(DeployTests.Deploy(volume)) : volumes.Contains(volume),
                    $"{name}: {volume}"
                );
            // Only the operator opens ports to others
            Assert.All(DeployTests.List(service, "ports"), port => Assert.StartsWith("127.0.0.1:", port));
            if (service.Children.TryGetValue("depends_on", out var needs))
                Assert.All(
                    needs is YamlMappingNode map
                        ? map.Children.Keys.Select(key => key.ToString())
                        : ((YamlSequenceNode)needs).Select(node => node.ToString()),
                    need => Assert.True(services.Children.ContainsKey(need), need)
                );
        }
        var variables = File.ReadAllText(DeployTests.Deploy("env.example"));
        Assert.All(
            VariablePattern().Matches(text).Select(match => match.Groups["name"].Value),
            variable => Assert.Contains(variable + "=", variables, StringComparison.Ordinal)
        );
    }

    [Fact]
    public void The_image_has_the_version_of_the_build()
    {
        var properties = File.ReadAllText(Repository.PathOf("Directory.Build.props"));
        var version = Regex
            .Match(properties, "<Version>(?<it>.+)</Version>", RegexOptions.NonBacktracking)
            .Groups["it"]
            .Value;
        var images = Directory
            .GetFiles(DeployTests.Deploy(), "compose*.yaml")
            .SelectMany(file =>
                Regex.Matches(File.ReadAllText(file), "image: remora:(?<it>.+)", RegexOptions.NonBacktracking)
            )
            .ToList();
        Assert.NotEmpty(images);
        Assert.All(images, image => Assert.Equal(version, image.Groups["it"].Value));
    }

    [Theory]
    [InlineData("compose.yaml", "CLICKHOUSE_PASSWORD")]
    [InlineData("compose.freqtrade.yaml", "FREQTRADE_PASSWORD")]
    public async Task The_parser_of_compose_accepts_it_with_passwords_only(string file, string required)
    {
        Assert.NotEmpty((await ResolvedAsync(file)).Children);
        var (exit, output) = await ParseAsync(file, "");
        Assert.NotEqual(0, exit);
        Assert.Contains(required, output);
    }

    [Fact]
    public async Task The_service_starts_with_its_environment_and_its_health_check_succeeds()
    {
        var given = ((YamlMappingNode)(await ResolvedAsync())["remora"]["environment"]).Children.ToDictionary(
            pair => pair.Key.ToString(),
            pair => pair.Value.ToString()
        );
        Assert.Equal("secret", given["REMORA_CLICKHOUSE_PASSWORD"]);
        foreach (var (name, value) in ImageVariables())
            given.TryAdd(name, value);
        given["REMORA_CLICKHOUSE"] = "http://remora@localhost:1"; // no store responds; the service must start anyway
        given["REMORA_PORT"] = "0";
        given["REMORA_DATA"] = _folder.File("data");
        given["REMORA_STORE"] = "true";
        await using var started = RemoraProcess.Start(["serve", "--sandbox"], given);
        var url = new Uri((await started.UrlAsync()).Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal));
        using var http = new HttpClient { BaseAddress = url };
        Assert.True((await http.GetAsync("/healthz")).IsSuccessStatusCode);
        Assert.True((await http.GetAsync("/metrics")).IsSuccessStatusCode); // Prometheus sends no key

        var check = HealthPattern().Match(await File.ReadAllTextAsync(DeployTests.Deploy("Dockerfile")));
        Assert.True(check.Success);
        string[] node = ["-e", check.Groups["script"].Value];
        Assert.Equal((0, ""), await Tool.RunAsync("env", [$"REMORA_PORT={url.Port}", "node", .. node]));
        started.Terminate();
        Assert.Equal(0, await started.ExitAsync());
        Assert.Equal((1, ""), await Tool.RunAsync("env", [$"REMORA_PORT={url.Port}", "node", .. node]));
    }

    [Fact]
    public async Task The_health_check_of_the_server_succeeds_on_its_engine()
    {
        Tool.Need("wget", "wget");
        var check = (YamlSequenceNode)(await ResolvedAsync())["clickhouse"]["healthcheck"]["test"];
        Assert.Equal("CMD", check[0].ToString());
        await using var host = await StoreHost.StartAsync();
        var (exit, output) = await Tool.RunAsync(
            check[1].ToString(),
            check
                .Skip(2)
                .Select(part => part.ToString())
                .Select(part => part.Replace("http://127.0.0.1:8123/", host.Address, StringComparison.Ordinal))
        );
        Assert.True(exit == 0, output);
    }

    [Fact]
    public async Task Prometheus_starts_with_its_command()
    {
        Tool.Need("prometheus", "prometheus");
        var command = ((YamlSequenceNode)(await ResolvedAsync())["prometheus"]["command"]).Select(part =>
            part.ToString()
                .Replace("=/etc/prometheus", "=" + DeployTests.Deploy("prometheus"), StringComparison.Ordinal)
                .Replace("=/prometheus", "=" + _folder.File("tsdb"), StringComparison.Ordinal)
        );
        var port = MonitoredRemora.FreePort();
        using var prometheus = Process.Start(
            new ProcessStartInfo("prometheus", [.. command, $"--web.listen-address=127.0.0.1:{port}"])
            {
                RedirectStandardError = true,
            }
        )!;
        var log = prometheus.StandardError.ReadToEndAsync();
        try
        {
            using var http = new HttpClient { BaseAddress = new($"http://127.0.0.1:{port}") };
            for (var waited = Stopwatch.StartNew(); waited.Elapsed < TimeSpan.FromMinutes(3); await Task.Delay(100))
                try
                {
                    if (prometheus.HasExited)
                        break;
                    if ((await http.GetAsync("/-/ready")).IsSuccessStatusCode)
                        return;
                }
                catch (HttpRequestException)
                {
                    // it does not listen yet
                }
            prometheus.Kill();
            Assert.Fail("Prometheus is not ready: " + await log);
        }
        finally
        {
            if (!prometheus.HasExited)
                prometheus.Kill();
            await prometheus.WaitForExitAsync();
        }
    }

    /// <summary>The services as Compose's parser reads them.</summary>
    private async Task<YamlMappingNode> ResolvedAsync(string file = "compose.yaml")
    {
        var (exit, output) = await ParseAsync(
            file,
            "CLICKHOUSE_PASSWORD=secret\nGRAFANA_PASSWORD=secret\nFREQTRADE_PASSWORD=secret\n"
        );
        Assert.True(exit == 0, output);
        var yaml = new YamlStream();
        yaml.Load(new StringReader(output));
        return (YamlMappingNode)yaml.Documents[0].RootNode["services"];
    }

    private async Task<(int Exit, string Output)> ParseAsync(string name, string environment)
    {
        string[] compose = ["docker", "compose"];
        if (Tool.Has("docker-compose") || (await Tool.RunAsync("docker", ["compose", "version"])).ExitCode != 0)
        {
            Tool.Need("docker-compose", "docker-compose");
            compose = ["docker-compose"];
        }
        // Debian's version is older than the key 'name'.
        var text = await File.ReadAllTextAsync(DeployTests.Deploy(name));
        var file = _folder.Write(name, NamePattern().Replace(text, ""));
        var variables = _folder.Write("env", environment);
        return await Tool.RunAsync(
            compose[0],
            [.. compose[1..], "--project-name", "remora", "--env-file", variables, "-f", file, "config"]
        );
    }

    private static IEnumerable<(string Name, string Value)> ImageVariables() =>
        ImageVariablePattern()
            .Matches(File.ReadAllText(DeployTests.Deploy("Dockerfile")))
            .Select(match => (match.Groups["name"].Value, match.Groups["value"].Value));

    [GeneratedRegex(@"\$\{(?<name>[A-Z_]+)[:}]", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex VariablePattern();

    [GeneratedRegex(@"(?<name>REMORA_[A-Z_]+)=(?<value>\S+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ImageVariablePattern();

    [GeneratedRegex("(?m)^name: .*$", RegexOptions.None, 1000)]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"CMD \[""/opt/remora/lib/node"", ""-e"", ""(?<script>[^""]+)""\]", RegexOptions.None, 1000)]
    private static partial Regex HealthPattern();
}
