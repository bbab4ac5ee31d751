extern alias Official;

using System.Diagnostics;
using System.Net;
using Remora.ClickHouse.Embedded;
using Driver = Official::ClickHouse.Driver.ClickHouseClient;
using DriverOptions = Official::ClickHouse.Driver.InsertOptions;
using DriverSettings = Official::ClickHouse.Driver.ADO.ClickHouseClientSettings;

namespace Remora.ClickHouse.Bench;

/// <summary>
/// Compares our client with the official one (ClickHouse.Driver, default settings) on one engine:
/// small queries, bulk inserts, errors in the middle of an answer, synchronous reads, and tokens.
/// </summary>
internal static class Clients
{
    private const int Queries = 2000;
    private const int Rounds = 3;
    private const string Broken =
        "SELECT number, throwIf(number = 2000000) AS fails FROM numbers(3000000) SETTINGS max_block_size = 10000";

    private sealed class Row
    {
        public ulong Id { get; init; }

        public double Value { get; init; }

        public string Name { get; init; } = "";
    }

    public static async Task RunAsync(int rows)
    {
        var folder = Directory.CreateTempSubdirectory("remora-bench-").FullName;
        try
        {
            await using var engine = await EmbeddedEngine.StartAsync(new() { Folder = folder });
            var ours = engine.Client;
            var settings = new DriverSettings
            {
                Host = "127.0.0.1",
                Port = (ushort)engine.Endpoint.Port,
                Username = EngineEndpoint.Owner,
                Password = engine.Endpoint.Password,
            };
            using var driver = new Driver(settings);
            for (var round = 1; round <= Rounds; round++)
            {
                await SmallAsync("ours", () => ours.SingleAsync("SELECT 1", row => row.UInt8()));
                await SmallAsync("driver", () => driver.ExecuteScalarAsync("SELECT 1", null, null, default));
            }
            await BulkAsync(ours, driver, rows);
            await ErrorsAsync(ours, driver);
            await ReadsAsync(settings);
            await TokensAsync(ours, settings);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task SmallAsync(string name, Func<Task> query)
    {
        for (var i = 0; i < Queries / 4; i++)
            await query();
        var times = new double[Queries];
        var (allocated, cpu) = (GC.GetTotalAllocatedBytes(true), Environment.CpuUsage.TotalTime);
        for (var i = 0; i < Queries; i++)
        {
            var begun = Stopwatch.GetTimestamp();
            await query();
            times[i] = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
        }
        cpu = Environment.CpuUsage.TotalTime - cpu;
        allocated = GC.GetTotalAllocatedBytes(true) - allocated;
        Array.Sort(times);
        Console.WriteLine(
            $"SELECT 1, {name, -8} p50 {times[Queries / 2]:N3} ms, {cpu.TotalMicroseconds / Queries:N0} us of CPU, "
                + $"{allocated / (double)Queries:N0} bytes allocated"
        );
    }

    private static async Task BulkAsync(ClickHouseClient ours, Driver driver, int rows)
    {
        await ours.ExecuteAsync(
            "CREATE TABLE bulk (Id UInt64, Value Float64, Name String) ENGINE = MergeTree ORDER BY Id"
        );
        driver.RegisterBinaryInsertType<Row>();
        SqlName[] columns = [SqlName.Of("Id"), SqlName.Of("Value"), SqlName.Of("Name")];
        for (var round = 1; round <= Rounds; round++)
        {
            await MeasureAsync(
                "ours",
                () =>
                    ours.InsertAsync(
                        SqlName.Of("bulk"),
                        columns,
                        Enumerable.Range(0, rows),
                        (writer, i) =>
                        {
                            writer.UInt64((ulong)i);
                            writer.Float64(i * 0.5);
                            writer.String(Name(i));
                        }
                    )
            );
            await MeasureAsync(
                "driver, object[]",
                () =>
                    driver.InsertBinaryAsync(
                        "bulk",
                        ["Id", "Value", "Name"],
                        Enumerable.Range(0, rows).Select(i => new object[] { (ulong)i, i * 0.5, Name(i) })
                    )
            );
            await MeasureAsync(
                "driver, classes",
                () =>
                    driver.InsertBinaryAsync(
                        "bulk",
                        Enumerable
                            .Range(0, rows)
                            .Select(i => new Row
                            {
                                Id = (ulong)i,
                                Value = i * 0.5,
                                Name = Name(i),
                            })
                    )
            );
        }

        async Task MeasureAsync(string name, Func<Task> insert)
        {
            await ours.ExecuteAsync("TRUNCATE TABLE bulk");
            var (allocated, cpu) = (GC.GetTotalAllocatedBytes(true), Environment.CpuUsage.TotalTime);
            var begun = Stopwatch.GetTimestamp();
            await insert();
            var time = Stopwatch.GetElapsedTime(begun);
            cpu = Environment.CpuUsage.TotalTime - cpu;
            allocated = GC.GetTotalAllocatedBytes(true) - allocated;
            var found = await ours.SingleAsync("SELECT count() FROM bulk", row => row.UInt64());
            Console.WriteLine(
                $"insert, {name, -17} {rows / time.TotalSeconds:N0} rows/s, {cpu.TotalNanoseconds / rows:N0} ns of CPU "
                    + $"and {allocated / (double)rows:N0} bytes allocated per row, {found} rows stored"
            );
        }

        static string Name(int i) => i % 2 == 0 ? "an even one" : "an odd one";
    }

    private static async Task ErrorsAsync(ClickHouseClient ours, Driver driver)
    {
        await ReadAsync(
            "ours",
            async seen =>
            {
                await foreach (var row in ours.QueryAsync(Broken, row => (Number: row.UInt64(), Fails: row.UInt8())))
                    seen(row.Number, row.Fails);
            }
        );
        await ReadAsync(
            "driver",
            async seen =>
            {
                await using var reader = await driver.ExecuteReaderAsync(Broken, null, null, default);
                while (await reader.ReadAsync())
                    seen((ulong)reader.GetValue(0), (byte)reader.GetValue(1));
            }
        );

        static async Task ReadAsync(string name, Func<Action<ulong, byte>, Task> read)
        {
            ulong rows = 0,
                wrong = 0;
            var end = "no error";
            try
            {
                await read(
                    (number, fails) =>
                    {
                        if (number != rows++ || fails != 0)
                            wrong++;
                    }
                );
            }
            catch (Exception e)
            {
                end = $"{e.GetType().Name}: {e.Message.Split('\n')[0]}";
            }
            Console.WriteLine($"error in an answer, {name, -8} {rows} rows, {wrong} of them wrong, then {end}");
        }
    }

    private static async Task ReadsAsync(DriverSettings settings)
    {
        using var counter = new ReadCounter();
        using var http = new HttpClient(counter);
        using var driver = new Driver(new DriverSettings(settings) { HttpClient = http });
        await using var reader = await driver.ExecuteReaderAsync(
            "SELECT number FROM numbers(1000000)",
            null,
            null,
            default
        );
        while (await reader.ReadAsync()) { }
        Console.WriteLine(
            $"reads of an answer, driver with ReadAsync: {counter.Synchronous} synchronous, {counter.Asynchronous} not"
        );
    }

    private static async Task TokensAsync(ClickHouseClient ours, DriverSettings settings)
    {
        const int Rows = 50_000;
        await ours.ExecuteAsync(
            "CREATE TABLE tokens (Id UInt64) ENGINE = MergeTree ORDER BY Id SETTINGS "
                + "non_replicated_deduplication_window = 1000"
        );
        for (var i = 0; i < 2; i++)
            await ours.InsertAsync(
                SqlName.Of("tokens"),
                [SqlName.Of("Id")],
                Enumerable.Range(0, Rows),
                (writer, n) => writer.UInt64((ulong)n),
                "one batch"
            );
        await PrintAsync("ours");
        var tokened = new DriverSettings(settings)
        {
            CustomSettings = new Dictionary<string, object> { ["insert_deduplication_token"] = "one batch" },
        };
        using var driver = new Driver(tokened);
        foreach (var size in new[] { Rows, Rows / 5 })
        {
            await ours.ExecuteAsync("TRUNCATE TABLE tokens");
            for (var i = 0; i < 2; i++)
                await driver.InsertBinaryAsync(
                    "tokens",
                    ["Id"],
                    Enumerable.Range(0, Rows).Select(n => new object[] { (ulong)n }),
                    new DriverOptions { BatchSize = size }
                );
            await PrintAsync($"driver, batches of {size}");
        }

        async Task PrintAsync(string name)
        {
            var found = await ours.SingleAsync("SELECT count() FROM tokens", row => row.UInt64());
            Console.WriteLine($"{Rows} rows inserted twice with one token, {name}: {found} rows stored");
        }
    }

    /// <summary>Counts how the bodies of answers are read.</summary>
    private sealed class ReadCounter()
        : DelegatingHandler(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.All })
    {
        public long Synchronous { get; private set; }

        public long Asynchronous { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            var answer = await base.SendAsync(request, cancellationToken);
            var body = await answer.Content.ReadAsStreamAsync(cancellationToken);
            var content = new StreamContent(new Counted(body, this));
            foreach (var (name, values) in answer.Content.Headers)
                content.Headers.TryAddWithoutValidation(name, values);
            answer.Content = content;
            return answer;
        }

        private sealed class Counted(Stream inner, ReadCounter counter) : Stream
        {
            public override bool CanRead => true;

            public override bool CanSeek => false;

            public override bool CanWrite => false;

            public override long Length => throw new NotSupportedException();

            public override long Position
            {
                get => throw new NotSupportedException();
                set => throw new NotSupportedException();
            }

            public override int Read(byte[] buffer, int offset, int count)
            {
                counter.Synchronous++;
                return inner.Read(buffer, offset, count);
            }

            public override int Read(Span<byte> buffer)
            {
                counter.Synchronous++;
                return inner.Read(buffer);
            }

            public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
            {
                counter.Asynchronous++;
                return inner.ReadAsync(buffer, cancellationToken);
            }

            public override Task<int> ReadAsync(
                byte[] buffer,
                int offset,
                int count,
                CancellationToken cancellationToken
            ) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

            public override void Flush() { }

            public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

            public override void SetLength(long value) => throw new NotSupportedException();

            public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

            protected override void Dispose(bool disposing)
            {
                if (disposing)
                    inner.Dispose();
                base.Dispose(disposing);
            }
        }
    }
}
