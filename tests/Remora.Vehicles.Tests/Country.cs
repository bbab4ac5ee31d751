using Remora.ClickHouse.Embedded;
using Remora.ClickHouse.Tests;
using Remora.Vehicles.Comparing;
using Remora.Vehicles.Loading;
using Remora.Vehicles.Population;
using Remora.Vehicles.Tests;

[assembly: AssemblyFixture(typeof(Country))]

namespace Remora.Vehicles.Tests;

/// <summary>
/// A small made-up country's files, and the real engine; each test takes a database of its own.
/// </summary>
public sealed class Country : IAsyncLifetime
{
    public const int Vehicles = 5000;
    public const int Days = 12;

    private readonly string _folder = Directory.CreateTempSubdirectory("remora-test-").FullName;
    private readonly Lazy<Task<VehicleStore>> _loaded;
    private EmbeddedEngine? _engine;

    public Country() => _loaded = new(() => NewStoreAsync(isShared: true));

    internal EmbeddedEngine Engine => _engine!;

    /// <summary>The base, and deltas.</summary>
    public string Files => Path.Combine(_folder, "files");

    public IReadOnlyList<string> Deltas => [.. Directory.GetFiles(Files, "delta-*.json").Order(StringComparer.Ordinal)];

    public async ValueTask InitializeAsync()
    {
        _engine = await EmbeddedEngine.StartAsync(new() { Folder = Path.Combine(_folder, "store") });
        await GenerateAsync(Files, seed: 7);
    }

    internal Task<IReadOnlyList<string>> GenerateAsync(string folder, int seed) =>
        new PopulationFiles(Engine.Client, new(Vehicles, seed, Days)).WriteAsync(folder, CancellationToken.None);

    /// <summary>A store with the base in it, for tests that only read.</summary>
    internal Task<VehicleStore> LoadedAsync() => _loaded.Value;

    /// <summary>A store in a database of its own.</summary>
    internal async Task<VehicleStore> NewStoreAsync(bool isLoaded = true, bool isShared = false)
    {
        var store = await VehicleStore.OnAsync(
            await DatabasesAttribute.NewAsync(Engine, isShared),
            engine: null,
            CancellationToken.None
        );
        if (isLoaded)
            await LoadAsync(store);
        return store;
    }

    internal Task<BaseLoadReport> LoadAsync(VehicleStore store, bool isDetached = false) =>
        new BaseLoad(store).RunAsync(Files, isDetached, TimeProvider.System, progress: null, CancellationToken.None);

    internal static async Task AssertExactAsync(VehicleStore store)
    {
        foreach (var rollup in store.Rollups)
        {
            var verification = await rollup.VerifyAsync();
            Assert.Empty(verification.Findings);
            Assert.Empty(verification.Busy);
        }
    }

    internal static Task<ulong> CountAsync(VehicleStore store, string table) =>
        store.Client.SingleAsync($"SELECT count() FROM {table}", row => row.UInt64());

    internal static async Task<List<(uint Id, Car Car)>> CarsAsync(VehicleStore store) =>
        await store.Client.ListAsync(
            "SELECT car_id, make, model, fuel, engine_cc FROM cars ORDER BY car_id",
            row => (row.UInt32(), new Car(row.String(), row.String(), row.String(), row.UInt16()))
        );

    public async ValueTask DisposeAsync()
    {
        if (_engine is not null)
            await _engine.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
