using System.Net;
using Remora.ClickHouse;
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
    private readonly HttpClient _http;

    private StoreHost(TemporaryFolder folder, EmbeddedEngine engine)
    {
        _folder = folder;
        _engine = engine;
        _http = new() { BaseAddress = new(Address) };
        _http.DefaultRequestHeaders.Add("X-ClickHouse-User", EngineEndpoint.Owner);
        _http.DefaultRequestHeaders.Add("X-ClickHouse-Key", engine.Endpoint.Password);
    }

    /// <summary>The data folder for the command line.</summary>
    public string Data => _folder.File("data");

    /// <summary>The URL of the store as a server.</summary>
    public string Address => $"http://127.0.0.1:{_engine.Endpoint.Port}/";

    /// <summary>The URL of the store as a server, for the user with all rights.</summary>
    public string Url => $"http://{EngineEndpoint.Owner}@127.0.0.1:{_engine.Endpoint.Port}/";

    /// <summary>The environment of a program that uses <see cref="Url"/>.</summary>
    public IReadOnlyDictionary<string, string> Environment =>
        new Dictionary<string, string> { [StoreLocation.PasswordVariable] = _engine.Endpoint.Password };

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
        await _engine.DisposeAsync();
        _folder.Dispose();
    }
}
