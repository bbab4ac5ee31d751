using System.Text.Json;
using Remora.Cli.Tests.Deploy;
using Remora.Testing;

namespace Remora.Cli.Tests.OpenApi;

/// <summary>
/// Compiles the TypeScript client in strict mode and uses it against a service and against answers
/// that a service does not give.
/// </summary>
[Trait("speed", "slow")]
[Collection<RunningSandbox.Tests>]
public sealed class TypeScriptClientTests(RunningSandbox service)
{
    [Fact]
    public async Task The_client_answers_and_decides_without_an_answer()
    {
        // Inside the repository, where Node.js finds its packages
        var folder = Directory.CreateDirectory(Repository.PathOf("artifacts", "typescript-client")).FullName;
        await NodeAsync(Repository.PathOf("clients", "typescript", "build.mjs"), Path.Combine(folder, "dist"));
        await File.WriteAllTextAsync(Path.Combine(folder, "package.json"), """{"type":"module"}""");
        var program = Path.Combine(folder, "program.mts");
        File.Copy(
            Repository.PathOf("tests", "Remora.Cli.Tests", "OpenApi", "typescript-client.mts"),
            program,
            overwrite: true
        );
        await NodeAsync(
            Repository.PathOf("node_modules", "typescript", "bin", "tsc"),
            "--strict",
            "--module",
            "nodenext",
            "--target",
            "es2022",
            "--lib",
            "es2023,dom,dom.iterable,dom.asynciterable",
            "--types",
            "node",
            "--typeRoots",
            Repository.PathOf("node_modules", "@types"),
            "--outDir",
            folder,
            program
        );

        var output = JsonElement.Parse(await NodeAsync(Path.Combine(folder, "program.mjs"), service.Url));
        string Text(string name) => output.GetProperty(name).ToString();
        Assert.Equal(("BTC/USDT", "True", "True"), (Text("pair"), Text("answered"), Text("cached")));
        Assert.Equal("""["btc/usdt true","DOGE/EUR false","ETH/USDT true"]""", Text("batch"));
        Assert.Equal(
            ("400 true", "404 true", "404 true"),
            (Text("bad_threshold"), Text("not_tracked"), Text("stream_refused"))
        );
        Assert.Equal("""["BTC/USDT true"]""", Text("streamed"));
        // With a forecast, it has the requested horizon; without, there is a reason.
        Assert.True(Text("horizons") == """["4h"]""" || Text("no_forecast").Length > 0, Text("horizons"));
        // Without a forecast yet, the book has none either.
        Assert.Contains(Text("book"), new[] { "0.95,0.99", "404" });
        Assert.Equal(("400 true", """["ETH/USDT","BTC/USDT"]"""), (Text("bad_book"), Text("pairs")));
        var receipt = output.GetProperty("receipt");
        Assert.Equal((1, 1), (receipt.GetProperty("stored").GetInt32(), receipt.GetProperty("known").GetInt32()));
        Assert.Contains("typescript-1", Text("reported"));
        var decisions = output.GetProperty("decisions").EnumerateObject().ToList();
        Assert.Equal(18, decisions.Count);
        foreach (var decision in decisions)
            Assert.Equal(
                decision.Name.EndsWith("allow", StringComparison.Ordinal) ? "true false true" : "false false true",
                decision.Value.GetString()
            );
        Assert.Equal("true 0.5 false the last answer, because the service answered 503: closed", Text("last"));
        Assert.Equal("0", Text("requestsAfterFailure"));
        Assert.Equal("false false", Text("unknown"));
        Assert.Equal(
            [
                "url: expected an address such as http://127.0.0.1:8000, or several separated by commas (a key goes into "
                    + "apiKey)",
                "apiKey: expected printable ASCII characters without spaces",
                "timeout is 0: expected 1 to 3600000",
            ],
            output.GetProperty("options").EnumerateArray().Select(text => text.GetString())
        );
    }

    private static async Task<string> NodeAsync(params IReadOnlyList<string> arguments)
    {
        var (exitCode, output) = await Tool.RunAsync("node", arguments);
        Assert.True(exitCode == 0, $"node {string.Join(' ', arguments)}: {output}");
        return output;
    }
}
