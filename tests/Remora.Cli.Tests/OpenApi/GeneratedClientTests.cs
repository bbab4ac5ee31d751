using System.Text.Json;
using Remora.Cli.Tests.Deploy;
using Remora.Testing;

namespace Remora.Cli.Tests.OpenApi;

/// <summary>
/// Compiles a client that a standard generator creates from docs/openapi.json, and runs it against
/// a service.
/// </summary>
[Trait("speed", "slow")]
[Collection<RunningSandbox.Tests>]
public sealed class GeneratedClientTests(RunningSandbox service)
{
    [Fact]
    public async Task A_client_generated_by_openapi_typescript_works()
    {
        // Inside the repository, where Node.js finds its packages
        var folder = Directory.CreateDirectory(Repository.PathOf("artifacts", "openapi-client")).FullName;
        var (types, client) = (Path.Combine(folder, "schema.d.mts"), Path.Combine(folder, "client.mts"));
        File.Copy(Repository.PathOf("tests", "Remora.Cli.Tests", "OpenApi", "client.mts"), client, overwrite: true);
        await NodeAsync(
            Repository.PathOf("node_modules", "openapi-typescript", "bin", "cli.js"),
            Repository.PathOf("docs", "openapi.json"),
            "--output",
            types
        );
        await NodeAsync(
            Repository.PathOf("node_modules", "typescript", "bin", "tsc"),
            "--strict",
            "--module",
            "nodenext",
            "--target",
            "es2022",
            "--lib",
            "es2023,dom,dom.iterable",
            "--outDir",
            folder,
            client
        );

        var output = JsonElement.Parse(await NodeAsync(Path.Combine(folder, "client.mjs"), service.Url));
        Assert.Equal("BTC/USDT", output.GetProperty("pair").GetString());
        Assert.InRange(output.GetProperty("score").GetDouble(), 0, 1);
        Assert.True(output.GetProperty("buckets").GetInt32() > 0);
        Assert.True(output.GetProperty("each").GetInt32() > 0);
        Assert.Equal(
            ["BTC/USDT", "ETH/USDT"],
            output.GetProperty("members").EnumerateArray().Select(pair => pair.GetString())
        );
        Assert.Equal(["DOGE/EUR"], output.GetProperty("unknown").EnumerateArray().Select(pair => pair.GetString()));
        Assert.Equal(
            (404, "pair"),
            (output.GetProperty("status").GetInt32(), output.GetProperty("parameter").GetString())
        );
        Assert.Equal("assessment", output.GetProperty("event").GetString());
        Assert.StartsWith("opened,open,", output.GetProperty("csv").GetString(), StringComparison.Ordinal);
    }

    private static async Task<string> NodeAsync(params IReadOnlyList<string> arguments)
    {
        var (exitCode, output) = await Tool.RunAsync("node", arguments);
        Assert.True(exitCode == 0, $"node {string.Join(' ', arguments)}: {output}");
        return output;
    }
}
