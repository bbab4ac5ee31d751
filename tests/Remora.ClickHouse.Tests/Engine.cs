using Remora.ClickHouse.Embedded;
using Remora.ClickHouse.Tests;
using Remora.Testing;

[assembly: AssemblyFixture(typeof(Engine))]

namespace Remora.ClickHouse.Tests;

/// <summary>
/// The real engine on a new folder, shared by all tests. Each test uses its own database.
/// </summary>
public sealed class Engine : IAsyncLifetime
{
    private readonly Scratch _scratch = new();
    private EmbeddedEngine? _engine;
    private SocketPort? _port;

    public EmbeddedEngine Embedded => _engine!;

    /// <summary>The URL of the engine as a server, for a user with all rights.</summary>
    public Uri Url => _port!.Url;

    public string? Password => null;

    public async ValueTask InitializeAsync()
    {
        _engine = await EmbeddedEngine.StartAsync(new() { Folder = _scratch.Folder });
        _port = new(() => Embedded.Endpoint.Socket);
    }

    /// <summary>Returns a client of a new, empty database.</summary>
    public Task<ClickHouseClient> NewDatabaseAsync() => DatabasesAttribute.NewAsync(Embedded);

    public async ValueTask DisposeAsync()
    {
        if (_port is not null)
            await _port.DisposeAsync();
        if (_engine is not null)
            await _engine.DisposeAsync();
        _scratch.Dispose();
    }
}

/// <summary>A folder that is deleted at the end of the test.</summary>
public sealed class Scratch : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("remora-test-").FullName;

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
