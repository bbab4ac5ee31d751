using System.Net;
using Remora.ClickHouse.Embedded;
using Remora.Testing;

namespace Remora.Cli.Tests.Store;

/// <summary>
/// A store in a new folder, also reachable as a server by URL, so that tests can write with plain
/// HTTP.
/// </summary>
internal sealed class StoreHost : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly EmbeddedEngine _engine;
    private readonly SocketPort _port;
    private readonly HttpClient _http;

    private StoreHost(TemporaryFolder folder, EmbeddedEngine engine)
    {
        _folder = folder;
        _engine = engine;
        _port = new(() => engine.Endpoint.Socket);
        _http = new() { BaseAddress = _port.Url };
    }

    /// <summary>The data folder for the command line.</summary>
    public string Data => _folder.File("data");

    public string Url => _http.BaseAddress!.ToString();

    public static async Task<StoreHost> StartAsync()
    {
        var folder = new TemporaryFolder();
        var engine = await EmbeddedEngine.StartAsync(
            new() { Folder = Path.Combine(folder.File("data"), "clickhouse") }
        );
        await engine.Client.ExecuteAsync("CREATE DATABASE remora");
        return new(folder, engine);
    }

    /// <summary>Runs a statement with write access.</summary>
    public async Task<string> RunAsync(string sql)
    {
        using var content = new StringContent(sql);
        using var answer = await _http.PostAsync("/?database=remora", content);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, text);
        return text;
    }

    public string File(string name, string content) => _folder.Write(name, content);

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _port.DisposeAsync();
        await _engine.DisposeAsync();
        _folder.Dispose();
    }
}
