using System.ComponentModel;
using System.Diagnostics;
using Xunit;

namespace Remora.Testing;

/// <summary>An optional checker. Tests that need a missing one are skipped and report it.</summary>
public static class Tool
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

    /// <summary>
    /// Returns the folder of programs of a virtual environment with a Python package, made once
    /// below artifacts. Skips the test if it cannot be made.
    /// </summary>
    public static async Task<string> RequirePythonAsync(string name, string package)
    {
        var folder = Repository.PathOf("artifacts", name);
        var programs = Path.Combine(folder, "bin");
        var mark = Path.Combine(folder, "installed");
        if (File.Exists(mark) && await File.ReadAllTextAsync(mark) == package)
            return programs;
        var (made, why) = await RunAsync("python3", ["-m", "venv", "--clear", folder]);
        Assert.SkipUnless(made == 0, $"python3 cannot make a virtual environment: {why}");
        string[] from = SharedData.Wheels is { } wheels ? ["--no-index", "--find-links", wheels] : [];
        var (installed, complaint) = await RunAsync(
            Path.Combine(programs, "pip"),
            ["install", "--quiet", "--disable-pip-version-check", .. from, package]
        );
        Assert.SkipUnless(installed == 0, $"{package} cannot be installed: {complaint.Trim().Split('\n')[^1]}");
        await File.WriteAllTextAsync(mark, package);
        return programs;
    }
}
