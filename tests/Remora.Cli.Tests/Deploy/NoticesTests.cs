using System.Text.Json;
using Remora.Testing;

namespace Remora.Cli.Tests.Deploy;

/// <summary>
/// Tests that every shipped package has an entry in THIRD-PARTY-NOTICES.md, which is beside the
/// program.
/// </summary>
public sealed class NoticesTests
{
    /// <summary>Packages that build the program and are not part of it.</summary>
    private static readonly string[] Tools = ["esbuild"];

    [Fact]
    public void Every_shipped_package_has_an_entry_and_every_entry_is_shipped()
    {
        // The copy beside the program
        var notices = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "THIRD-PARTY-NOTICES.md"));
        Assert.True(File.Exists(Path.Combine(AppContext.BaseDirectory, "LICENSE")));
        var entries = notices
            .Split('\n')
            .Where(line =>
                line.Contains("| NuGet |", StringComparison.Ordinal)
                || line.Contains("| npm |", StringComparison.Ordinal)
            )
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .ToList();
        Assert.Equal(
            ShippedFromNuGet().Concat(ShippedFromNpm()).Order(StringComparer.Ordinal),
            entries.Select(entry => entry[1]).Order(StringComparer.Ordinal)
        );
        // The text of its licence
        Assert.All(entries, entry => Assert.Contains($"\n## {entry[3]}\n", notices, StringComparison.Ordinal));
        Assert.All(entries, entry => Assert.Contains("Copyright", entry[4], StringComparison.Ordinal));
    }

    /// <summary>Returns the packages with an assembly in the program's dependency list.</summary>
    private static IEnumerable<string> ShippedFromNuGet()
    {
        var dependencies = JsonElement.Parse(
            File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "remora-cli.deps.json"))
        );
        var packages = dependencies
            .GetProperty("libraries")
            .EnumerateObject()
            .Where(library => library.Value.GetProperty("type").GetString() == "package")
            .Select(library => library.Name)
            .ToHashSet();
        return dependencies
            .GetProperty("targets")
            .EnumerateObject()
            .Single()
            .Value.EnumerateObject()
            .Where(library =>
                packages.Contains(library.Name)
                && (
                    library.Value.TryGetProperty("runtime", out _)
                    || library.Value.TryGetProperty("runtimeTargets", out _)
                )
            )
            .Select(library => library.Name.Split('/')[0]);
    }

    /// <summary>
    /// Returns the packages in the bundles of the bridge and the page, and the engine's library.
    /// </summary>
    private static IEnumerable<string> ShippedFromNpm() =>
        from package in JsonElement
            .Parse(File.ReadAllText(Repository.PathOf("package-lock.json")))
            .GetProperty("packages")
            .EnumerateObject()
        where package.Name.Length > 0 && !package.Value.TryGetProperty("dev", out _)
        let name = package.Name[
            (package.Name.LastIndexOf("node_modules/", StringComparison.Ordinal) + "node_modules/".Length)..
        ]
        where !Tools.Contains(name) && !name.StartsWith("@esbuild/", StringComparison.Ordinal)
        select name;
}
