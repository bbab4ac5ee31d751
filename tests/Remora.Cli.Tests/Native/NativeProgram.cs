using System.Diagnostics;
using System.Runtime.InteropServices;
using Remora.Testing;

[assembly: AssemblyFixture(typeof(Remora.Cli.Tests.Native.NativeProgram))]

namespace Remora.Cli.Tests.Native;

/// <summary>
/// The native executable, published by the first test that asks for it, and again only after the
/// sources have changed. Publishing takes minutes of all cores.
/// </summary>
public sealed class NativeProgram
{
    private static readonly string Folder = Repository.PathOf("artifacts", "native");
    private static readonly string[] Linkers = ["clang", "gcc"];
    private static readonly string[] Inputs =
    [
        "Directory.Build.props",
        "Directory.Build.targets",
        "Directory.Packages.props",
        "global.json",
        "package-lock.json",
    ];

    private readonly Lazy<Task<string>> _path = new(PublishAsync);

    /// <summary>
    /// Returns the path of the executable. Skips the test where the platform's linker is missing.
    /// </summary>
    public Task<string> PathAsync()
    {
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && RuntimeInformation.OSArchitecture == Architecture.X64,
            "the native executable is built on Linux x64"
        );
        Assert.SkipUnless(Linkers.Any(IsOnPath), "the native executable needs a linker: clang or gcc");
        return _path.Value;
    }

    private static async Task<string> PublishAsync()
    {
        var program = Path.Combine(Folder, "publish", "Remora.Cli", "release_linux-x64", "remora-cli");
        var stamp = Path.Combine(Folder, "published");
        if (File.Exists(program) && File.Exists(stamp) && NewestSource() < File.GetLastWriteTimeUtc(stamp))
            return program;

        Directory.CreateDirectory(Folder);
        var started = DateTime.UtcNow;
        // Takes the lock of ./test and ./remora: two builds at once would compete for every core.
        var start = new ProcessStartInfo(
            "flock",
            [
                Repository.PathOf("artifacts", "build.lock"),
                "dotnet",
                "publish",
                Repository.PathOf("src", "Remora.Cli"),
                "-r",
                "linux-x64",
                "-p:PublishAot=true",
                "--artifacts-path",
                Folder,
                "-v",
                "quiet",
                "-nologo",
            ]
        )
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Repository.Root,
        };
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1"; // a node that outlives this test would keep its output open
        using var publish = Process.Start(start)!;
        var errors = publish.StandardError.ReadToEndAsync();
        var output = await publish.StandardOutput.ReadToEndAsync();
        await publish.WaitForExitAsync();
        Assert.True(publish.ExitCode == 0, $"dotnet publish ended with {publish.ExitCode}:\n{output}{await errors}");
        // Warnings are errors, but a warning of the native compiler can also come without a number.
        Assert.DoesNotContain("warning", output, StringComparison.OrdinalIgnoreCase);
        await File.WriteAllTextAsync(stamp, "");
        File.SetLastWriteTimeUtc(stamp, started);
        return program;
    }

    private static DateTime NewestSource() =>
        Directory
            .EnumerateFiles(Repository.PathOf("src"), "*", SearchOption.AllDirectories)
            .Concat(Inputs.Select(name => Repository.PathOf(name)))
            .Max(File.GetLastWriteTimeUtc);

    private static bool IsOnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, program)));
}
