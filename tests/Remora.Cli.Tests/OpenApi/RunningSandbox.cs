using System.Text.Json;
using Remora.Server.Tests.OpenApi;

namespace Remora.Cli.Tests.OpenApi;

/// <summary>A service on a sandbox, with rows in its store, for tests of all API calls.</summary>
public sealed class RunningSandbox : IAsyncLifetime
{
    /// <summary>The classes that share the service.</summary>
    [CollectionDefinition]
    public sealed class Tests : ICollectionFixture<RunningSandbox>;

    private readonly TemporaryFolder _data = new();
    private RemoraProcess? _service;

    public string Url { get; private set; } = "";

    public HttpClient Http { get; private set; } = new();

    internal ApiSchemas Schemas { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        _service = RemoraProcess.Start(
            [
                "serve",
                "--sandbox",
                "--speed",
                "300",
                "--port",
                "0",
                "--pairs",
                "BTC/USDT,ETH/USDT",
                "--data",
                _data.File("data"),
            ],
            new Dictionary<string, string> { ["REMORA_STORE"] = "true" }
        );
        Url = await _service.UrlAsync();
        Http.Dispose();
        Http = new() { BaseAddress = new(Url) };
        Schemas = await ApiSchemas.OfAsync(Http);
        foreach (var pair in new[] { "BTC/USDT", "ETH/USDT" })
            await HoldsAsync($"/api/v1/history?pair={pair}&interval=1h&from=-7d");
        await HoldsAsync("/api/v1/candles?pair=BTC/USDT&from=-7d");
        await HoldsAsync("/api/v1/traffic?interval=1m&from=-7d");
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (_service is not null)
            await _service.DisposeAsync();
        _data.Dispose();
    }

    private Task HoldsAsync(string address) =>
        StoreTests.UntilAsync(Url, address, answer => answer.GetProperty("rows").GetArrayLength() > 0, _service!);
}
