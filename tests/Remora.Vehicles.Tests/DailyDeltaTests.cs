using System.Text.Json.Nodes;
using Remora.ClickHouse;
using Remora.Vehicles.Loading;

namespace Remora.Vehicles.Tests;

public sealed class DailyDeltaTests(Country country) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("remora-test-").FullName;

    [Fact]
    public async Task Deltas_are_split_and_counted_once()
    {
        var store = await country.NewStoreAsync();
        var before = await CountsAsync(store);
        var deltas = new DailyDelta(store.Client);
        var (tests, defects) = (0L, 0L);
        foreach (var file in country.Deltas)
        {
            var report = await deltas.LoadAsync(file, CancellationToken.None);
            Assert.False(report.WasDoneBefore);
            (tests, defects) = (tests + report.Tests, defects + report.Defects);
        }
        Assert.True(tests > 50 && defects > 10);
        var after = await CountsAsync(store);
        Assert.Equal((before.Tests + (ulong)tests, before.Defects + (ulong)defects), (after.Tests, after.Defects));
        Assert.True(after.Vehicles > before.Vehicles, "a delta brings vehicles that are tested for the first time");
        await Country.AssertExactAsync(store);

        // Repeats the same file, and the same rows in another order with another name.
        Assert.True((await deltas.LoadAsync(country.Deltas[0], CancellationToken.None)).WasDoneBefore);
        var turned = Path.Combine(_folder, "turned.json");
        await File.WriteAllLinesAsync(turned, (await File.ReadAllLinesAsync(country.Deltas[1])).Reverse());
        Assert.True((await deltas.LoadAsync(turned, CancellationToken.None)).WasDoneBefore);

        // Repeats it, as if the first load had been interrupted before it was recorded as done.
        await store.Client.ExecuteAsync("ALTER TABLE deltas DELETE WHERE step = 'done' SETTINGS mutations_sync = 1");
        foreach (var file in country.Deltas)
            Assert.False((await deltas.LoadAsync(file, CancellationToken.None)).WasDoneBefore);
        Assert.Equal(after, await CountsAsync(store));
        await Country.AssertExactAsync(store);
    }

    [Fact]
    public async Task An_interrupted_delta_completes_when_repeated()
    {
        var store = await country.NewStoreAsync();
        var delta = country.Deltas[0];
        await store.Client.ExecuteAsync("RENAME TABLE defects TO defects_away");
        await Assert.ThrowsAsync<ClickHouseException>(() =>
            new DailyDelta(store.Client).LoadAsync(delta, CancellationToken.None)
        );
        await store.Client.ExecuteAsync("RENAME TABLE defects_away TO defects");
        var before = await CountsAsync(store);
        var report = await new DailyDelta(store.Client).LoadAsync(delta, CancellationToken.None);
        Assert.Equal(
            (before.Tests, before.Defects + (ulong)report.Defects),
            ((await CountsAsync(store)).Tests, (await CountsAsync(store)).Defects)
        );
        await Country.AssertExactAsync(store);
    }

    [Theory]
    [InlineData("passed", null, "without test_id or passed")]
    [InlineData("make", "\"\"", "with an incomplete vehicle")]
    [InlineData("engine_cc", "10000", "with an incomplete vehicle")]
    [InlineData("mileage", "1000000", "a million or more")]
    [InlineData("at", "\"2150-01-01 00:00:00\"", null)]
    [InlineData("at", "\"2090-01-01 00:00:00\"", "with an impossible time")]
    [InlineData(
        "defects",
        """[{"defect":"a","dangerous":true},{"defect":"a","dangerous":true}]""",
        "a duplicate or unnamed defect"
    )]
    [InlineData("colour", "\"red\"", "colour")]
    [InlineData("mileage", "\"many\"", "many")]
    public async Task Invalid_deltas_are_rejected_without_loading(string field, string? value, string? reason)
    {
        var store = await country.NewStoreAsync(isLoaded: false);
        await store.ApplyAsync(CancellationToken.None);
        var lines = await File.ReadAllLinesAsync(country.Deltas[0]);
        var test = JsonNode.Parse(lines[0])!.AsObject();
        if (value is null)
            test.Remove(field);
        else
            test[field] = JsonNode.Parse(value);
        lines[0] = test.ToJsonString();
        var file = Path.Combine(_folder, "wrong.json");
        await File.WriteAllLinesAsync(file, lines);
        var error = await Assert.ThrowsAnyAsync<Exception>(() =>
            new DailyDelta(store.Client).LoadAsync(file, CancellationToken.None)
        );
        Assert.True(error is InvalidDataException or ClickHouseException, error.ToString());
        if (reason is not null)
            Assert.Contains(reason, error.Message);
        Assert.Equal((0UL, 0UL, 0UL), await CountsAsync(store));
    }

    [Fact]
    public async Task Tests_of_another_delta_are_rejected()
    {
        var store = await country.NewStoreAsync(isLoaded: false);
        await store.ApplyAsync(CancellationToken.None);
        await new DailyDelta(store.Client).LoadAsync(country.Deltas[0], CancellationToken.None);
        var mixed = Path.Combine(_folder, "mixed.json");
        await File.WriteAllLinesAsync(
            mixed,
            [.. await File.ReadAllLinesAsync(country.Deltas[1]), (await File.ReadAllLinesAsync(country.Deltas[0]))[0]]
        );
        var error = await Assert.ThrowsAsync<InvalidDataException>(() =>
            new DailyDelta(store.Client).LoadAsync(mixed, CancellationToken.None)
        );
        Assert.Contains("1 tests that were loaded with another delta", error.Message);
        await Country.AssertExactAsync(store);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task<(ulong Tests, ulong Defects, ulong Vehicles)> CountsAsync(VehicleStore store) =>
        (
            await Country.CountAsync(store, "inspections"),
            await Country.CountAsync(store, "defects"),
            await Country.CountAsync(store, "vehicles")
        );
}
