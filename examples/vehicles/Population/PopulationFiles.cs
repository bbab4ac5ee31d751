using System.Globalization;
using Remora.ClickHouse;

namespace Remora.Vehicles.Population;

/// <summary>The options of the generator.</summary>
/// <param name="Vehicles">The number of vehicles; each has about six inspections.</param>
/// <param name="Seed">The same seed gives the same bytes.</param>
/// <param name="Days">The number of daily deltas after the base data.</param>
internal sealed record PopulationOptions(int Vehicles, int Seed, int Days);

/// <summary>
/// Generates the inspections of a fictional country: the years 2015 to 2024 as Parquet files, and
/// later days as JSON. The engine computes them (population.sql) and writes the files; the
/// catalogue of cars is in C#.
/// </summary>
internal sealed class PopulationFiles(ClickHouseClient client, PopulationOptions options)
{
    public static readonly DateOnly From = new(2015, 1, 1);
    public static readonly DateOnly Until = new(2025, 1, 1);

    private const int VehiclesPerFile = 1_000_000;
    private const int FilesAtATime = 2;

    private static readonly SqlName CarsTable = SqlName.Of("population_cars");
    private static readonly string Population = File.ReadAllText(
        Path.Combine(AppContext.BaseDirectory, "Population", "population.sql")
    );

    private readonly IReadOnlyList<CatalogueCar> _cars = Catalogue.Cars(options.Seed);

    /// <returns>The files in load order.</returns>
    public async Task<IReadOnlyList<string>> WriteAsync(string folder, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        await FillCatalogueAsync(cancellation);
        var files = new List<(string Path, Func<string, Task> Write)>();
        foreach (
            var (slice, at) in Slices()
                .Select((slice, at) => (slice, (at + 1).ToString("D2", CultureInfo.InvariantCulture)))
        )
        {
            files.Add(
                (
                    Path.Combine(folder, $"vehicles-{at}.parquet"),
                    path =>
                        WriteAsync(
                            path,
                            "Parquet",
                            "SELECT b.vehicle_id AS vehicle_id, c.make AS make, c.model AS model, c.fuel AS fuel, "
                                + "c.engine_cc AS engine_cc, b.first_use AS first_use "
                                + "FROM born AS b INNER JOIN population_cars AS c ON c.rank = b.rank WHERE "
                                + "addYears(b.first_use, 3) < {until:Date}",
                            slice,
                            From,
                            Until,
                            cancellation
                        )
                )
            );
            files.Add(
                (
                    Path.Combine(folder, $"inspections-{at}.parquet"),
                    path =>
                        WriteAsync(
                            path,
                            "Parquet",
                            "SELECT test_id, vehicle_id, at, mileage, passed FROM results",
                            slice,
                            From,
                            Until,
                            cancellation
                        )
                )
            );
            files.Add(
                (
                    Path.Combine(folder, $"defects-{at}.parquet"),
                    path =>
                        WriteAsync(
                            path,
                            "Parquet",
                            "SELECT test_id, vehicle_id, at, found.1 AS defect, found.2 AS dangerous FROM results "
                                + "ARRAY JOIN defects AS found",
                            slice,
                            From,
                            Until,
                            cancellation
                        )
                )
            );
        }
        for (var day = Until; day < Until.AddDays(options.Days); day = day.AddDays(1))
        {
            var date = day;
            files.Add(
                (
                    Path.Combine(folder, $"delta-{date:yyyy-MM-dd}.json"),
                    path =>
                        WriteAsync(
                            path,
                            "JSONEachRow",
                            "SELECT r.test_id AS test_id, r.vehicle_id AS vehicle_id, c.make AS make, c.model AS "
                                + "model, c.fuel AS fuel, c.engine_cc AS engine_cc, r.first_use AS first_use, "
                                + "r.at AS at, r.mileage AS mileage, r.passed AS passed, r.defects AS defects FROM "
                                + "results AS r INNER JOIN population_cars AS c ON c.rank = r.rank ORDER BY at, "
                                + "test_id",
                            (0, options.Vehicles),
                            date,
                            date.AddDays(1),
                            cancellation
                        )
                )
            );
        }
        await Parallel.ForEachAsync(
            files,
            new ParallelOptions { MaxDegreeOfParallelism = FilesAtATime, CancellationToken = cancellation },
            async (file, _) => await file.Write(file.Path)
        );
        return [.. files.Select(file => file.Path)];
    }

    private IEnumerable<(int First, int Count)> Slices()
    {
        for (var first = 0; first < options.Vehicles; first += VehiclesPerFile)
            yield return (first, Math.Min(VehiclesPerFile, options.Vehicles - first));
    }

    private async Task FillCatalogueAsync(CancellationToken cancellation)
    {
        await client.ExecuteAsync(
            "CREATE OR REPLACE TABLE population_cars (rank UInt32, make String, model String, fuel String, "
                + "engine_cc UInt16, annual_mileage UInt32, weakness Float64) ENGINE = MergeTree ORDER BY rank",
            cancellation: cancellation
        );
        SqlName[] columns = [.. "rank make model fuel engine_cc annual_mileage weakness".Split(' ').Select(SqlName.Of)];
        await client.InsertAsync(
            CarsTable,
            columns,
            _cars.Index(),
            (row, car) =>
            {
                row.UInt32((uint)car.Index + 1);
                row.String(car.Item.Make);
                row.String(car.Item.Model);
                row.String(car.Item.Fuel);
                row.UInt16((ushort)car.Item.EngineCc);
                row.UInt32((uint)car.Item.AnnualMileage);
                row.Float64(car.Item.Weakness);
            },
            cancellation: cancellation
        );
    }

    // On one thread, so that the order of rows and the bytes of the file are fixed.
    private async Task WriteAsync(
        string path,
        string format,
        string select,
        (int First, int Count) slice,
        DateOnly from,
        DateOnly until,
        CancellationToken cancellation
    )
    {
        var query = new QueryOptions
        {
            Parameters = new QueryParameters()
                .Add("seed", options.Seed)
                .Add("cars", _cars.Count)
                .Add("first", slice.First)
                .Add("count", slice.Count)
                .Add("from", from.ToString("O"))
                .Add("until", until.ToString("O")),
            Settings = new Dictionary<string, string>
            {
                ["max_threads"] = "1",
                ["output_format_parquet_compression_method"] = "lz4",
                ["output_format_parquet_datetime_as_uint32"] = "0",
            },
            Timeout = Timeout.InfiniteTimeSpan,
        };
        await using var answer = await client.StreamAsync($"{Population} {select}", format, query, cancellation);
        await using var file = File.Create(path);
        await answer.CopyToAsync(file, cancellation);
    }
}
