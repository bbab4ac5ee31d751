using Remora.Cli.Tests.Deploy;
using Remora.Testing;

namespace Remora.Cli.Tests.OpenApi;

/// <summary>Schemathesis makes requests of the document, valid and wrong ones, and looks whether the answers are as the document has them.</summary>
public sealed class SchemathesisTests(SandboxService service) : IClassFixture<SandboxService>
{
    private const string Package = "schemathesis==4.32.5";

    [Fact]
    public async Task Schemathesis_finds_nothing()
    {
        var folder = Repository.PathOf("artifacts", "schemathesis");
        var program = Path.Combine(folder, "bin", "schemathesis");
        if (!File.Exists(program)) await InstallAsync(folder);
        // Streams have no end; rules between parameters are not in the document; and a service on loopback answers without a key.
        var (exitCode, said) = await Tool.RunAsync(program,
        [
            "--no-color", "run", service.Url + "/openapi/v1.json", "--phases", "examples,coverage,fuzzing",
            "--exclude-checks", "positive_data_acceptance,ignored_auth", "--exclude-path-regex", "stream|events", "--request-timeout", "60", "--seed", "1", "--generation-database", "none",
        ]);
        Assert.True(exitCode == 0, said);
        Assert.Matches("[0-9]{3,} generated", said); // it did ask
    }

    private static async Task InstallAsync(string folder)
    {
        var (made, why) = await Tool.RunAsync("python3", ["-m", "venv", folder]);
        Assert.SkipUnless(made == 0, $"python3 cannot make a virtual environment: {why}");
        string[] from = SharedData.Wheels is { } wheels ? ["--no-index", "--find-links", wheels] : [];
        var (installed, complaint) = await Tool.RunAsync(Path.Combine(folder, "bin", "pip"), ["install", "--quiet", "--disable-pip-version-check", .. from, Package]);
        Assert.SkipUnless(installed == 0, $"{Package} cannot be installed: {complaint.Trim().Split('\n')[^1]}");
    }
}
