namespace Remora.Vehicles.Tests;

public sealed class PopulationTests(Country country)
{
    [Fact]
    public async Task The_same_seed_gives_the_same_bytes_and_another_seed_others()
    {
        var folder = Directory.CreateTempSubdirectory("remora-test-").FullName;
        try
        {
            var again = await country.GenerateAsync(Path.Combine(folder, "again"), seed: 7);
            var other = await country.GenerateAsync(Path.Combine(folder, "other"), seed: 8);
            Assert.Equal(3 + Country.Days, again.Count);
            foreach (var (first, second) in again.Zip(other))
            {
                var made = await File.ReadAllBytesAsync(Path.Combine(country.Files, Path.GetFileName(first)));
                Assert.Equal(made, await File.ReadAllBytesAsync(first));
                Assert.NotEqual(made, await File.ReadAllBytesAsync(second));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Generated_inspections_are_realistic()
    {
        var store = await country.LoadedAsync();
        var (tests, ids, unread, weekly) = await store.Client.SingleAsync(
            "SELECT count(), uniqExact(test_id), countIf(mileage IS NULL) / count(), uniqExact(toStartOfWeek(at)) "
                + "FROM inspections",
            row => (row.UInt64(), row.UInt64(), row.Float64(), row.UInt64())
        );
        Assert.InRange(tests, 25_000UL, 35_000UL);
        Assert.Equal(tests, ids);
        Assert.InRange(unread, 0.002, 0.007);
        Assert.InRange(weekly, 520UL, 524UL);

        // Old vehicles fail more often than young ones, and those with a high mileage more often
        // than others of their age; some cars are much more common than others.
        var byAge = await store.Client.ListAsync(
            "SELECT intDiv(dateDiff('year', v.first_use, i.at), 4) AS age, countIf(not i.passed) / count() FROM "
                + "inspections AS i INNER JOIN vehicles AS v ON v.vehicle_id = i.vehicle_id GROUP BY age HAVING "
                + "count() > 500 ORDER BY age",
            row => (row.Int64(), Share: row.Float64())
        );
        Assert.True(byAge.Count >= 4);
        Assert.Equal(byAge.Select(age => age.Share).Order(), byAge.Select(age => age.Share));
        var (near, far) = await store.Client.SingleAsync(
            "SELECT countIf(not passed and mileage < 60000) / countIf(mileage < 60000), countIf(not passed and "
                + "mileage > 120000) / countIf(mileage > 120000) FROM inspections",
            row => (row.Float64(), row.Float64())
        );
        Assert.True(far > near * 1.3, $"{near} and {far}");
        var (most, median) = await store.Client.SingleAsync(
            "SELECT max(n), quantileExact(0.5)(n) FROM (SELECT count() AS n FROM vehicles GROUP BY car_id)",
            row => (row.UInt64(), row.UInt64())
        );
        Assert.True(most > median * 10, $"{most} and {median}");
        Assert.Equal(
            0UL,
            await store.Client.SingleAsync(
                "SELECT count() FROM defects WHERE test_id IN (SELECT test_id FROM inspections WHERE passed)",
                row => row.UInt64()
            )
        );
        Assert.Equal(
            0UL,
            await store.Client.SingleAsync(
                "SELECT count() FROM inspections WHERE not passed AND test_id NOT IN (SELECT test_id FROM defects)",
                row => row.UInt64()
            )
        );
    }
}
