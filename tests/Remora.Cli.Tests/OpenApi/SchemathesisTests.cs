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
        var programs = await Tool.RequirePythonAsync("schemathesis", Package);
        // Excludes streams, which have no end, rules between parameters, which the document cannot
        // express, and keys, which loopback does not require.
        var (exitCode, output) = await Tool.RunAsync(
            Path.Combine(programs, "schemathesis"),
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
}
