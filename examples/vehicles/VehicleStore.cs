using Remora.ClickHouse;
using Remora.ClickHouse.Embedded;
using Remora.ClickHouse.Rollups;

namespace Remora.Vehicles;

/// <summary>
/// The tables and the two rollups over them, in an own engine or in one of another process.
/// </summary>
internal sealed class VehicleStore : IAsyncDisposable
{
    private static readonly string Here = AppContext.BaseDirectory;

    private readonly IAsyncDisposable? _engine;

    private VehicleStore(
        ClickHouseClient client,
        IAsyncDisposable? engine,
        RollupDefinition comparison,
        RollupDefinition findings
    )
    {
        _engine = engine;
        Client = client;
        Comparison = new(client, comparison, Bounds);
        Findings = new(client, findings, Bounds);
    }

    public static RollupOptions Bounds { get; } = new() { MemoryBytes = 2L << 30, ChunkRows = 4_000_000 };

    public ClickHouseClient Client { get; }

    public Rollup Comparison { get; }

    public Rollup Findings { get; }

    public IReadOnlyList<Rollup> Rollups => [Comparison, Findings];

    /// <summary>Opens a folder, or connects to the service that has it open.</summary>
    public static async Task<VehicleStore> OpenAsync(string folder, CancellationToken cancellation)
    {
        if (await EngineFolder.TryConnectAsync(folder, cancellation) is { } running)
            return await OnAsync(running, new Owned(running), cancellation);
        var engine = await EmbeddedEngine.StartAsync(new() { Folder = folder }, cancellation: cancellation);
        return await OnAsync(engine.Client, engine, cancellation);
    }

    /// <summary>Creates missing tables.</summary>
    /// <param name="client">The client.</param>
    /// <param name="engine">The engine to close with the store; null for another process.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public static async Task<VehicleStore> OnAsync(
        ClickHouseClient client,
        IAsyncDisposable? engine,
        CancellationToken cancellation
    )
    {
        try
        {
            var hasOldDictionary = await HasOldDictionaryAsync(client, cancellation);
            foreach (
                var statement in (await SchemaAsync("tables.sql", cancellation)).Split(
                    ";\n",
                    StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries
                )
            )
                await client.ExecuteAsync(
                    hasOldDictionary
                        ? statement.Replace(
                            "CREATE DICTIONARY IF NOT EXISTS",
                            "CREATE OR REPLACE DICTIONARY",
                            StringComparison.Ordinal
                        )
                        : statement,
                    cancellation: cancellation
                );
            return new(
                client,
                engine,
                await RollupAsync("comparison.sql", cancellation),
                await RollupAsync("findings.sql", cancellation)
            );
        }
        catch
        {
            if (engine is not null)
                await engine.DisposeAsync();
            throw;
        }
    }

    // Before ClickHouse's own server, the dictionary needed no login.
    private static async Task<bool> HasOldDictionaryAsync(ClickHouseClient client, CancellationToken cancellation) =>
        await client.SingleAsync(
            "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name = 'vehicle_car' AND "
                + "position(create_table_query, 'NAME') = 0",
            row => row.UInt64(),
            null,
            cancellation
        ) > 0;

    public static Task<string> SchemaAsync(string file, CancellationToken cancellation) =>
        File.ReadAllTextAsync(Path.Combine(Here, "Schema", file), cancellation);

    /// <summary>Creates the views. Call it before any data is loaded.</summary>
    public async Task ApplyAsync(CancellationToken cancellation)
    {
        foreach (var rollup in Rollups)
            await rollup.ApplyAsync(cancellation: cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        if (_engine is not null)
            await _engine.DisposeAsync();
    }

    private static Task<RollupDefinition> RollupAsync(string file, CancellationToken cancellation) =>
        RollupFile.ReadAsync(Path.Combine(Here, "Rollups", file), cancellation);

    // A connection to the engine of another process.
    private sealed class Owned(ClickHouseClient client) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            client.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
