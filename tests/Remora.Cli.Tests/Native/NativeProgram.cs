using System.Diagnostics;
using Remora.Testing;

[assembly: AssemblyFixture(typeof(Remora.Cli.Tests.Native.NativeProgram))]

namespace Remora.Cli.Tests.Native;

/// <summary>
/// The native executable, published by <c>publish_native</c> of <c>build.sh</c> when the first test
/// asks for it, and again only after the sources have changed. Publishing takes minutes of all
/// cores.
/// </summary>
public sealed class NativeProgram
{
    private const int Unsupported = 4;

    private readonly Lazy<Task<(int ExitCode, string Output, string Errors)>> _published = new(PublishAsync);

    /// <summary>
    /// Returns the path of the executable. Skips the test where the platform cannot build it.
    /// </summary>
    public async Task<string> PathAsync()
    {
        var (exitCode, output, errors) = await _published.Value;
        Assert.SkipWhen(exitCode == Unsupported, errors);
        Assert.True(exitCode == 0, $"publishing ended with {exitCode}: {errors}");
        return output.Trim();
    }

    private static async Task<(int ExitCode, string Output, string Errors)> PublishAsync()
    {
        var start = new ProcessStartInfo("bash", ["-c", "root=$PWD; source ./build.sh; publish_native"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Repository.Root,
        };
        using var publish = Process.Start(start)!;
        var errors = publish.StandardError.ReadToEndAsync();
        var output = await publish.StandardOutput.ReadToEndAsync();
        await publish.WaitForExitAsync();
        return (publish.ExitCode, output, await errors);
    }
}
