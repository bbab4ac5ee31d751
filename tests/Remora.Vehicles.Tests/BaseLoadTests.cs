using Remora.ClickHouse.Rollups;
using Remora.Vehicles.Comparing;
using Remora.Vehicles.Loading;

namespace Remora.Vehicles.Tests;

public sealed class BaseLoadTests(Country country)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_views_equal_the_tables(bool isDetached)
    {
        var store = await country.NewStoreAsync(isLoaded: false);
        var report = await country.LoadAsync(store, isDetached);
        Assert.Equal((ulong)report.Inspections.Rows, await Country.CountAsync(store, "inspections"));
        Assert.Equal((ulong)report.Defects.Rows, await Country.CountAsync(store, "defects"));
        Assert.True((await country.LoadAsync(store, isDetached)).Inspections.WasDoneBefore);
        Assert.Equal((ulong)report.Inspections.Rows, await Country.CountAsync(store, "inspections"));
        await Country.AssertExactAsync(store);

        var comparisons = new CarComparisons(store);
        var cars = (await Country.CarsAsync(store)).ToArray();
        new Random(3).Shuffle(cars);
        foreach (var (id, car) in cars.Take(40))
            AssertSame(
                await comparisons.CompareAsync(id, car, isRaw: true, CancellationToken.None),
                await comparisons.CompareAsync(id, car, isRaw: false, CancellationToken.None)
            );
    }

    [Fact]
    public async Task A_comparison_equals_the_manual_count()
    {
        var store = await country.LoadedAsync();
        var (id, car) = await store.Client.SingleAsync(
            "SELECT car_id, make, model, fuel, engine_cc FROM cars WHERE car_id = (SELECT topK(1)(car_id)[1] FROM "
                + "vehicles)",
            row => (row.UInt32(), new Car(row.String(), row.String(), row.String(), row.UInt16()))
        );
        var vehicles = (
            await store.Client.ListAsync(
                "SELECT vehicle_id, car_id FROM vehicles",
                row => (Id: row.UInt32(), Car: row.UInt32())
            )
        )
            .Where(vehicle => vehicle.Car == id)
            .Select(vehicle => vehicle.Id)
            .ToHashSet();
        var tests = (
            await store.Client.ListAsync(
                "SELECT vehicle_id, mileage, passed FROM inspections",
                row => (Vehicle: row.UInt32(), Mileage: row.Nullable(r => r.UInt32()), Passed: row.Bool())
            )
        )
            .Where(test => vehicles.Contains(test.Vehicle))
            .ToList();
        var defects = (
            await store.Client.ListAsync(
                "SELECT vehicle_id, defect, dangerous FROM defects",
                row => (Vehicle: row.UInt32(), Defect: row.String(), IsDangerous: row.Bool())
            )
        )
            .Where(defect => vehicles.Contains(defect.Vehicle))
            .ToList();

        var answer = await new CarComparisons(store).CompareAsync(id, car, isRaw: false, CancellationToken.None);
        Assert.True(tests.Count > 200);
        Assert.Equal(
            (tests.Count, tests.DistinctBy(test => test.Vehicle).Count()),
            ((int)answer.Tests, (int)answer.Vehicles)
        );
        Assert.Equal(
            Math.Round(tests.Count / (double)tests.DistinctBy(test => test.Vehicle).Count(), 3),
            answer.TestsPerVehicle
        );
        Assert.Equal(
            new Mileage(
                Math.Round(tests.Average(test => (double?)test.Mileage)!.Value, 1),
                tests.Min(test => test.Mileage),
                tests.Max(test => test.Mileage)
            ),
            answer.Mileage
        );
        Assert.Equal(Math.Round(100.0 * tests.Count(test => !test.Passed) / tests.Count, 2), answer.FailureRatePercent);
        var common = defects
            .GroupBy(defect => defect.Defect, defect => defect.IsDangerous)
            .OrderByDescending(group => group.Count())
            .ThenBy(group => group.Key, StringComparer.Ordinal)
            .Take(5);
        Assert.Equal(
            common.Select(group => (group.Key, (long)group.Count(), (long)group.Count(dangerous => dangerous))),
            answer.CommonDefects.Select(defect => (defect.Defect, defect.Found, defect.Dangerous))
        );
    }

    [Fact]
    public async Task Inspections_of_unknown_vehicles_are_rejected_without_loading()
    {
        var store = await country.NewStoreAsync(isLoaded: false);
        var folder = Directory.CreateTempSubdirectory("remora-test-").FullName;
        try
        {
            Assert.Contains(
                "contains no vehicles-",
                (await Assert.ThrowsAsync<FileNotFoundException>(() => LoadAsync(store, folder))).Message
            );
            foreach (
                var file in Directory
                    .GetFiles(country.Files, "*.parquet")
                    .Where(file => !file.Contains("vehicles-", StringComparison.Ordinal))
            )
                File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
            await using (var file = File.Create(Path.Combine(folder, "vehicles-01.parquet")))
            await using (
                var few = await store.Client.StreamAsync(
                    "SELECT 1::UInt32 AS vehicle_id, 'A' AS make, 'B' AS model, 'petrol' AS fuel, 998::UInt16 AS "
                        + "engine_cc, toDate('2010-01-01') AS first_use",
                    "Parquet"
                )
            )
                await few.CopyToAsync(file);
            var error = await Assert.ThrowsAsync<RefusedFileException>(() => LoadAsync(store, folder));
            Assert.Contains("'known vehicle'", error.Message);
            Assert.Equal(0UL, await Country.CountAsync(store, "inspections"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
        await country.LoadAsync(store);
        await Country.AssertExactAsync(store);
    }

    internal static void AssertSame(Comparison raw, Comparison views)
    {
        Assert.Equal(raw.CommonDefects, views.CommonDefects);
        Assert.Equal(raw with { From = "", CommonDefects = [] }, views with { From = "", CommonDefects = [] });
    }

    private static Task<BaseLoadReport> LoadAsync(VehicleStore store, string folder) =>
        new BaseLoad(store).RunAsync(
            folder,
            isDetached: false,
            TimeProvider.System,
            progress: null,
            CancellationToken.None
        );
}
