using Remora.Cli.Tests.Deploy;
using Remora.Testing;

namespace Remora.Cli.Tests.OpenApi;

/// <summary>
/// Runs Schemathesis, which sends valid and invalid requests and checks the responses against the
/// OpenAPI document.
/// </summary>
[Trait("speed", "slow")]
[Collection<RunningSandbox.Tests>]
public sealed class SchemathesisTests(RunningSandbox service)
{
    private const string Package = "schemathesis==4.32.5";

    [Fact]
    public async Task Schemathesis_finds_nothing()
    {
        var folder = Repository.PathOf("artifacts", "schemathesis");
        var program = Path.Combine(folder, "bin", "schemathesis");
        if (!File.Exists(program))
            await InstallAsync(folder);
        // Excludes streams, which have no end, rules between parameters, which the document cannot
        // express, and keys, which loopback does not require.
        var (exitCode, output) = await Tool.RunAsync(
            program,
            [
                "--no-color",
                "run",
                service.Url + "/openapi/v1.json",
                "--phases",
                "examples,coverage,fuzzing",
                "--exclude-checks",
                "positive_data_acceptance,ignored_auth",
                "--exclude-path-regex",
                "stream|events",
                "--request-timeout",
                "60",
                "--seed",
                "1",
                "--generation-database",
                "none",
            ]
        );
        Assert.True(exitCode == 0, output);
        Assert.Matches("[0-9]{3,} generated", output); // requests were sent
    }

    private static async Task InstallAsync(string folder)
    {
        var (made, why) = await Tool.RunAsync("python3", ["-m", "venv", folder]);
        Assert.SkipUnless(made == 0, $"python3 cannot make a virtual environment: {why}");
        string[] from = SharedData.Wheels is { } wheels ? ["--no-index", "--find-links", wheels] : [];
        var (installed, complaint) = await Tool.RunAsync(
            Path.Combine(folder, "bin", "pip"),
            ["install", "--quiet", "--disable-pip-version-check", .. from, Package]
        );
        Assert.SkipUnless(installed == 0, $"{Package} cannot be installed: {complaint.Trim().Split('\n')[^1]}");
    }
}
