using System.ComponentModel;
using System.Diagnostics;

namespace Remora.Cli.Tests.Deploy;

/// <summary>An optional checker. Tests that need a missing one are skipped and report it.</summary>
internal static class Tool
{
    public static bool Has(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(':')
            .Append("/usr/sbin")
            .Any(folder => File.Exists(Path.Combine(folder, name)));

    public static void Need(string name, string package)
    {
        if (!Has(name))
            Assert.Skip($"{name} is not installed (Debian: apt-get install {package})");
    }

    /// <summary>Runs a tool to its end. Returns its exit code and both outputs.</summary>
    public static async Task<(int ExitCode, string Said)> RunAsync(
        string name,
        IEnumerable<string> arguments,
        string? input = null
    )
    {
        var path = File.Exists("/usr/sbin/" + name) ? "/usr/sbin/" + name : name;
        try
        {
            using var process = Process.Start(
                new ProcessStartInfo(path, arguments)
                {
                    RedirectStandardInput = true,
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                }
            )!;
            var outputs = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
            await process.WaitForExitAsync();
            return (process.ExitCode, string.Concat(await outputs));
        }
        catch (Win32Exception e)
        {
            return (-1, e.Message);
        }
    }
}
