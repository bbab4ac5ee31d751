using System.Text.RegularExpressions;
using System.Xml.Linq;
using Remora.Testing;

namespace Remora.Tests.Architecture;

/// <summary>Checks the project references and the code conventions in the source files.</summary>
public sealed class ArchitectureTests
{
    private const int LongestFile = 450;

    // The projects that each project may reference. A project that is not listed here must not
    // exist.
    private static readonly Dictionary<string, string[]> Arrows = new()
    {
        ["Remora"] = [],
        ["Remora.Supervision"] = [],
        ["Remora.Csv"] = ["Remora"],
        ["Remora.Feeds"] = ["Remora", "Remora.Csv", "Remora.Supervision"],
        ["Remora.Sandbox"] = ["Remora"],
        ["Remora.ClickHouse"] = ["Remora.Supervision"],
        ["Remora.ClickHouseHost"] = [],
        ["Remora.Store"] = ["Remora", "Remora.ClickHouse", "Remora.Supervision"],
        ["Remora.Backtest"] = ["Remora", "Remora.Csv"],
        ["Remora.Bots"] = ["Remora", "Remora.Supervision"],
        ["Remora.Notify"] = ["Remora", "Remora.Supervision"],
        ["Remora.Server"] =
        [
            "Remora",
            "Remora.Feeds",
            "Remora.Store",
            "Remora.Bots",
            "Remora.Notify",
            "Remora.Backtest",
        ],
        ["Remora.Client"] = [],
        ["Remora.Native"] = ["Remora", "Remora.Csv", "Remora.Backtest"],
        ["Remora.Cli"] =
        [
            "Remora",
            "Remora.Csv",
            "Remora.Feeds",
            "Remora.Sandbox",
            "Remora.ClickHouse",
            "Remora.Store",
            "Remora.Backtest",
            "Remora.Server",
            "Remora.Client",
            "Remora.Bots",
            "Remora.Notify",
        ],
    };

    private static readonly string[] BannedEndings =
    [
        "Manager",
        "Helper",
        "Helpers",
        "Util",
        "Utils",
        "Service",
        "Services",
        "Common",
        "Impl",
        "Mapper",
        "Dto",
    ];

    public static TheoryData<string> Projects =>
        [.. Files("src", "*.csproj").Select(Path.GetFileNameWithoutExtension).OfType<string>()];

    [Theory, MemberData(nameof(Projects))]
    public void A_room_knows_only_the_rooms_its_arrows_lead_to(string name)
    {
        Assert.Contains(name, Arrows.Keys);
        var project = XDocument.Load(Files("src", name + ".csproj").Single());
        // Without an output assembly, a project is only built first and not referenced.
        var known = project
            .Descendants("ProjectReference")
            .Where(r => r.Attribute("ReferenceOutputAssembly")?.Value != "false");
        var references = known.Select(r =>
            Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/'))
        );
        Assert.Empty(references.Except(Arrows[name]));
    }

    [Fact]
    public void The_engine_knows_nothing_but_the_base_library()
    {
        var project = XDocument.Load(Repository.PathOf("src", "Remora", "Remora.csproj"));
        Assert.DoesNotContain(
            project.Descendants(),
            e => e.Name.LocalName is "ProjectReference" or "PackageReference" or "FrameworkReference"
        );
        Assert.Contains(
            project.Descendants("AdditionalFiles"),
            e => e.Attribute("Include")!.Value.EndsWith("BannedSymbols.txt", StringComparison.Ordinal)
        );
        Assert.DoesNotContain(
            typeof(RemoraEngine).Assembly.GetReferencedAssemblies(),
            a => !a.Name!.StartsWith("System.", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void The_engine_is_never_told_how_it_looks_in_json_outside_of_one_file() =>
        Assert.Empty(
            Offenders(
                Files(Path.Combine("src", "Remora"), "*.cs")
                    .Where(f => Path.GetFileName(f) is not ("RemoraJson.cs" or "EngineJson.cs" or "JsonDefaults.cs"))
                    // A policy is a file in JSON, in which fields of the other model are left out.
                    .Where(f =>
                        Path.GetFileName(f) is not ("RiskPolicy.cs" or "PolicyFile.cs" or "TargetVolatility.cs")
                    ),
                @"\[Json|System\.Text\.Json\.Serialization"
            )
        );

    [Fact]
    public void No_type_is_called_after_nothing_in_particular()
    {
        var endings = string.Join('|', BannedEndings);
        Assert.Empty(Offenders(Sources(), $@"\b(class|record|struct|interface|enum)\s+\w*({endings})\b"));
        Assert.DoesNotContain(
            Sources(),
            f => BannedEndings.Any(e => Path.GetFileNameWithoutExtension(f).EndsWith(e, StringComparison.Ordinal))
        );
    }

    [Fact]
    public void Nothing_is_left_to_do_later() =>
        Assert.Empty(Offenders(Sources(), @"\b(TODO|FIXME|HACK|XXX)\b|NotImplementedException"));

    [Fact]
    public void Files_are_short() => Assert.DoesNotContain(Sources(), f => File.ReadLines(f).Count() > LongestFile);

    [Fact]
    public void Lock_files_name_no_host() =>
        Assert.Empty(
            Offenders(Files("src", "packages.lock.json").Concat(Files("tests", "packages.lock.json")), "https?://")
        );

    private static IEnumerable<string> Sources() =>
        Files("src", "*.cs")
            .Concat(Files("tests", "*.cs"))
            .Where(f => !f.EndsWith("ArchitectureTests.cs", StringComparison.Ordinal));

    private static IEnumerable<string> Offenders(IEnumerable<string> files, string pattern) =>
        files.Where(f =>
            Regex.IsMatch(File.ReadAllText(f), pattern, RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5))
        );

    private static IEnumerable<string> Files(string folder, string pattern) =>
        Directory
            .EnumerateFiles(Repository.PathOf(folder), pattern, SearchOption.AllDirectories)
            .Where(f => !f.Contains("node_modules", StringComparison.Ordinal));
}
