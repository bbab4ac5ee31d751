using System.Diagnostics;
using System.Runtime.InteropServices;
using Remora.Testing;

[assembly: AssemblyFixture(typeof(Remora.Native.Tests.PublishedLibrary))]
[assembly: Trait("speed", "slow")] // they publish the library

namespace Remora.Native.Tests;

/// <summary>
/// The native library. <c>./package library</c> publishes it for the first test that asks, and
/// again only after its sources have changed.
/// </summary>
public sealed class PublishedLibrary
{
    private readonly Lazy<string> _folder = new(Publish);
    private readonly Lazy<EngineLibrary> _loaded;

    public PublishedLibrary() => _loaded = new(() => new(Path.Combine(Folder, "libremora.so")));

    /// <summary>The folder with libremora.so and remora.h. Skips the test where it cannot be
    /// built.</summary>
    public string Folder
    {
        get
        {
            Assert.SkipUnless(
                OperatingSystem.IsLinux() && RuntimeInformation.OSArchitecture == Architecture.X64,
                "the library is built on Linux x64"
            );
            return _folder.Value;
        }
    }

    /// <summary>The library in this process.</summary>
    internal EngineLibrary Loaded => _loaded.Value;

    /// <summary>Runs a program and returns what it printed.</summary>
    public static (int ExitCode, string Output, string Errors) Run(string program, params string[] arguments)
    {
        using var run = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true }
        )!;
        var errors = run.StandardError.ReadToEndAsync();
        var output = run.StandardOutput.ReadToEnd();
        run.WaitForExit();
        return (run.ExitCode, output, errors.Result);
    }

    private static string Publish()
    {
        var (code, output, errors) = Run(Repository.PathOf("package"), "library");
        Assert.SkipWhen(errors.Contains("names of Debian's packages"), errors);
        Assert.True(code == 0, errors);
        return output.Trim();
    }
}
