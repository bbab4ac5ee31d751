using System.Diagnostics;
using Remora.ClickHouse.Embedded;
using Remora.ClickHouse.Rollups;

namespace Remora.ClickHouse.Bench;

/// <summary>
/// Kills the engine at random while random batches are inserted. Every acknowledged row must then
/// exist once, in the table and in the views.
/// </summary>
internal static class Soak
{
    private const int Writers = 3;

    public static async Task RunAsync(int kills)
    {
        var folder = Directory.CreateTempSubdirectory("remora-soak-").FullName;
        try
        {
            await using var engine = await EmbeddedEngine.StartAsync(
                new() { Folder = folder, LongestRestartDelay = TimeSpan.FromMilliseconds(200) }
            );
            await engine.Client.ExecuteAsync(
                "CREATE TABLE events (writer UInt8, n UInt64, at DateTime64(3), value Float64) ENGINE = MergeTree "
                    + "ORDER BY (writer, n) SETTINGS non_replicated_deduplication_window = 10000"
            );
            var rollup = new Rollup(
                engine.Client,
                RollupFile.Parse(
                    """
                    -- rollup: soak
                    -- source: events
                    -- time: at
                    -- intervals: 1 minute, 1 hour
                    -- keys: writer
                    count() AS events,
                    sum(value) AS total
                    """,
                    "soak.sql"
                )
            );
            await rollup.ApplyAsync();
            using var stop = new CancellationTokenSource();
            var writers = Enumerable
                .Range(0, Writers)
                .Select(writer => Task.Run(() => WriteAsync(engine.Client, (byte)writer, stop.Token)))
                .ToList();
            var random = new Random(17);
            for (var kill = 1; kill <= kills; kill++)
            {
                await Task.Delay(random.Next(100, 1500));
                using (var process = Process.GetProcessById(engine.Endpoint.Pid))
                    process.Kill();
                while (engine.Health.Restarts < kill)
                    await Task.Delay(20);
            }
            await stop.CancelAsync();
            var acknowledged = (await Task.WhenAll(writers)).Sum();
            var found = await engine.Client.SingleAsync(
                "SELECT count(), uniqExact(writer, n) FROM events",
                row => (Rows: (long)row.UInt64(), Different: (long)row.UInt64())
            );
            var verification = await rollup.VerifyAsync();
            Console.WriteLine(
                $"{engine.Health.Restarts} kills survived: {acknowledged} rows acknowledged, {found.Rows} found, "
                    + $"{found.Different} different, rollups {(verification.IsExact ? "exact" : "NOT EXACT")}"
            );
            foreach (var finding in verification.Findings)
                Console.WriteLine(finding);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<long> WriteAsync(ClickHouseClient client, byte writer, CancellationToken stop)
    {
        var random = new Random(writer);
        var columns = "writer n at value".Split(' ').Select(SqlName.Of).ToList();
        var next = 0L;
        var begin = new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);
        for (var batch = 0; !stop.IsCancellationRequested; batch++)
        {
            var size = random.Next(1, 5000);
            var from = next;
            for (var isDone = false; !isDone; )
            {
                try
                {
                    await client.InsertAsync(
                        SqlName.Of("events"),
                        columns,
                        Enumerable.Range(0, size),
                        (row, i) =>
                        {
                            row.UInt8(writer);
                            row.UInt64((ulong)(from + i));
                            row.DateTime64Milliseconds(begin.AddSeconds(from + i));
                            row.Float64(i);
                        },
                        $"{writer}-{batch}",
                        cancellation: CancellationToken.None
                    );
                    isDone = true;
                }
                catch (ClickHouseUnavailableException)
                {
                    // Repeats the batch with its token until it is accepted
                    await Task.Delay(20, CancellationToken.None);
                }
            }
            next += size;
        }
        return next;
    }
}
