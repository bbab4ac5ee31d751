using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Remora.Feeds.Exchanges;
using Remora.Feeds.Http;
using Remora.Server.Settings;
using Spectre.Console;

namespace Remora.Cli.Commands;

/// <summary>
/// <c>remora doctor</c>: checks installation, network and settings, with advice for each fault.
/// </summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var service = new ServiceOptionSet();
        var command = new Command(
            "doctor",
            "Checks installation, network and settings. Exit code 1 if something is missing."
        );
        var running = new RunningServiceOptionSet("this machine at the settings' port", takesSeveral: false);
        var live = new Option<bool>("--live")
        {
            Description =
                "Also request each outside source, and candles of each exchange twice: which are reachable, which "
                + "refuse this region, and which fallback serves",
        };
        command.Options.Add(live);
        foreach (var option in service.All)
            command.Options.Add(option);
        running.AddTo(command);
        command.SetAction(
            async (parsed, cancellation) =>
            {
                var (findings, _) = await ExamineAsync(service, running, parsed, parsed.GetValue(live), cancellation);
                Print(findings);
                return findings.TrueForAll(finding => finding.Good != false) ? ExitCode.Ok : ExitCode.No;
            }
        );
        return command;
    }

    /// <summary>Runs all checks. The settings are null if they are invalid.</summary>
    internal static async Task<(List<Finding> Findings, ServiceSettings? Settings)> ExamineAsync(
        ServiceOptionSet service,
        RunningServiceOptionSet running,
        ParseResult parsed,
        bool live,
        CancellationToken cancellation
    )
    {
        var findings = new List<Finding>
        {
            new(
                "runtime",
                true,
                $".NET {Environment.Version} on {RuntimeInformation.OSDescription}, {Environment.ProcessorCount} cores"
            ),
        };
        findings.Add(await NodeAsync(cancellation));
        findings.Add(Bridge());
        var (configuration, settings) = Configuration(service, parsed);
        findings.Add(configuration);
        if (settings is not null)
        {
            findings.AddRange([
                EnvironmentChecks.DataFolder(settings),
                .. EnvironmentChecks.SandboxFolder(settings),
                EnvironmentChecks.Keys(settings),
                EnvironmentChecks.OpenFiles(settings),
            ]);
            var (answer, sandbox) = await ServiceAsync(settings, running, parsed, cancellation);
            findings.Add(answer);
            findings.AddRange(
                await OutsideAsync(settings, sandbox ?? settings.SandboxUrl?.ToString(), live, cancellation)
            );
        }
        return (findings, settings);
    }

    private static async Task<Finding> NodeAsync(CancellationToken cancellation)
    {
        const string advice =
            "install Node.js 20 or later and add 'node' to PATH; the bridge to the exchanges requires it";
        try
        {
            using var node = Process.Start(
                new ProcessStartInfo(new CcxtBridgeOptions().NodePath, "--version") { RedirectStandardOutput = true }
            )!;
            var version = (await node.StandardOutput.ReadToEndAsync(cancellation)).Trim();
            await node.WaitForExitAsync(cancellation);
            var good = Version.TryParse(version.TrimStart('v'), out var parsed) && parsed.Major >= 20;
            return new("Node.js", good, good ? version : $"{version}: {advice}");
        }
        catch (Win32Exception)
        {
            return new("Node.js", false, "not found: " + advice);
        }
    }

    private static Finding Bridge()
    {
        var path = new CcxtBridgeOptions().ScriptPath;
        return File.Exists(path)
            ? new("exchange bridge", true, path)
            : new("exchange bridge", false, $"{path} is missing: run ./remora to build it");
    }

    private static (Finding, ServiceSettings?) Configuration(ServiceOptionSet service, ParseResult parsed)
    {
        try
        {
            var settings = service.Read(parsed);
            return (
                new(
                    "settings",
                    true,
                    $"{string.Join(", ", settings.TrackedMarkets.Select(m => m.Id))}; policy {settings.DefaultPolicy}; "
                        + $"{settings.Host}:{settings.Port}"
                ),
                settings
            );
        }
        catch (SettingsException e)
        {
            return (new("settings", false, string.Join("; ", e.Errors)), null);
        }
    }

    /// <summary>Returns the default address of the service for commands on this machine.</summary>
    internal static string UrlOf(ServiceSettings settings) => $"http://127.0.0.1:{settings.Port}";

    /// <summary>
    /// Checks the running service. The sandbox is the one it runs on; null if it runs on none or
    /// does not respond.
    /// </summary>
    private static async Task<(Finding Answer, string? Sandbox)> ServiceAsync(
        ServiceSettings settings,
        RunningServiceOptionSet running,
        ParseResult parsed,
        CancellationToken cancellation
    )
    {
        try
        {
            using var service = running.Connect(parsed, UrlOf(settings));
            var status = JsonElement.Parse(await service.GetTextAsync("/api/v1/status", cancellation));
            var notice = status.GetProperty("sandbox");
            var sandbox = notice.ValueKind == JsonValueKind.Object ? notice.GetProperty("url").GetString() : null;
            var world = sandbox is null ? "" : $", on the sandbox at {sandbox}";
            var version = status.GetProperty("version").GetString();
            return (new("service", true, $"version {version} is running at {service.Url}{world}"), sandbox);
        }
        catch (ServiceException e)
        {
            return (new("service", e.ExitCode == ExitCode.Usage && e.Status is null ? false : null, e.Message), null);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            var url = running.NamesOf(parsed, UrlOf(settings));
            return (new("service", null, $"the server at {url} is not a Remora service"), null);
        }
    }

    /// <summary>
    /// Checks the exchanges of the settings, or the sandbox that simulates them, and with
    /// <paramref name="live"/> everything that they return.
    /// </summary>
    private static async Task<IReadOnlyList<Finding>> OutsideAsync(
        ServiceSettings settings,
        string? sandbox,
        bool live,
        CancellationToken cancellation
    )
    {
        var ids = settings
            .TrackedMarkets.SelectMany(m => m.Fallbacks.Select(f => f.Exchange).Prepend(m.Id.Exchange))
            .Distinct();
        if (sandbox is null && settings.Sandbox)
            return [.. ids.Select(id => new Finding(id, null, "not checked: the settings use a sandbox"))];
        var world = sandbox is null ? null : new Uri(sandbox);
        var clock = TimeProvider.System;
        try
        {
            if (live && world is not null)
                clock = (await RemoteSandbox.ConnectAsync(world, cancellation)).Clock;
        }
        catch (SandboxUnreachableException e)
        {
            return [new("sandbox", false, e.Message)];
        }
        await using var bridge = CcxtBridge.Start(
            new()
            {
                RequestDeadline = TimeSpan.FromSeconds(10),
                BaseUrl = world,
                RateLimit = world is null,
            },
            clock
        );
        if (!live)
            return await ExchangesAsync(settings, [.. ids], world, bridge, cancellation);
        using var http = OutsideHttp.NewClient();
        return await new LiveChecks(settings, bridge, http, world, clock).RunAsync(cancellation);
    }

    private static async Task<IReadOnlyList<Finding>> ExchangesAsync(
        ServiceSettings settings,
        IReadOnlyList<string> ids,
        Uri? world,
        CcxtBridge bridge,
        CancellationToken cancellation
    )
    {
        return await Task.WhenAll(
            ids.Select(async id =>
            {
                try
                {
                    var symbols = await bridge.Exchange(id).MarketsAsync(cancellation);
                    var missing = settings
                        .TrackedMarkets.Where(m => m.Id.Exchange == id && !symbols.Contains(m.Id.Pair.ToString()))
                        .Select(m => m.Id.Pair)
                        .ToList();
                    var by = world is null ? "" : $", simulated by the sandbox at {world}";
                    if (missing.Count == 0)
                        return new Finding(id, true, $"reachable, with {symbols.Count} spot markets{by}");
                    return world is null
                        ? new Finding(
                            id,
                            false,
                            $"the exchange does not list {string.Join(", ", missing)}: check the setting 'pairs'"
                        )
                        : new Finding(id, null, $"the sandbox at {world} has no {string.Join(", ", missing)}");
                }
                catch (ExchangeException e) when (world is not null)
                {
                    var error = $"{RemoraJson.NameOf(e.Kind)}: {e.Message}";
                    return new Finding(
                        id,
                        null,
                        $"the sandbox at {world} returned an error for this exchange: {error}"
                    );
                }
                catch (ExchangeException e)
                {
                    return new Finding(
                        id,
                        false,
                        $"{RemoraJson.NameOf(e.Kind)}: {e.Message}. To run without an exchange, use 'remora serve "
                            + $"--sandbox'."
                    );
                }
            })
        );
    }

    private static void Print(List<Finding> findings)
    {
        var grid = new Grid()
            .AddColumn(new GridColumn().NoWrap())
            .AddColumn(new GridColumn().NoWrap().PadRight(2))
            .AddColumn();
        foreach (var (subject, good, text) in findings)
        {
            var mark = good switch
            {
                true => "[green]ok[/]",
                false => "[red]missing[/]",
                null => "[yellow]note[/]",
            };
            grid.AddRow(new Markup(mark), new Markup(Markup.Escape(subject)), new Markup(Markup.Escape(text)));
        }
        Terminal.Data.Write(grid);
    }
}

/// <summary>The result of one check. <c>Good</c> is null for a note.</summary>
internal sealed record Finding(string Subject, bool? Good, string Text);
