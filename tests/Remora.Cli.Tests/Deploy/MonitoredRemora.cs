using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Remora.Testing;

namespace Remora.Cli.Tests.Deploy;

/// <summary>
/// A sandbox, a service with a store, and a real Prometheus that scrapes it with the configuration
/// and rules of <c>deploy/</c>, at shorter intervals.
/// </summary>
public sealed partial class MonitoredRemora : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("remora-monitored-").FullName;
    private RemoraProcess? _sandbox;
    private RemoraProcess? _service;
    private Process? _prometheus;

    /// <summary>A client of the service.</summary>
    public HttpClient Service { get; private set; } = null!;

    /// <summary>A client of Prometheus.</summary>
    public HttpClient Prometheus { get; private set; } = null!;

    public string World { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        if (!Tool.Has("prometheus"))
            return; // the tests report that they are skipped
        // So that entries are blocked
        _sandbox = RemoraProcess.Start(["sandbox", "--port", "0", "--speed", "300", "--hold", "fear_greed=15"]);
        World = await _sandbox.UrlAsync();
        _service = RemoraProcess.Start(
            ["serve", "--sandbox", World, "--port", "0", "--data", Path.Combine(_folder, "data")],
            new Dictionary<string, string> { ["REMORA_STORE"] = "true", ["REMORA_BACKUP_HOURS"] = "24" }
        );
        Service = new() { BaseAddress = new(await _service.UrlAsync()) };
        await ServeCommandTests.ReadyAsync(Service.BaseAddress.ToString());
        _prometheus = await StartPrometheusAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_prometheus is not null)
        {
            if (!_prometheus.HasExited)
                _prometheus.Kill();
            await _prometheus.WaitForExitAsync();
            _prometheus.Dispose();
            Prometheus.Dispose();
            Service.Dispose();
        }
        if (_service is not null)
            await _service.DisposeAsync();
        if (_sandbox is not null)
            await _sandbox.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Returns the result of an instant query.</summary>
    public async Task<JsonElement> QueryAsync(string expression)
    {
        using var content = new FormUrlEncodedContent([new("query", expression)]);
        using var answer = await Prometheus.PostAsync("/api/v1/query", content);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{expression}: {text}");
        return JsonElement.Parse(text).GetProperty("data").GetProperty("result");
    }

    // Uses the shipped files with other addresses and shorter times. Alerts have no waiting time
    // here; the tests of the rules cover their times.
    private async Task<Process> StartPrometheusAsync()
    {
        var port = FreePort();
        var configuration = await File.ReadAllTextAsync(DeployTests.Deploy("prometheus", "prometheus.yml"));
        var rules = await File.ReadAllTextAsync(DeployTests.Deploy("prometheus", "remora.rules.yml"));
        await File.WriteAllTextAsync(
            Path.Combine(_folder, "prometheus.yml"),
            configuration
                .Replace("15s", "1s", StringComparison.Ordinal)
                .Replace("remora:8000", Service.BaseAddress!.Authority, StringComparison.Ordinal)
        );
        await File.WriteAllTextAsync(Path.Combine(_folder, "remora.rules.yml"), ForPattern().Replace(rules, "for: 0s"));
        var start = new ProcessStartInfo(
            "prometheus",
            [
                $"--config.file={_folder}/prometheus.yml",
                $"--storage.tsdb.path={_folder}/tsdb",
                $"--web.listen-address=127.0.0.1:{port}",
                "--log.level=error",
            ]
        )
        {
            RedirectStandardError = true,
        };
        var process = Process.Start(start)!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        Prometheus = new() { BaseAddress = new($"http://127.0.0.1:{port}") };
        await ServeCommandTests.EventuallyAsync(
            async () =>
            {
                Assert.False(process.HasExited, "Prometheus has ended");
                try
                {
                    return (await Prometheus.GetAsync("/-/ready")).IsSuccessStatusCode;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            () => "Prometheus is not ready"
        );
        return process;
    }

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    [GeneratedRegex("for: [0-9a-z]+", RegexOptions.None, 1000)]
    private static partial Regex ForPattern();
}
