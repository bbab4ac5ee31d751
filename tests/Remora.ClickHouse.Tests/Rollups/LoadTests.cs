using System.Globalization;
using System.IO.Compression;
using Remora.ClickHouse.Rollups;

namespace Remora.ClickHouse.Tests.Rollups;

[Trait("speed", "slow")]
public sealed class LoadTests(Engine engine) : IDisposable
{
    private readonly Scratch _scratch = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Files_are_loaded_once_through_the_views(bool isDetached)
    {
        var (client, rollup) = await Events.NewAsync(engine);
        await Events.FillAsync(client, 5000);
        var files = new[] { await PackedCsvAsync(client, 100_000), await ParquetAsync(client, 30_000) };
        var load = new RollupLoadOptions { IsDetached = isDetached };
        var report = await rollup.LoadAsync(files, load);
        Assert.Equal((130_000, false), (report.Rows, report.WasDoneBefore));
        Assert.True((await rollup.LoadAsync(files, load)).WasDoneBefore);
        Assert.Equal(135_000UL, await client.SingleAsync("SELECT count() FROM events", row => row.UInt64()));
        await Events.AssertExactAsync(rollup);
        Assert.Equal(
            0UL,
            await client.SingleAsync(
                "SELECT count() FROM system.tables WHERE database = currentDatabase() AND (name LIKE '%staging' OR "
                    + "name LIKE '%_load')",
                row => row.UInt64()
            )
        );
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_interrupted_load_completes_when_repeated(bool isDetached)
    {
        var (client, rollup) = await Events.NewAsync(engine);
        var load = new RollupLoadOptions { IsDetached = isDetached };
        var steps = 0;
        var rows = 60_000;
        var first = await PackedCsvAsync(client, rows, "0");
        await rollup.LoadAsync([first], load, progress: new Watched(_ => steps++));
        Assert.InRange(steps, 5, 200);
        for (var at = 1; at <= steps; at += isDetached ? 4 : 1)
        {
            var file = await PackedCsvAsync(client, rows, at.ToString(CultureInfo.InvariantCulture));
            var left = at;
            using var stop = new CancellationTokenSource();
            try
            {
                await rollup.LoadAsync(
                    [file],
                    load,
                    progress: new Watched(_ =>
                    {
                        if (--left == 0)
                            stop.Cancel();
                    }),
                    cancellation: stop.Token
                );
            }
            catch (OperationCanceledException)
            {
                if (at > 2)
                    await Assert.ThrowsAsync<RollupException>(() => rollup.BackfillAsync());
            }
            await rollup.LoadAsync([file], load);
        }
        var loads = 1 + ((steps - 1) / (isDetached ? 4 : 1)) + 1;
        Assert.Equal(
            (ulong)(rows * loads),
            await client.SingleAsync("SELECT count() FROM events", row => row.UInt64())
        );
        await Events.AssertExactAsync(rollup);
    }

    [Fact]
    public async Task Files_that_fail_a_check_change_nothing()
    {
        var (client, rollup) = await Events.NewAsync(engine);
        var file = await PackedCsvAsync(client, 1000);
        var late = await Assert.ThrowsAsync<RefusedFileException>(() =>
            rollup.LoadAsync([file], new() { Latest = new DateTimeOffset(2024, 2, 1, 0, 0, 0, TimeSpan.Zero) })
        );
        Assert.Contains("later than 2024-02-01", late.Message);
        var odd = await Assert.ThrowsAsync<RefusedFileException>(() =>
            rollup.LoadAsync(
                [file],
                new() { Checks = new Dictionary<string, string> { ["small values"] = "value < 100" } }
            )
        );
        Assert.Contains("'small values'", odd.Message);
        var broken = Path.Combine(_scratch.Folder, "broken.csv");
        await File.WriteAllTextAsync(broken, "id,at,kind,value,ok\n1,yesterday,a,1,true\n");
        await Assert.ThrowsAsync<RefusedFileException>(() => rollup.LoadAsync([broken]));
        await Assert.ThrowsAsync<RollupException>(() => rollup.LoadAsync([Path.Combine(_scratch.Folder, "none.csv")]));
        Assert.Equal(0UL, await client.SingleAsync("SELECT count() FROM events", row => row.UInt64()));
        await rollup.LoadAsync([file]);
        await Events.AssertExactAsync(rollup);
    }

    public void Dispose() => _scratch.Dispose();

    private static string Select(int rows) =>
        $"SELECT number AS id, toDateTime64('2024-01-01 00:00:00', 3, 'UTC') + (number * 7919 % 7776000) AS at, 'a' "
        + $"AS kind, number % 1000 / 7 AS value, number % 5 > 0 AS ok FROM numbers({rows})";

    private async Task<string> PackedCsvAsync(ClickHouseClient client, int rows, string name = "events")
    {
        var path = Path.Combine(_scratch.Folder, name + ".csv.gz");
        await using var file = File.Create(path);
        await using var packed = new GZipStream(file, CompressionLevel.Fastest);
        await using var answer = await client.StreamAsync(Select(rows), "CSVWithNames");
        await answer.CopyToAsync(packed);
        return path;
    }

    private async Task<string> ParquetAsync(ClickHouseClient client, int rows)
    {
        var path = Path.Combine(_scratch.Folder, "events.parquet");
        await using var file = File.Create(path);
        await using var answer = await client.StreamAsync(Select(rows), "Parquet");
        await answer.CopyToAsync(file);
        return path;
    }
}
