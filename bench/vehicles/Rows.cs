using Remora.ClickHouse;
using Remora.Vehicles.Population;

namespace Remora.Vehicles.Bench;

/// <summary>
/// Rows that the engine computes from the seed and the number of a vehicle: six tests in ten years,
/// and 0 to 4 defects in a test. Cheaper than examples/vehicles' population, and with more rare
/// cars: the most common one has 1 % of the vehicles, the rarest 0.002 %.
/// </summary>
internal sealed class Rows(ClickHouseClient client, ScalePlan plan)
{
    /// <summary>A day has the tests of one in 608 vehicles: a year's tests by 365.</summary>
    public const int DaysOfVehicles = 608;

    private static readonly DateOnly FirstDelta = new(2025, 1, 1);

    private static readonly QueryOptions Patient = new() { Timeout = Timeout.InfiniteTimeSpan };

    private readonly IReadOnlyList<CatalogueCar> _cars = Catalogue.Cars(plan.Seed);

    // 'of' are the vehicles. Every value of a test is taken from its hash. Seven and twenty-four
    // share no factor, so no defect occurs twice in a test.
    private static string Tests(string of) =>
        $$"""
            (h, car, n) -> toLowCardinality(concat('defect ', leftPad(toString(
                1 + (intDiv((bitShiftRight(h, 13) % 24) * (bitShiftRight(h, 23) % 24), 24) + car * 5 + n * 7) % 24
            ), 2, '0'))) AS defect_of,
            (h, n) -> (bitAnd(bitShiftRight(h, 30 + n * 3), 7) = 0)::Bool AS danger_of,
            tests AS (
                SELECT
                    vehicle_id, car, h,
                    toUInt64(vehicle_id) * 16 + {year:UInt16} - {{ScalePlan.FirstYear}} AS test_id,
                    toDateTime({from:Date}, 'UTC')
                        + toUInt32((h % {days:UInt16}) * 86400 + 28800 + bitShiftRight(h, 9) % 36000) AS at,
                    intDiv(h, 7919) % 5 AS found,
                    bitAnd(bitShiftRight(h, 40), 255) = 0
                        ? NULL
                        : toUInt32((4500 + car * 37 % 6500) * ({year:UInt16} - 2013) + bitShiftRight(h, 44) % 5000)
                        AS mileage,
                    (found < 3 OR bitShiftRight(h, 24) % 100 > 30 + car % 40)::Bool AS passed
                FROM (
                    SELECT
                        toUInt32(number + 1) AS vehicle_id,
                        cityHash64({seed:UInt64}, number, {year:UInt16}) AS h,
                        dictGet('vehicle_car', 'car_id', number + 1) AS car
                    FROM numbers({first:UInt64}, {count:UInt64}) WHERE {{of}}))
            """;

    /// <summary>Inserts the cars, once.</summary>
    public async Task AddCarsAsync(CancellationToken cancellation)
    {
        if (await client.SingleAsync("SELECT count() FROM cars", row => row.UInt64(), null, cancellation) > 0)
            return;
        SqlName[] columns = [.. "car_id make model fuel engine_cc".Split(' ').Select(SqlName.Of)];
        await client.InsertAsync(
            SqlName.Of("cars"),
            columns,
            _cars.Index(),
            (row, car) =>
            {
                row.UInt32((uint)car.Index + 1);
                row.String(car.Item.Make);
                row.String(car.Item.Model);
                row.String(car.Item.Fuel);
                row.UInt16((ushort)car.Item.EngineCc);
            },
            cancellation: cancellation
        );
    }

    /// <summary>
    /// Inserts the vehicles up to a size, in order, after those that are there.
    /// </summary>
    public async Task AddVehiclesAsync(int size, CancellationToken cancellation)
    {
        var last = await client.SingleAsync(
            "SELECT max(vehicle_id) FROM vehicles",
            row => row.UInt32(),
            null,
            cancellation
        );
        await client.ExecuteAsync(
            """
            INSERT INTO vehicles (vehicle_id, car_id, first_use)
            SELECT
                toUInt32(number + 1),
                -- Half of the vehicles are of the 100 most common cars.
                -- They are not neighbours in the tables: 1009 is prime.
                1 + least(toUInt32(100 * x / (1 - x)), {cars:UInt32} - 1) * 1009 % {cars:UInt32},
                toDate('2002-01-01') + toUInt16(h % 4000)
            FROM (
                SELECT number, cityHash64({seed:UInt64}, number) AS h,
                    h / 18446744073709551616. * {cars:UInt32} / ({cars:UInt32} + 100) AS x
                FROM numbers({first:UInt64}, {count:UInt64}))
            """,
            Patient with
            {
                Parameters = Parameters(last, plan.VehiclesOf(size) - last).Add("cars", _cars.Count),
                Settings = new Dictionary<string, string> { ["max_threads"] = "1", ["max_insert_threads"] = "1" },
            },
            cancellation
        );
        await client.ExecuteAsync("SYSTEM RELOAD DICTIONARY vehicle_car", Patient, cancellation);
    }

    /// <summary>Writes a year's tests of the vehicles that a size adds.</summary>
    public Task WriteTestsAsync(string path, int size, int year, CancellationToken cancellation) =>
        WriteAsync(
            path,
            "Native",
            $"WITH {Tests(OfYear)} SELECT test_id, vehicle_id, at, mileage, passed FROM tests",
            OfSize(size, year),
            cancellation
        );

    /// <summary>Writes the defects in these tests.</summary>
    public Task WriteDefectsAsync(string path, int size, int year, CancellationToken cancellation) =>
        WriteAsync(
            path,
            "Native",
            $"WITH {Tests(OfYear)} SELECT test_id, vehicle_id, at, defect_of(h, car, n) AS defect, "
                + "danger_of(h, n) AS dangerous FROM tests ARRAY JOIN range(found) AS n",
            OfSize(size, year),
            cancellation
        );

    /// <summary>
    /// Writes the tests of a day after the ten years, of other vehicles each day.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="size">The size of the store.</param>
    /// <param name="day">The day, from 1.</param>
    /// <param name="cancellation">Stops the query.</param>
    public Task WriteDeltaAsync(string path, int size, int day, CancellationToken cancellation) =>
        WriteAsync(
            path,
            "JSONEachRow",
            $"WITH {Tests($"(number + 1) % {DaysOfVehicles} = {{day:UInt16}}")} "
                + "SELECT t.test_id AS test_id, t.vehicle_id AS vehicle_id, c.make AS make, c.model AS model, "
                + "c.fuel AS fuel, c.engine_cc AS engine_cc, toDate('2020-01-01') AS first_use, t.at AS at, "
                + "t.mileage AS mileage, t.passed AS passed, arrayMap(n -> (defect_of(t.h, t.car, n), "
                + "danger_of(t.h, n)), range(t.found))::Array(Tuple(defect String, dangerous Bool)) AS defects "
                + "FROM tests AS t INNER JOIN cars AS c ON c.car_id = t.car",
            Parameters(0, plan.VehiclesOf(size))
                .Add("day", day)
                .Add("year", FirstDelta.Year)
                .Add("from", FirstDelta.AddDays(day - 1).ToString("O"))
                .Add("days", 1),
            cancellation
        );

    private const string OfYear = "(number + {year:UInt16}) % 10 < 6";

    private QueryParameters OfSize(int size, int year) =>
        Parameters(plan.VehiclesOf(size - 1), plan.VehiclesOf(size) - plan.VehiclesOf(size - 1))
            .Add("year", year)
            .Add("from", new DateOnly(year, 1, 1).ToString("O"))
            .Add("days", 365);

    private QueryParameters Parameters(long first, long count) =>
        new QueryParameters().Add("seed", plan.Seed).Add("first", first).Add("count", count);

    // A file is whole or not there, so that an interrupted run writes it again.
    private async Task WriteAsync(
        string path,
        string format,
        string select,
        QueryParameters parameters,
        CancellationToken cancellation
    )
    {
        if (File.Exists(path))
            return;
        var part = path + ".part";
        await using (
            var answer = await client.StreamAsync(
                select,
                format,
                Patient with
                {
                    Parameters = parameters,
                    Settings = new Dictionary<string, string> { ["max_threads"] = "1" },
                },
                cancellation
            )
        )
        await using (var file = File.Create(part))
            await answer.CopyToAsync(file, 1 << 20, cancellation);
        File.Move(part, path);
    }
}
