using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text.RegularExpressions;

namespace Remora.Cli.Tests;

/// <summary><c>remora reload</c>, SIGHUP and log files of a running service.</summary>
public sealed partial class ReloadCommandTests
{
    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task A_service_reloads_by_command_and_by_signal_and_writes_log_files_that_rotate()
    {
        using var folder = new TemporaryFolder();
        var log = folder.File("logs/remora.log");
        var config = folder.Write(
            "remora.json",
            $$"""{ "log_file": "{{log}}", "log_file_mb": 0.001, "keep_log_files": 2 }"""
        );
        await using var service = RemoraProcess.Start([
            "serve",
            "--sandbox",
            "--port",
            "0",
            "--config",
            config,
            "--data",
            folder.File("data"),
        ]);
        var url = await service.UrlAsync();
        folder.Write(
            "remora.json",
            $$"""{ "log_file": "{{log}}", "log_file_mb": 0.001, "keep_log_files": 2, "access_log": true, "timeframe": "1h" }"""
        );
        var (exit, output, errors) = await RemoraProcess.RunAsync("reload", "--url", url);
        Assert.True(exit == 0, errors);
        Assert.Equal("changed: access_log\napplies after a restart: timeframe\n", output.ReplaceLineEndings("\n"));

        // A line of the access log has some 100 bytes, and a file 1000
        using var http = new HttpClient();
        for (var i = 0; i < 30; i++)
            await http.GetAsync($"{url}/api/v1/pairs/{i}");
        await UntilAsync(() => HasRotated(log), service);

        folder.Write("remora.json", """{ "log_level": "loud" }""");
        Hangup(service);
        await UntilAsync(
            () =>
                service.Errors.Contains(
                    "The settings were not reloaded, and nothing was changed",
                    StringComparison.Ordinal
                ),
            service
        );
        (exit, _, errors) = await RemoraProcess.RunAsync("reload", "--url", url);
        Assert.Equal(2, exit);
        Assert.Contains("log_level is 'loud': expected debug", errors, StringComparison.Ordinal);

        folder.Write("remora.json", $$"""{ "log_file": "{{log}}", "log_file_mb": 0.001, "keep_log_files": 2 }""");
        Hangup(service);
        await UntilAsync(() => service.LinesWith("The settings were reloaded. Changed: access_log") == 2, service);
        Assert.False(service.HasExited);
    }

    [Fact]
    public async Task A_log_file_that_cannot_be_written_is_one_line()
    {
        using var folder = new TemporaryFolder();
        var (exit, _, errors) = await RemoraProcess.RunAsync(
            "serve",
            "--sandbox",
            "--log-file",
            folder.Path,
            "--data",
            folder.File("data")
        );
        Assert.Equal(2, exit);
        Assert.Contains($"log_file is '{folder.Path}', which cannot be written: ", errors, StringComparison.Ordinal);
    }

    // A file can be deleted while it is looked at
    private static bool HasRotated(string log)
    {
        try
        {
            var files = FileLog.FilesOf(log);
            return files.Count == 2
                && files.All(file => new FileInfo(file).Length is > 0 and < 1500)
                && LastLine().IsMatch(string.Concat(files.Select(Read)));
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static string Read(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    [GeneratedRegex(
        @"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ info: Remora\.Access\[0\] GET /api/v1/pairs/29 404 ",
        RegexOptions.Multiline,
        1000
    )]
    private static partial Regex LastLine();

    private static void Hangup(RemoraProcess service)
    {
        using var kill = Process.Start("kill", ["-HUP", $"{service.Id}"]);
        kill.WaitForExit();
    }

    private static async Task UntilAsync(Func<bool> condition, RemoraProcess service)
    {
        for (var i = 0; i < 1200; i++)
        {
            if (condition())
                return;
            await Task.Delay(100);
        }
        Assert.Fail("it never happened: " + service.Errors);
    }
}
