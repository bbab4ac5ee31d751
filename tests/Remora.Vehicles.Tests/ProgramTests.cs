using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Remora.Testing;

namespace Remora.Vehicles.Tests;

[Trait("speed", "slow")]
public sealed partial class ProgramTests(Country country) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly string _folder = Directory.CreateTempSubdirectory("remora-test-").FullName;

    // The output of the build, beside the folder of these tests.
    private static string Program =>
        Path.GetFullPath(
            Path.Combine(
                AppContext.BaseDirectory,
                "..",
                "..",
                "Remora.Vehicles",
                Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/')),
                "Remora.Vehicles.dll"
            )
        );

    [Theory]
    [InlineData("move inspections")]
    [InlineData("move comparison")]
    public async Task A_killed_detached_load_completes_when_repeated(string atLine)
    {
        using (var killed = Start("dotnet", [Program, "load", country.Files, "--detached", "--data", "data"]))
        {
            while (
                await killed.StandardError.ReadLineAsync() is { } line
                && !line.StartsWith(atLine, StringComparison.Ordinal)
            )
                Assert.DoesNotContain("vehicles:", line);
            killed.Kill();
            await killed.WaitForExitAsync();
        }
        // The folder is locked until the engine of the killed process ends.
        var begun = Stopwatch.GetTimestamp();
        var (exit, output) = await RunAsync("dotnet", [Program, "load", country.Files, "--detached", "--data", "data"]);
        while (exit != 0 && Stopwatch.GetElapsedTime(begun) < Patience)
        {
            await Task.Delay(200);
            (exit, output) = await RunAsync("dotnet", [Program, "load", country.Files, "--detached", "--data", "data"]);
        }
        Assert.True(exit == 0, output);
        (exit, output) = await RunAsync("dotnet", [Program, "verify", "--data", "data"]);
        Assert.True(exit == 0, output);
        var store = await country.LoadedAsync();
        Assert.Contains($"comparison: {await Country.CountAsync(store, "inspections")} rows", output);
        Assert.Contains($"findings: {await Country.CountAsync(store, "defects")} rows", output);
    }

    [Fact]
    public async Task The_commands_of_the_readme_work()
    {
        var readme = await File.ReadAllTextAsync(Repository.PathOf("examples", "vehicles", "README.md"));
        var script = string.Join('\n', Commands().Matches(readme).Select(match => match.Groups["text"].Value));
        Assert.Contains("vehicles generate", script);
        Assert.Contains("alias vehicles=", script);
        script = Alias().Replace(script, "").Replace("8300", FreePort().ToString(), StringComparison.Ordinal);
        var path = Path.Combine(_folder, "readme.sh");
        await File.WriteAllTextAsync(
            path,
            $$"""
            set -euo pipefail
            mkdir bin
            printf '#!/bin/sh\nexec dotnet "%s" "$@"\n' '{{Program}}' > bin/vehicles # a function in the background would leave its child behind
            chmod +x bin/vehicles
            PATH=$PWD/bin:$PATH
            trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT
            {{script}}
            """
        );
        var (exit, output) = await RunAsync("bash", [path]);
        Assert.True(exit == 0, output);
        foreach (
            var expected in new[]
            {
                "inspections loaded",
                "loaded before, nothing to do",
                "\"from\":\"views\"",
                "\"from\":\"raw\"",
                "\"nearest\":",
                "comparison: version 1 is now 2",
                "exact",
            }
        )
            Assert.Contains(expected, output);
        Assert.DoesNotContain("NOT EXACT", output);
    }

    [Fact]
    public async Task Invalid_use_is_one_line_and_an_exit_code()
    {
        var (exit, output) = await RunAsync("dotnet", [Program, "load", "nowhere", "--data", "data"]);
        Assert.Equal(1, exit);
        Assert.Contains("vehicles: 'nowhere' contains no vehicles-….parquet", output);
        Assert.DoesNotContain("   at ", output);
        Assert.NotEqual(0, (await RunAsync("dotnet", [Program, "serve", "--port", "70000"])).Exit);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private Process Start(string command, IReadOnlyList<string> arguments) =>
        Process.Start(
            new ProcessStartInfo(command, arguments)
            {
                WorkingDirectory = _folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;

    private async Task<(int Exit, string Output)> RunAsync(string command, IReadOnlyList<string> arguments)
    {
        using var process = Start(command, arguments);
        using var deadline = new CancellationTokenSource(Patience);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
            var errors = process.StandardError.ReadToEndAsync(deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            return (process.ExitCode, await output + await errors);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    [GeneratedRegex(
        "^```sh\n(?<text>.*?)^```",
        RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Commands();

    [GeneratedRegex(
        "^alias .*$",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Alias();
}
