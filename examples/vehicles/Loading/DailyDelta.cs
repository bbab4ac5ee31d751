using System.Globalization;
using Remora.ClickHouse;

namespace Remora.Vehicles.Loading;

/// <summary>The result of loading a delta.</summary>
/// <param name="WasDoneBefore">
/// Whether the same tests were loaded before, so that nothing was done.
/// </param>
internal sealed record DeltaReport(long Tests, long Defects, bool WasDoneBefore);

/// <summary>
/// Loads the tests of a day from JSON: staging, checks, then vehicles, inspections and defects,
/// through the views. An interrupted delta continues when repeated; a delta is never loaded twice,
/// whatever its file name. One delta at a time.
/// </summary>
internal sealed class DailyDelta(ClickHouseClient client)
{
    private static readonly SqlName Staging = SqlName.Of("delta_staging");

    /// <exception cref="InvalidDataException">
    /// A check failed, or some tests exist already; nothing was loaded.
    /// </exception>
    public async Task<DeltaReport> LoadAsync(string path, CancellationToken cancellation)
    {
        await client.ExecuteAsync(
            await VehicleStore.SchemaAsync("delta_staging.sql", cancellation),
            cancellation: cancellation
        );
        await using (var file = File.OpenRead(path))
        {
            var strict = new QueryOptions
            {
                Settings = new Dictionary<string, string>
                {
                    ["input_format_skip_unknown_fields"] = "0",
                    ["input_format_allow_errors_num"] = "0",
                },
            };
            await client.InsertStreamAsync(
                $"INSERT INTO {Staging.Quoted} FORMAT JSONEachRow",
                file,
                strict,
                cancellation
            );
        }
        var (digest, tests, defects) = await client.SingleAsync(
            $"SELECT lower(hex(SHA256(arrayStringConcat(arraySort(groupArray(toString((test_id, vehicle_id, at, "
                + $"mileage, passed, defects)))))))), count(), sum(length(defects)) FROM {Staging.Quoted}",
            row => (row.String(), (long)row.UInt64(), (long)row.UInt64()),
            cancellation: cancellation
        );
        var parameters = new QueryParameters().Add("digest", digest);
        var steps = await client.ListAsync(
            "SELECT toString(step) FROM deltas WHERE digest = {digest:String}",
            row => row.String(),
            parameters,
            cancellation
        );
        if (steps.Contains("done"))
            return new(tests, defects, WasDoneBefore: true);
        if (!steps.Contains("begun"))
        {
            await CheckAsync(Path.GetFileName(path), tests, cancellation);
            await MarkAsync("begun");
        }
        await new VehicleRegister(client).TakeAsync(Staging, cancellation);
        await InsertAsync(
            "INSERT INTO inspections (test_id, vehicle_id, at, mileage, passed) SELECT test_id, vehicle_id, at, "
                + "mileage, assumeNotNull(passed) FROM delta_staging ORDER BY test_id",
            "tests"
        );
        await InsertAsync(
            "INSERT INTO defects (test_id, vehicle_id, at, defect, dangerous) SELECT test_id, vehicle_id, at, "
                + "found.1, found.2 FROM delta_staging ARRAY JOIN defects AS found ORDER BY test_id, found",
            "defects"
        );
        await MarkAsync("done");
        await client.ExecuteAsync($"DROP TABLE {Staging.Quoted} SYNC", cancellation: cancellation);
        return new(tests, defects, WasDoneBefore: false);

        Task MarkAsync(string step) =>
            client.ExecuteAsync(
                $"INSERT INTO deltas (digest, step) SELECT {{digest:String}}, '{step}'",
                parameters,
                cancellation
            );

        // In one block with a token: repeated, it counts once in the table and in the views.
        Task InsertAsync(string sql, string part) =>
            client.ExecuteAsync(
                sql,
                new QueryOptions
                {
                    Settings = new Dictionary<string, string>(InsertToken.Settings($"delta-{digest}-{part}"))
                    {
                        ["max_insert_threads"] = "1",
                        ["max_block_size"] = "10000000",
                        ["min_insert_block_size_rows"] = "10000000",
                        ["min_insert_block_size_bytes"] = "0",
                    },
                    IsRepeatable = true,
                },
                cancellation
            );
    }

    private async Task CheckAsync(string file, long tests, CancellationToken cancellation)
    {
        if (tests == 0)
            throw new InvalidDataException($"{file} has no tests");
        (string Condition, string Meaning)[] checks =
        [
            (VehicleRegister.Checks, "with an incomplete vehicle (make, model, fuel, engine_cc to 9999, first_use)"),
            ("test_id > 0 AND passed IS NOT NULL", "without test_id or passed"),
            ("at >= '1960-01-01' AND at < now() + 86400", "with an impossible time"),
            ("ifNull(mileage < 1000000, true)", "with a mileage of a million or more"),
            (
                "length(defects) = length(arrayDistinct(defects)) AND NOT has(defects.defect, '')",
                "with a duplicate or unnamed defect"
            ),
        ];
        foreach (var (condition, meaning) in checks)
            await NoneAsync($"delta_staging WHERE NOT ({condition})", meaning);
        await NoneAsync(
            "(SELECT test_id FROM delta_staging GROUP BY test_id HAVING count() > 1)",
            "that are duplicates"
        );
        await NoneAsync(
            "inspections WHERE vehicle_id IN (SELECT vehicle_id FROM delta_staging) AND test_id IN (SELECT test_id "
                + "FROM delta_staging)",
            "that were loaded with another delta"
        );

        async Task NoneAsync(string from, string meaning)
        {
            var count = await client.SingleAsync(
                $"SELECT count() FROM {from}",
                row => row.UInt64(),
                cancellation: cancellation
            );
            if (count > 0)
                throw new InvalidDataException(
                    $"{file} has {count.ToString(CultureInfo.InvariantCulture)} tests {meaning}; nothing was loaded"
                );
        }
    }
}
