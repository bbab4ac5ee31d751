using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Remora.ClickHouse.Embedded;
using Remora.Testing;

namespace Remora.ClickHouse.Tests.Host;

/// <summary>Tests ClickHouse's official clients, unmodified.</summary>
public sealed class OfficialClientTests(Engine engine)
{
    [Fact]
    public async Task The_official_client_works()
    {
        var output = await RunAsync("node", "official-client.mjs", Url, RepositoryRoot());
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

    [Fact]
    public async Task The_official_Python_client_works_with_its_default_settings()
    {
        var programs = await Tool.RequirePythonAsync("clickhouse-connect", "clickhouse-connect==1.12.0");
        var port = engine.Embedded.Endpoint.Port.ToString(CultureInfo.InvariantCulture);
        using var document = JsonDocument.Parse(
            await RunAsync(Path.Combine(programs, "python"), "official-client.py", port)
        );
        var seen = document.RootElement;
        Assert.Equal("[2000, 1999000]", seen.GetProperty("count").GetRawText());
        Assert.Equal("[\"n'3\", [\"a\", \"b'\"]]", seen.GetProperty("row").GetRawText());
        Assert.Equal(7, seen.GetProperty("session").GetInt32());
        Assert.True(seen.GetProperty("error").GetBoolean());
    }

    private string Url => $"http://127.0.0.1:{engine.Embedded.Endpoint.Port}";

    // Returns what a script prints.
    private async Task<string> RunAsync(string program, string script, params string[] arguments)
    {
        string[] all = [Path.Combine(AppContext.BaseDirectory, "Host", script), .. arguments];
        var start = new ProcessStartInfo(program, all)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["USER_NAME"] = EngineEndpoint.Owner, ["PASSWORD"] = engine.Password },
        };
        using var client = Process.Start(start)!;
        var errors = client.StandardError.ReadToEndAsync();
        var output = await client.StandardOutput.ReadToEndAsync();
        await client.WaitForExitAsync();
        Assert.True(client.ExitCode == 0, await errors);
        return output;
    }

    private static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Remora.slnx")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("the tests run inside the repository");
    }
}
