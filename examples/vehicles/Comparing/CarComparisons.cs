using Remora.ClickHouse;
using Remora.ClickHouse.Rollups;

namespace Remora.Vehicles.Comparing;

/// <summary>
/// Reads figures from the states of the views, or from the inspections. Values are sent as
/// parameters.
/// </summary>
internal sealed class CarComparisons(VehicleStore store)
{
    private const int MostDefects = 5;
    private const int MostNearest = 3;

    private readonly string _figuresOfViews = $"""
        SELECT sum(rows), uniqExactMerge(vehicles), countIfMerge(failures), avgMerge(mileage_mean), minMerge(mileage_min), maxMerge(mileage_max)
        FROM {States(store.Comparison)} WHERE {CarIs}
        """;

    private readonly string _defectsOfViews =
        $"SELECT defect, sum(rows) AS found, countIfMerge(dangerous) FROM {States(store.Findings)} WHERE {CarIs} "
        + $"GROUP BY defect {MostCommonFirst}";

    private const string CarIs = "car_id = {car:UInt32}";
    private const string MostCommonFirst = "ORDER BY found DESC, defect LIMIT {most:UInt8}";
    private const string OfTheCar = "vehicle_id IN (SELECT vehicle_id FROM vehicles WHERE " + CarIs + ")";

    private const string FiguresOfRaw =
        "SELECT count(), uniqExact(vehicle_id), countIf(not passed), avg(mileage), min(mileage), max(mileage) FROM "
        + "inspections WHERE "
        + OfTheCar;

    private const string DefectsOfRaw =
        "SELECT defect, count() AS found, countIf(dangerous) FROM defects WHERE "
        + OfTheCar
        + " GROUP BY defect "
        + MostCommonFirst;

    /// <summary>
    /// Returns the requested car as stored, ignoring case; null if it is unknown.
    /// </summary>
    public async Task<(uint Id, Car Car)?> FindAsync(Car asked, CancellationToken cancellation)
    {
        var found = await store.Client.ListAsync(
            """
            SELECT car_id, make, model, fuel, engine_cc FROM cars
            WHERE lowerUTF8(make) = lowerUTF8({make:String}) AND lowerUTF8(model) = lowerUTF8({model:String}) AND fuel = {fuel:String} AND engine_cc = {engine:UInt16} LIMIT 1
            """,
            row => (row.UInt32(), new Car(row.String(), row.String(), row.String(), row.UInt16())),
            Parameters(asked),
            cancellation
        );
        return found is [var car] ? car : null;
    }

    /// <summary>
    /// Returns the cars with the nearest names, then the same fuel, then the nearest engine.
    /// </summary>
    public Task<List<Car>> NearestAsync(Car asked, CancellationToken cancellation) =>
        store.Client.ListAsync(
            """
            SELECT make, model, fuel, engine_cc FROM cars
            ORDER BY editDistanceUTF8(lowerUTF8(concat(make, ' ', model)), lowerUTF8(concat({make:String}, ' ', {model:String}))), fuel != {fuel:String},
                abs(toInt32(engine_cc) - toInt32({engine:UInt16})), make, model, fuel, engine_cc
            LIMIT {most:UInt8}
            """,
            row => new Car(row.String(), row.String(), row.String(), row.UInt16()),
            Parameters(asked).Add("most", MostNearest),
            cancellation
        );

    public async Task<Comparison> CompareAsync(uint id, Car car, bool isRaw, CancellationToken cancellation)
    {
        var parameters = new QueryParameters().Add("car", id);
        var readingDefects = store.Client.ListAsync(
            isRaw ? DefectsOfRaw : _defectsOfViews,
            row => (Defect: row.String(), Found: (long)row.UInt64(), Dangerous: (long)row.UInt64()),
            new QueryParameters().AddAll(parameters).Add("most", MostDefects),
            cancellation
        );
        var figures = await store.Client.SingleAsync(
            isRaw ? FiguresOfRaw : _figuresOfViews,
            row =>
                (
                    Tests: (long)row.UInt64(),
                    Vehicles: (long)row.UInt64(),
                    Failures: (long)row.UInt64(),
                    Mileage: new Mileage(
                        row.Nullable(r => r.Float64()),
                        row.Nullable(r => r.UInt32()),
                        row.Nullable(r => r.UInt32())
                    )
                ),
            parameters,
            cancellation
        );
        var defects = await readingDefects;
        var tests = figures.Tests;
        return new(
            car,
            isRaw ? "raw" : "views",
            figures.Vehicles,
            tests,
            tests > 0 ? Math.Round((double)tests / figures.Vehicles, 3) : null,
            figures.Mileage with
            {
                Mean = figures.Mileage.Mean is { } mean ? Math.Round(mean, 1) : null,
            },
            tests > 0 ? Math.Round(100.0 * figures.Failures / tests, 2) : null,
            [
                .. defects.Select(defect => new CommonDefect(
                    defect.Defect,
                    defect.Found,
                    defect.Dangerous,
                    Math.Round(100.0 * defect.Found / tests, 2)
                )),
            ]
        );
    }

    private static QueryParameters Parameters(Car asked) =>
        new QueryParameters()
            .Add("make", asked.Make)
            .Add("model", asked.Model)
            .Add("fuel", asked.Fuel)
            .Add("engine", asked.EngineCc);

    private static string States(Rollup rollup) => rollup.StatesOf(rollup.Definition.Intervals[^1]).Quoted;
}
