using System.IO.Compression;
using Remora.ClickHouse;
using Remora.Columns;
using Remora.Markets;
using Remora.Store.Backups;
using Remora.Store.Files;
using Remora.Store.Tables;
using Remora.Testing;

namespace Remora.Store.Tests;

public sealed class StoreFilesTests(Engine engine)
{
    private const string Header = "timestamp,open,high,low,close,volume";

    [Theory]
    [InlineData(StoreFormat.Csv, ".csv")]
    [InlineData(StoreFormat.Csv, ".csv.gz")]
    [InlineData(StoreFormat.Parquet, ".parquet")]
    [InlineData(StoreFormat.Feather, ".feather")]
    public async Task Freqtrades_columns_come_in_from_every_format(StoreFormat format, string ending)
    {
        var store = await engine.NewTablesAsync();
        using var scratch = new Scratch();
        var candles = Some.Candles(5, 3000, start: Some.Time);
        await InsertAsync(store, candles);
        var path = scratch.PathOf("BTC_USDT-5m" + ending);
        // As Freqtrade writes them: a date with a time zone, and the five values.
        var query = new StoreQuery<int>(
            store.Client,
            "SELECT opened AS date, open, high, low, close, volume FROM candles FINAL ORDER BY opened",
            [],
            _ => 0
        );
        Assert.True(await FileExport.WriteAsync(query, path) > 0);
        Assert.True(StoreFormats.TryFromFile(path, out var found) && found == format);

        var fresh = await engine.NewTablesAsync();
        var report = await new CandleImport(fresh).RunAsync(path, Some.Btc);
        Assert.Equal((3000, 3000, 0, null), (report.Rows, report.Imported, report.Rejected, report.FirstReason));
        Assert.Equal((candles[0].OpenTime, candles[^1].OpenTime), (report.First, report.Last));
        Assert.Equal(candles, await fresh.Candles.Of(Some.Btc).ListAsync());

        await new CandleImport(fresh).RunAsync(path, Some.Btc); // a second import adds no duplicates
        Assert.Equal(candles, await fresh.Candles.Of(Some.Btc).ListAsync());
        Assert.Equal(
            0UL,
            await fresh.Client.SingleAsync(
                "SELECT count() FROM system.tables WHERE database = currentDatabase() AND startsWith(name, 'import_')",
                row => row.UInt64()
            )
        );
    }

    [Theory]
    [InlineData("1704067200000,1,2,0.5,1.5,10")]
    [InlineData("1704067200,1,2,0.5,1.5,10")]
    [InlineData("1704067200000000,1,2,0.5,1.5,10")]
    [InlineData("2024-01-01T00:00:00Z,1,2,0.5,1.5,10")]
    [InlineData("2024-01-01 00:00:00+00:00,1,2,0.5,1.5,10")]
    [InlineData("2024-01-01,1,2,0.5,1.5,10")]
    public async Task Times_are_read_as_they_are_everywhere(string row)
    {
        var store = await engine.NewTablesAsync();
        using var scratch = new Scratch();
        foreach (var header in (string[])["", Header + "\n", "Volume,Close,Low,High,Open,Date\n"])
        {
            var path = scratch.PathOf("candles.csv");
            var line = header.StartsWith('V') ? string.Join(',', row.Split(',').Reverse()) : row;
            await File.WriteAllTextAsync(path, header + line + "\n");
            var report = await new CandleImport(store).RunAsync(path, Some.Btc);
            Assert.Equal((1, null), (report.Imported, report.FirstReason));
            Assert.Equal(
                new Candle(Some.At("2024-01-01"), 1, 2, 0.5, 1.5, 10),
                Assert.Single(await store.Candles.Of(Some.Btc).ListAsync())
            );
        }
    }

    [Fact]
    public async Task The_time_has_any_name_of_the_one_table_also_in_quotes_and_beside_another()
    {
        var store = await engine.NewTablesAsync();
        using var scratch = new Scratch();
        var path = scratch.PathOf("candles.csv");
        var wanted = new Candle(Some.At("2024-01-01"), 1, 2, 0.5, 1.5, 10);
        foreach (var name in CandleColumns.Times)
        {
            await File.WriteAllTextAsync(
                path,
                $"""
                "note","{name}","open",high,low,close,volume
                "a, b","2024-01-01T00:00:00.000Z","1",2,0.5,1.5,10
                """
            );
            Assert.Equal((1, null), await ImportAsync());
            Assert.Equal(wanted, Assert.Single(await store.Candles.Of(Some.Btc).ListAsync()));
        }
        await File.WriteAllTextAsync(
            path,
            """
            date,timestamp,open,high,low,close,volume
            1999-01-01,1704067200000,1,2,0.5,1.5,10
            """
        );
        Assert.Equal((1, null), await ImportAsync());
        Assert.Equal(wanted, Assert.Single(await store.Candles.Of(Some.Btc).ListAsync()));

        async Task<(long, string?)> ImportAsync()
        {
            var report = await new CandleImport(store).RunAsync(path, Some.Btc);
            return (report.Imported, report.FirstReason);
        }
    }

    [Fact]
    public async Task Rows_that_cannot_be_candles_are_counted_and_the_first_is_explained()
    {
        var store = await engine.NewTablesAsync();
        using var scratch = new Scratch();
        var path = scratch.PathOf("candles.csv");
        await File.WriteAllLinesAsync(
            path,
            [
                Header,
                "1704067200000,1,2,0.5,1.5,10",
                "1704067500000,1,0.5,2,1.5,10",
                "1704067800001,1,2,0.5,1.5,10",
                "later,1,2,0.5,1.5,10",
                "4102444800000,1,2,0.5,1.5,10",
                "1704068100000,,2,0.5,1.5,10",
            ]
        );
        var report = await new CandleImport(store).RunAsync(path, Some.Btc);
        Assert.Equal((6, 1, 5), (report.Rows, report.Imported, report.Rejected));
        Assert.Equal("row 2: high is not the highest price or low not the lowest", report.FirstReason);
    }

    [Theory]
    [InlineData("candles.csv", "", "has no rows")]
    [InlineData("candles.csv", "day,open,high,low,close,volume\n1,2,3,4,5,6\n", "has no time")]
    [InlineData("candles.csv", "date,open,high,low,close\n2024-01-01,2,3,1,2\n", "'volume'")]
    [InlineData("candles.parquet", "this is no parquet", "cannot be read as candles")]
    [InlineData("candles.xlsx", "x", "unknown file extension")]
    public async Task A_file_that_holds_no_candles_is_refused_and_leaves_nothing(
        string name,
        string text,
        string reason
    )
    {
        var store = await engine.NewTablesAsync();
        using var scratch = new Scratch();
        await File.WriteAllTextAsync(scratch.PathOf(name), text);
        var error = await Assert.ThrowsAsync<StoreException>(() =>
            new CandleImport(store).RunAsync(scratch.PathOf(name), Some.Btc)
        );
        Assert.Contains(reason, error.Message);
        Assert.Equal(
            0UL,
            await store.Client.SingleAsync(
                "SELECT count() FROM system.tables WHERE database = currentDatabase() AND startsWith(name, 'import_')",
                row => row.UInt64()
            )
        );
    }

    [Fact, Trait("speed", "slow")]
    public async Task A_backup_restores_every_row_and_every_state()
    {
        var store = await engine.NewStoreAsync();
        using var scratch = new Scratch();
        await using (var recorded = new Recorded(store, Recorded.Options(scratch.PathOf("journal"))))
        {
            foreach (var assessment in Recorded.Assessments(Some.MarketOf("BTC/USDT", "1h"), 1_000))
                recorded.Recorder.Assessment(assessment); // six weeks
            foreach (var candle in Some.Candles(1, 2000, start: Some.Time))
                recorded.Recorder.Candle(Some.Btc, candle);
            recorded.Recorder.Observation(Some.Observation(Signal.Vix, 20, Some.Time));
            for (var i = 0; i < 5000; i++)
                recorded.Recorder.Request(Recorded.Request(i));
            await recorded.FlushAsync();
        }
        // Rows that retention has removed, while their rollups remain.
        await store.Client.ExecuteAsync("ALTER TABLE assessments DROP PARTITION ID '202403'");
        var before = await FingerprintAsync(store);
        var manifest = await new StoreBackup(store).RunAsync(scratch.PathOf("backup"));
        Assert.True(manifest.Rows > 0);

        var other = new MarketStore(await engine.NewDatabaseAsync(), Engine.ForEver);
        await new StoreRestore(other).RunAsync(scratch.PathOf("backup"));
        Assert.Equal(before, await FingerprintAsync(other));

        var refused = await Assert.ThrowsAsync<StoreException>(() =>
            new StoreRestore(other).RunAsync(scratch.PathOf("backup"))
        );
        Assert.Contains("not empty", refused.Message);
        await new StoreRestore(other).RunAsync(scratch.PathOf("backup"), replace: true);
        Assert.Equal(before, await FingerprintAsync(other));
    }

    [Fact]
    public async Task Only_the_owner_can_read_a_backup()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs Unix file modes");
        var store = await engine.NewTablesAsync();
        using var scratch = new Scratch();
        await InsertAsync(store, Some.Candles(1, 10, start: Some.Time));
        await new StoreBackup(store).RunAsync(scratch.PathOf("backups/today"));
        Assert.Equal("700", JournalTests.ModeOf(scratch.PathOf("backups/today")));
        var files = Directory.GetFiles(scratch.PathOf("backups/today"));
        Assert.InRange(files.Length, 2, int.MaxValue); // candles and the manifest
        Assert.All(files, file => Assert.Equal("600", JournalTests.ModeOf(file)));
    }

    [Fact]
    public async Task A_damaged_backup_changes_nothing()
    {
        var store = await engine.NewTablesAsync();
        using var scratch = new Scratch();
        await InsertAsync(store, Some.Candles(1, 100, start: Some.Time));
        var manifest = await new StoreBackup(store).RunAsync(scratch.PathOf("backup"));
        var file = Path.Combine(scratch.PathOf("backup"), manifest.Files[0].Name);
        var bytes = await File.ReadAllBytesAsync(file);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(file, bytes);
        var error = await Assert.ThrowsAsync<StoreException>(() =>
            new StoreRestore(store).RunAsync(scratch.PathOf("backup"), replace: true)
        );
        Assert.Contains("checksum", error.Message);
        Assert.Equal(100, (await store.Candles.Of(Some.Btc).ListAsync()).Count);
        Assert.Contains(
            "not empty",
            (
                await Assert.ThrowsAsync<StoreException>(() =>
                    new StoreBackup(store).RunAsync(scratch.PathOf("backup"))
                )
            ).Message
        );
    }

    private static Task InsertAsync(MarketStore store, IEnumerable<Candle> candles) =>
        Backups.InsertAsync(store, candles);

    // Returns count and hash of all rows by column, and of the rollups.
    private static async Task<List<(string, ulong, ulong)>> FingerprintAsync(MarketStore store)
    {
        var all = new List<(string, ulong, ulong)>();
        List<string> sources =
        [
            .. StoreTable.All.Select(table => table.Name.Value),
            .. store.Rollups.SelectMany(rollup =>
                rollup.Definition.Intervals.Select(interval => rollup.ViewOf(interval).Value)
            ),
        ];
        foreach (var source in sources)
        {
            var (rows, hash) = await store.Client.SingleAsync(
                $"SELECT count(), sum(cityHash64(toString(tuple(*)))) FROM {SqlName.Of(source).Quoted}",
                row => (row.UInt64(), row.UInt64())
            );
            all.Add((source, rows, hash));
        }
        Assert.Contains(all, source => source.Item2 > 0);
        return all;
    }
}
