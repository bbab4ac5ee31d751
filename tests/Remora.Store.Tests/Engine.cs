using System.Diagnostics;
using Remora.ClickHouse;
using Remora.ClickHouse.Embedded;
using Remora.ClickHouse.Tests;
using Remora.Store.Schema;
using Remora.Store.Tests;

[assembly: AssemblyFixture(typeof(Engine))]

namespace Remora.Store.Tests;

/// <summary>
/// The real engine on a new folder, shared by all tests. Each test uses its own database.
/// </summary>
public sealed class Engine : IAsyncLifetime
{
    // The engine counts about 1 MB for each table that exists, and a dropped one counts for
    // minutes: a hundred databases of some 50 tables. Its real memory stays below 1 GB.
    private const long MemoryLimit = 8L << 30;

    /// <summary>Options without retention, because test data is from 2024.</summary>
    public static readonly StoreOptions ForEver = new() { Retention = new() { RequestDays = 0 } };

    private readonly Scratch _scratch = new();
    private EmbeddedEngine? _engine;

    public EmbeddedEngine Embedded => _engine!;

    /// <summary>The working folder of the engine, which it can read.</summary>
    public string Folder => Path.Combine(_scratch.Folder, "desk");

    public async ValueTask InitializeAsync() => _engine = await StartAsync(_scratch.Folder);

    /// <summary>Starts a separate engine, for tests that end it.</summary>
    public static Task<EmbeddedEngine> StartAsync(string folder) =>
        EmbeddedEngine.StartAsync(
            new()
            {
                Folder = folder,
                MemoryBytes = MemoryLimit,
                LongestRestartDelay = TimeSpan.FromMilliseconds(200),
            }
        );

    /// <summary>Returns a client of a new, empty database.</summary>
    public Task<ClickHouseClient> NewDatabaseAsync() => DatabasesAttribute.NewAsync(Embedded);

    /// <summary>Returns a prepared store in a new database.</summary>
    public async Task<MarketStore> NewStoreAsync(StoreOptions? options = null)
    {
        var store = new MarketStore(await NewDatabaseAsync(), options ?? ForEver);
        await store.PrepareAsync();
        return store;
    }

    /// <summary>
    /// Returns a store in a new database that has its tables, but not its rollups, whose creation
    /// takes most of the time.
    /// </summary>
    public async Task<MarketStore> NewTablesAsync()
    {
        var store = new MarketStore(await NewDatabaseAsync(), ForEver);
        await new SchemaSteps(store.Client, SchemaFile.All).ApplyAsync(CancellationToken.None);
        return store;
    }

    public async ValueTask DisposeAsync()
    {
        if (_engine is not null)
            await _engine.DisposeAsync();
        _scratch.Dispose();
    }

    /// <summary>Kills the process of an engine, like a power failure.</summary>
    public static void Kill(EmbeddedEngine engine)
    {
        using var process = Process.GetProcessById(engine.Endpoint.Pid);
        process.Kill();
    }
}

/// <summary>A folder that is deleted at the end of the test.</summary>
public sealed class Scratch : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("remora-store-test-").FullName;

    public string PathOf(string name) => Path.Combine(Folder, name);

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
