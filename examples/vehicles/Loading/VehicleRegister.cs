using Remora.ClickHouse;

namespace Remora.Vehicles.Loading;

/// <summary>
/// Moves vehicles from staging to the main tables. A known vehicle keeps its data. One load at a
/// time.
/// </summary>
internal sealed class VehicleRegister(ClickHouseClient client)
{
    private const string Car = "make, model, fuel, engine_cc";

    private static readonly QueryOptions Patient = new() { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>Loads the vehicles of Parquet files.</summary>
    public async Task LoadAsync(IReadOnlyList<string> files, CancellationToken cancellation)
    {
        var staging = SqlName.Of("vehicles_staging");
        await client.ExecuteAsync(
            await VehicleStore.SchemaAsync("vehicles_staging.sql", cancellation),
            cancellation: cancellation
        );
        foreach (var path in files)
        {
            await using var file = File.OpenRead(path);
            await client.InsertStreamAsync($"INSERT INTO {staging.Quoted} FORMAT Parquet", file, Patient, cancellation);
        }
        var wrong = await client.ListAsync(
            $"SELECT vehicle_id FROM {staging.Quoted} WHERE NOT ({Checks}) LIMIT 1",
            row => row.UInt32(),
            cancellation: cancellation
        );
        if (wrong is [var vehicle])
            throw new InvalidDataException(
                $"vehicle {vehicle} of the files fails a check ({Checks}); nothing was loaded"
            );
        await TakeAsync(staging, cancellation);
        await client.ExecuteAsync($"DROP TABLE {staging.Quoted} SYNC", cancellation: cancellation);
    }

    /// <summary>The conditions for the data of a vehicle.</summary>
    public const string Checks =
        "vehicle_id BETWEEN 1 AND 100000000 AND make != '' AND model != '' AND fuel != '' AND ifNull(engine_cc <= "
        + "9999, false) AND first_use >= '1900-01-01'";

    /// <summary>
    /// Inserts new cars, then new vehicles, then reloads the dictionary that the views join.
    /// </summary>
    public async Task TakeAsync(SqlName staging, CancellationToken cancellation)
    {
        await client.ExecuteAsync(
            $"""
            INSERT INTO cars (car_id, {Car})
            SELECT (SELECT max(car_id) FROM cars) + row_number() OVER (ORDER BY {Car}), {Car}
            FROM (SELECT DISTINCT make, model, fuel, assumeNotNull(s.engine_cc) AS engine_cc FROM {staging.Quoted} AS s)
            WHERE ({Car}) NOT IN (SELECT {Car} FROM cars)
            """,
            Patient,
            cancellation
        );
        await client.ExecuteAsync(
            $"""
            INSERT INTO vehicles (vehicle_id, car_id, first_use)
            SELECT s.vehicle_id, c.car_id, s.first_use
            FROM (SELECT vehicle_id, make, model, fuel, assumeNotNull(engine_cc) AS cc, first_use FROM {staging.Quoted} LIMIT 1 BY vehicle_id) AS s
            INNER JOIN cars AS c ON c.make = s.make AND c.model = s.model AND c.fuel = s.fuel AND c.engine_cc = s.cc
            WHERE s.vehicle_id NOT IN (SELECT vehicle_id FROM vehicles WHERE vehicle_id IN (SELECT vehicle_id FROM {staging.Quoted}))
            """,
            Patient,
            cancellation
        );
        await client.ExecuteAsync("SYSTEM RELOAD DICTIONARY vehicle_car", Patient, cancellation);
    }
}
