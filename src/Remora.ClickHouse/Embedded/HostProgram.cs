using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Remora.ClickHouse.Embedded;

/// <summary>Finds the program of the host.</summary>
internal static class HostProgram
{
    private const string Name = "Remora.ClickHouseHost";

    /// <summary>Returns the command and its first arguments.</summary>
    public static (string Command, IReadOnlyList<string> Arguments) Find(string? named)
    {
        named ??= Environment.GetEnvironmentVariable("REMORA_CLICKHOUSE_HOST");
        var path =
            named
            ?? Candidates().FirstOrDefault(File.Exists)
            ?? throw new EngineStartException(
                $"the program {Name} is not in the folder of this program: build it, or set REMORA_CLICKHOUSE_HOST "
                    + $"to its path"
            );
        if (!File.Exists(path))
            throw new EngineStartException($"the program '{path}' does not exist");
        return path.EndsWith(".dll", StringComparison.Ordinal) ? (DotnetOfThisProcess(), [path]) : (path, []);
    }

    // Beside this program or in its folder engine, where publishing puts it; or in the output of a
    // repository build: bin/<project>/<configuration>/.
    private static IEnumerable<string> Candidates()
    {
        var here = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar);
        yield return Path.Combine(here, Name + ".dll");
        yield return Path.Combine(here, Name);
        yield return Path.Combine(here, "engine", Name + ".dll");
        yield return Path.Combine(here, "engine", Name);
        if (Path.GetDirectoryName(Path.GetDirectoryName(here)) is { } bin)
            yield return Path.Combine(bin, Name, Path.GetFileName(here), Name + ".dll");
    }

    private static string DotnetOfThisProcess()
    {
        if (!RuntimeFeature.IsDynamicCodeSupported)
            return "dotnet"; // a native program has no runtime of its own
        var dotnet = Path.GetFullPath(
            Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet")
        );
        return File.Exists(dotnet) ? dotnet : "dotnet";
    }
}
