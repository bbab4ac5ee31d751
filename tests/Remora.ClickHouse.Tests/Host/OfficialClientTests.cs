using System.Diagnostics;
using System.Text.Json;
using Remora.ClickHouse.Embedded;

namespace Remora.ClickHouse.Tests.Host;

/// <summary>Tests ClickHouse's official JavaScript client, unmodified.</summary>
public sealed class OfficialClientTests(Engine engine)
{
    [Fact]
    public async Task The_official_client_works()
    {
        var start = new ProcessStartInfo(
            "node",
            [
                Path.Combine(AppContext.BaseDirectory, "Host", "official-client.mjs"),
                $"http://127.0.0.1:{engine.Embedded.Endpoint.Port}",
                RepositoryRoot(),
            ]
        )
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["USER_NAME"] = EngineEndpoint.Owner, ["PASSWORD"] = engine.Password },
        };
        using var node = Process.Start(start)!;
        var errors = node.StandardError.ReadToEndAsync();
        var output = await node.StandardOutput.ReadToEndAsync();
        await node.WaitForExitAsync();
        Assert.True(node.ExitCode == 0, await errors);

        using var document = JsonDocument.Parse(output);
        var seen = document.RootElement;
        Assert.True(seen.GetProperty("ping").GetBoolean());
        Assert.Equal("1000", seen.GetProperty("writtenRows").GetString());
        Assert.True(seen.GetProperty("insertHasQueryId").GetBoolean());
        Assert.Equal("3000", seen.GetProperty("count").ToString());
        var bound = seen.GetProperty("bound")[0];
        Assert.Equal("x'; DROP TABLE official; --\t\\", bound.GetProperty("s").GetString());
        Assert.Equal("42", bound.GetProperty("n").ToString());
        Assert.Equal(["a'b", "c"], bound.GetProperty("list").EnumerateArray().Select(item => item.GetString()));
        Assert.Equal("2024-01-02 03:04:05.678", bound.GetProperty("d").GetString());
        Assert.Equal(500_000, seen.GetProperty("streamedRows").GetInt32());
        Assert.Equal(
            (true, "60", "UNKNOWN_TABLE"),
            (
                seen.GetProperty("error").GetProperty("isTyped").GetBoolean(),
                seen.GetProperty("error").GetProperty("code").GetString(),
                seen.GetProperty("error").GetProperty("type").GetString()
            )
        );
        Assert.Equal(
            (true, "395"),
            (
                seen.GetProperty("middle").GetProperty("isTyped").GetBoolean(),
                seen.GetProperty("middle").GetProperty("code").GetString()
            )
        );
        Assert.Contains("abort", seen.GetProperty("aborted").GetString());
        Assert.Equal("1\n", seen.GetProperty("executed").GetString());
    }

    private static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Remora.slnx")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("the tests run inside the repository");
    }
}
