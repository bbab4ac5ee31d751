using Remora.ClickHouse;
using Remora.ClickHouse.Embedded;
using Remora.ClickHouse.Rollups;

namespace Remora.Vehicles;

/// <summary>The tables and the two rollups over them, in an engine of one's own or one that somebody else has open.</summary>
internal sealed class VehicleStore : IAsyncDisposable
{
    private static readonly string Here = AppContext.BaseDirectory;

    private readonly IAsyncDisposable? _engine;

    private VehicleStore(ClickHouseClient client, IAsyncDisposable? engine, RollupDefinition comparison, RollupDefinition findings)
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

    /// <summary>Opens a folder; when a service has it open already, talks to that.</summary>
    public static async Task<VehicleStore> OpenAsync(string folder, CancellationToken cancellation)
    {
        if (await EngineFolder.TryConnectAsync(folder, cancellation) is { } running) return await OnAsync(running, new Owned(running), cancellation);
        var engine = await EmbeddedEngine.StartAsync(new() { Folder = folder }, cancellation: cancellation);
        return await OnAsync(engine.Client, engine, cancellation);
    }

    /// <summary>Makes the tables where they are missing.</summary>
    /// <param name="client">Where.</param>
    /// <param name="engine">What to close with the store; null when somebody else does.</param>
    /// <param name="cancellation">Breaks it off.</param>
    public static async Task<VehicleStore> OnAsync(ClickHouseClient client, IAsyncDisposable? engine, CancellationToken cancellation)
    {
        try
        {
            foreach (var statement in (await SchemaAsync("tables.sql", cancellation)).Split(";\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
                await client.ExecuteAsync(statement, cancellation: cancellation);
            return new(client, engine, await RollupAsync("comparison.sql", cancellation), await RollupAsync("findings.sql", cancellation));
        }
        catch
        {
            if (engine is not null) await engine.DisposeAsync();
            throw;
        }
    }

    public static Task<string> SchemaAsync(string file, CancellationToken cancellation) => File.ReadAllTextAsync(Path.Combine(Here, "Schema", file), cancellation);

    /// <summary>Makes the views. This comes before any data.</summary>
    public async Task ApplyAsync(CancellationToken cancellation)
    {
        foreach (var rollup in Rollups) await rollup.ApplyAsync(cancellation: cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        if (_engine is not null) await _engine.DisposeAsync();
    }

    private static Task<RollupDefinition> RollupAsync(string file, CancellationToken cancellation) => RollupFile.ReadAsync(Path.Combine(Here, "Rollups", file), cancellation);

    // A connection to somebody else's engine.
    private sealed class Owned(ClickHouseClient client) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            client.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
