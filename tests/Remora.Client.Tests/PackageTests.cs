using System.Diagnostics;
using System.IO.Compression;
using System.Xml.Linq;
using Remora.Testing;

namespace Remora.Client.Tests;

public sealed class PackageTests
{
    [Fact]
    public async Task It_packs_alone_with_its_documentation_its_readme_and_its_licence()
    {
        var folder = Directory.CreateTempSubdirectory("remora-pack-").FullName;
        try
        {
            var start = new ProcessStartInfo(
                "dotnet",
                [
                    "pack",
                    Repository.PathOf("src", "Remora.Client"),
                    "-c",
                    "Release",
                    "--no-build",
                    "-o",
                    folder,
                    "-v",
                    "quiet",
                    "-nologo",
                ]
            )
            {
                RedirectStandardOutput = true,
                Environment = { ["MSBUILDDISABLENODEREUSE"] = "1" },
            };
            using var pack = Process.Start(start)!;
            var output = await pack.StandardOutput.ReadToEndAsync();
            await pack.WaitForExitAsync();
            Assert.True(pack.ExitCode == 0, output);
            await using var package = await ZipFile.OpenReadAsync(Assert.Single(Directory.GetFiles(folder, "*.nupkg")));
            Assert.Superset(
                new HashSet<string> { "README.md", "lib/net10.0/Remora.Client.dll", "lib/net10.0/Remora.Client.xml" },
                package.Entries.Select(entry => entry.FullName).ToHashSet()
            );
            await using var text = await package.GetEntry("Remora.Client.nuspec")!.OpenAsync();
            var metadata = XDocument.Load(text).Root!.Elements().Single();
            string? Value(string name) =>
                metadata.Elements().SingleOrDefault(element => element.Name.LocalName == name)?.Value;
            Assert.Equal(("Remora.Client", "MIT", "README.md"), (Value("id"), Value("license"), Value("readme")));
            var dependencies = metadata
                .Descendants()
                .Where(element => element.Name.LocalName == "dependency")
                .Select(element => element.Attribute("id")!.Value)
                .ToList();
            Assert.Equal(
                ["Microsoft.Extensions.Logging.Abstractions", "Microsoft.Extensions.Options"],
                dependencies.Order()
            );
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
