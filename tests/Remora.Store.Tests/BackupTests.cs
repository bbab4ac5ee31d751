using System.IO.Compression;
using Remora.Store.Backups;
using Remora.Testing;

namespace Remora.Store.Tests;

[Trait("speed", "slow")]
public sealed class BackupTests(Engine engine, BackupTests.Source made) : IClassFixture<BackupTests.Source>
{
    private const string UserRollup = """
        -- rollup: activity
        -- source: events
        -- time: at
        -- ingested: ingested
        -- intervals: 1 hour, 1 day
        -- keys: kind
        count() AS events,
        sum(value) AS total
        """;

    [Fact]
    public async Task A_backup_has_every_table_and_view_of_the_database()
    {
        var store = await engine.NewStoreAsync();
        await Backups.FillAsync(store, 1);
        var client = store.Client;
        await client.ExecuteAsync(
            "CREATE TABLE events (at DateTime64(3), kind LowCardinality(String), value Float64, twice Float64 "
                + "MATERIALIZED value * 2, ingested DateTime64(6) DEFAULT now64(6)) ENGINE = MergeTree PARTITION BY "
                + "toYYYYMM(at) ORDER BY (kind, at) SETTINGS non_replicated_deduplication_window = 1000"
        );
        var rollup = new ClickHouse.Rollups.Rollup(
            client,
            ClickHouse.Rollups.RollupFile.Parse(UserRollup, "activity.sql")
        );
        await rollup.ApplyAsync();
        using var scratch = new Scratch();
        await File.WriteAllTextAsync(
            scratch.PathOf("events.csv"),
            "at,kind,value\n2024-02-03 10:00:00,a,3\n2024-03-03 10:00:00,b,4\n"
        );
        await rollup.LoadAsync([scratch.PathOf("events.csv")]); // keeps a journal in rollup_loads
        await client.ExecuteAsync("CREATE TABLE `odd-name (1)` (`a b` UInt8, `n.x` Array(UInt8)) ENGINE = Log");
        await client.ExecuteAsync("INSERT INTO `odd-name (1)` VALUES (7, [1, 2])");
        await client.ExecuteAsync(
            "CREATE VIEW over_events AS SELECT kind, sum(total) AS total FROM activity_1d GROUP BY kind"
        );
        await client.ExecuteAsync("CREATE TABLE elsewhere (a UInt8) ENGINE = Null");

        var manifest = await new StoreBackup(store).RunAsync(scratch.PathOf("backup"));
        Assert.Equal(["elsewhere: the engine 'Null' stores no rows"], manifest.LeftOut);
        Assert.Contains(manifest.Tables!, table => table is { Name: "rollup_loads", Rows: > 0 });
        Assert.Contains(manifest.Tables!, table => table.Name == "schema_steps");
        await Backups.AssertNothingIsLeftAsync(client);
        await client.ExecuteAsync("DROP TABLE elsewhere");

        var other = new MarketStore(await engine.NewDatabaseAsync(), Engine.ForEver);
        var report = await new StoreRestore(other).RunAsync(scratch.PathOf("backup"));
        Assert.Empty(report.Remarks);
        Assert.Equal(await Backups.FingerprintAsync(client), await Backups.FingerprintAsync(other.Client));
        Assert.Equal(
            "[('a',3),('b',4)]",
            await other.Client.SingleAsync(
                "SELECT toString(groupArray((kind, total))) FROM (SELECT * FROM over_events ORDER BY kind)",
                row => row.String()
            )
        );
        await Backups.AssertNothingIsLeftAsync(other.Client);

        // What is restored goes on: rows that come in reach the rollups, the user's as well as the
        // store's own.
        await other.Client.ExecuteAsync("INSERT INTO events (at, kind, value) VALUES ('2024-03-03 11:00:00', 'b', 5)");
        Assert.Equal(
            9,
            await other.Client.SingleAsync("SELECT total FROM over_events WHERE kind = 'b'", row => row.Float64())
        );
        await Backups.FillAsync(other, 2, 40);
        foreach (var each in other.Rollups)
            Assert.True((await each.VerifyAsync()).IsExact, each.Definition.Name.Value);
    }

    [Fact]
    public async Task Replacing_leaves_nothing_of_the_store_that_was_there()
    {
        var other = await engine.NewStoreAsync();
        await Backups.FillAsync(other, 3);
        await other.Client.ExecuteAsync("CREATE TABLE older (a UInt8) ENGINE = MergeTree ORDER BY a");
        await other.Client.ExecuteAsync("CREATE VIEW over_older AS SELECT * FROM older");
        Assert.Contains(
            "not empty",
            (await Assert.ThrowsAsync<StoreException>(() => new StoreRestore(other).RunAsync(made.Folder))).Message
        );
        await new StoreRestore(other).RunAsync(made.Folder, replace: true);
        Assert.Equal(await Backups.FingerprintAsync(made.Store.Client), await Backups.FingerprintAsync(other.Client));
    }

    /// <summary>
    /// Each is an attack that emptied the store in version 0.1, was not noticed, or ended in a
    /// stack trace; and more of their kind.
    /// </summary>
    [Fact]
    public async Task A_wrong_manifest_is_one_line_with_the_field_and_changes_nothing()
    {
        (string What, string Expected)[] cases =
        [
            ("foo", "files[0].table: 'foo' is not in 'tables'"),
            ("nullcols", "files[0].columns: it is null"),
            ("nullcol", "files[0].columns[1]: it is empty"),
            ("col", ".columns[0]: the table 'candles' has no column 'nonexistent'"),
            ("missing", ".rows: it is 400, the files of 'candles' have 0"),
            ("rows", ".rows: it is 400, the files of 'candles' have 1000000000"),
            ("unlisted", "files: 'more.native.gz' is in the folder and not in the list"),
            ("rows everywhere", ".rows: it is 1000000000, 'candles-2024.native.gz' has 400"),
            ("no table", "tables: it is missing"),
            ("no schema", "tables: 'schema_steps' is missing"),
            ("newer", "schema: it is 99; this version supports up to"),
            ("format", "format: 7 is unknown"),
            ("outside", "files[0].name: '../x' is not a file name"),
            ("no sha", "files[0]: 'sha256' is missing"),
            ("text", "manifest.json: line 1"),
            ("steps", "was applied to the database"),
            ("query", "tables["),
            ("engine", "the engine 'URL' stores no rows"),
            ("view", "the view reads 'url(…)'"),
            ("other view", "it does not create the view"),
        ];
        using var scratch = new Scratch();
        var other = await engine.NewStoreAsync();
        await Backups.FillAsync(other, 3, 50);
        var before = await Backups.FingerprintAsync(other.Client);
        foreach (var (what, expected) in cases)
        {
            var broken = scratch.PathOf(what);
            Backups.Copy(made.Folder, broken);
            if (what == "text")
                await Backups.WriteManifestAsync(broken, "{");
            else
                await Backups.EditAsync(broken, manifest => BrokenBackup.Break(broken, manifest, what));
            await AssertRefusedAsync(other, broken, expected, before);
        }
        await new StoreRestore(other).RunAsync(made.Folder, replace: true);
    }

    [Fact]
    public async Task A_manifest_that_was_changed_without_its_checksum_is_refused()
    {
        using var scratch = new Scratch();
        var folder = scratch.PathOf("backup");
        Backups.Copy(made.Folder, folder);
        var manifest = Path.Combine(folder, "manifest.json");
        await File.WriteAllTextAsync(
            manifest,
            (await File.ReadAllTextAsync(manifest)).Replace("\"format\": 2", "\"format\":  2", StringComparison.Ordinal)
        );
        Assert.Contains(
            "its checksum is not the one in manifest.json.sha256",
            (
                await Assert.ThrowsAsync<StoreException>(() =>
                    new StoreRestore(made.Store).RunAsync(folder, replace: true)
                )
            ).Message,
            StringComparison.Ordinal
        );
        File.Delete(manifest + ".sha256");
        Assert.Contains(
            "manifest.json.sha256 is missing",
            (await Assert.ThrowsAsync<StoreException>(() => BackupVerification.RunAsync(folder))).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Verification_names_every_file_that_is_damaged()
    {
        using var scratch = new Scratch();
        var folder = scratch.PathOf("backup");
        Backups.Copy(made.Folder, folder);
        var report = await BackupVerification.RunAsync(folder);
        Assert.Empty(report.Damage);
        Assert.Equal(report.Manifest.Files.Count + 2, report.Files);
        var bytes = await File.ReadAllBytesAsync(Path.Combine(folder, report.Manifest.Files[0].Name));
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(Path.Combine(folder, report.Manifest.Files[0].Name), bytes);
        File.Delete(Path.Combine(folder, report.Manifest.Files[1].Name));
        await File.AppendAllTextAsync(Path.Combine(folder, "files", "keys.json"), " ");
        Assert.Equal(
            [
                $"{report.Manifest.Files[0].Name}: the checksum is wrong: the file was changed or is damaged",
                $"{report.Manifest.Files[1].Name}: the file is missing",
                "files/keys.json: the checksum is wrong: the file was changed or is damaged",
            ],
            (await BackupVerification.RunAsync(folder)).Damage
        );
        Assert.Contains(
            "it has no manifest.json",
            (await Assert.ThrowsAsync<StoreException>(() => BackupVerification.RunAsync(scratch.Folder))).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "does not exist",
            (
                await Assert.ThrowsAsync<StoreException>(() => BackupVerification.RunAsync(scratch.PathOf("nowhere")))
            ).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Files_beside_the_store_come_back_and_only_their_owner_reads_a_backup()
    {
        using var scratch = new Scratch();
        foreach (var file in Directory.EnumerateFiles(made.Folder, "*", SearchOption.AllDirectories))
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
            File.GetUnixFileMode(made.Folder)
        );

        var other = new MarketStore(await engine.NewDatabaseAsync(), Engine.ForEver);
        string? Place(string name) => name == "keys.json" ? scratch.PathOf("there/keys.json") : null;
        var report = await new StoreRestore(other).RunAsync(made.Folder, placeOf: Place);
        Assert.Equal([scratch.PathOf("there/keys.json")], report.Attachments);
        Assert.Equal("[\"key\"]", await File.ReadAllTextAsync(scratch.PathOf("there/keys.json")));
        Assert.Single(Directory.GetFiles(scratch.PathOf("there")));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite,
            File.GetUnixFileMode(scratch.PathOf("there/keys.json"))
        );

        await File.WriteAllTextAsync(scratch.PathOf("there/keys.json"), "[]");
        var third = new MarketStore(await engine.NewDatabaseAsync(), Engine.ForEver);
        Assert.Contains(
            "exists and is not the file of the backup",
            (
                await Assert.ThrowsAsync<StoreException>(() =>
                    new StoreRestore(third).RunAsync(made.Folder, placeOf: Place)
                )
            ).Message,
            StringComparison.Ordinal
        );
        Assert.Equal("[]", await File.ReadAllTextAsync(scratch.PathOf("there/keys.json")));
        await new StoreRestore(third).RunAsync(made.Folder, replace: true, placeOf: Place);
        Assert.Equal("[\"key\"]", await File.ReadAllTextAsync(scratch.PathOf("there/keys.json")));
        Assert.Equal(await Backups.FingerprintAsync(made.Store.Client), await Backups.FingerprintAsync(third.Client));
    }

    [Fact]
    public async Task A_backup_of_version_01_is_restored()
    {
        using var scratch = new Scratch();
        await ZipFile.ExtractToDirectoryAsync(
            Repository.PathOf("tests", "Remora.Store.Tests", "backup-0.1.zip"),
            scratch.PathOf("backup")
        );
        Assert.Empty((await BackupVerification.RunAsync(scratch.PathOf("backup"))).Damage);
        var store = new MarketStore(await engine.NewDatabaseAsync(), Engine.ForEver);
        await store.Client.ExecuteAsync("CREATE TABLE mine (a UInt8) ENGINE = MergeTree ORDER BY a");
        await store.Client.ExecuteAsync("INSERT INTO mine VALUES (1)");
        var report = await new StoreRestore(store).RunAsync(scratch.PathOf("backup"));
        Assert.Equal((960, 22), (report.Rows, report.Files));
        Assert.Empty(report.Remarks);
        string[] tables = ["candles", "observations", "assessments", "api_requests", "mine"];
        var rows = new List<ulong>();
        foreach (var table in tables)
            rows.Add(await store.Client.SingleAsync($"SELECT count() FROM {table}", row => row.UInt64()));
        Assert.Equal([600, 100, 160, 100, 1], rows);
        Assert.Equal(160UL, await store.Client.SingleAsync("SELECT sum(rows) FROM risk_1d", row => row.UInt64()));
        foreach (var rollup in store.Rollups)
            Assert.True((await rollup.VerifyAsync()).IsExact, rollup.Definition.Name.Value);
        Assert.Empty((await store.PrepareAsync()).Remarks);
        await new StoreRestore(store).RunAsync(scratch.PathOf("backup"), replace: true);
        Assert.Equal(160UL, await store.Client.SingleAsync("SELECT sum(rows) FROM risk_1d", row => row.UInt64()));
    }

    [Fact]
    public async Task A_wrong_manifest_of_version_01_changes_nothing_either()
    {
        (string What, string Expected)[] cases =
        [
            (
                "foo",
                "files[0].table: 'foo' is not a table of a store; allowed are candles, observations, assessments, "
                    + "api_requests"
            ),
            ("rollup", "files[5].table: 'q' is not a table of the rollup 'queries'"),
            ("nullcols", "files[0].columns: it is null"),
            ("col", "files[3].columns[0]: the table 'assessments' has no column 'nonexistent'"),
            ("missing", "files: 'candles-2026.native.gz' is in the folder and not in the list"),
            ("rows", "files[0].rows: it is 1000000000, 'candles-2026.native.gz' has 600"),
        ];
        using var scratch = new Scratch();
        var store = await engine.NewStoreAsync();
        await Backups.FillAsync(store, 3, 50);
        var before = await Backups.FingerprintAsync(store.Client);
        foreach (var (what, expected) in cases)
        {
            await ZipFile.ExtractToDirectoryAsync(
                Repository.PathOf("tests", "Remora.Store.Tests", "backup-0.1.zip"),
                scratch.PathOf(what)
            );
            await Backups.EditAsync(
                scratch.PathOf(what),
                manifest =>
                {
                    var files = manifest["files"]!.AsArray();
                    if (what == "foo")
                        files[0]!["table"] = "foo";
                    else if (what == "rollup")
                        files[5]!["table"] = "q";
                    else if (what == "nullcols")
                        files[0]!["columns"] = null;
                    else if (what == "col")
                        files[3]!["columns"]![0] = "nonexistent";
                    else if (what == "missing")
                        files.RemoveAt(0);
                    else
                        files[0]!["rows"] = 1_000_000_000;
                }
            );
            await AssertRefusedAsync(store, scratch.PathOf(what), expected, before);
        }
    }

    [Fact]
    public async Task Two_at_once_are_refused_by_name()
    {
        var store = await engine.NewStoreAsync();
        await Backups.FillAsync(store, 1, 50);
        using var scratch = new Scratch();
        var refused = "";
        await new StoreBackup(store).RunAsync(
            scratch.PathOf("first"),
            progress: new Watched(_ =>
            {
                if (refused.Length == 0)
                    refused = Assert
                        .ThrowsAsync<StoreBusyException>(() =>
                            new StoreBackup(store).RunAsync(scratch.PathOf("second"))
                        )
                        .GetAwaiter()
                        .GetResult()
                        .Message;
            })
        );
        Assert.Contains($"backup, process {Environment.ProcessId} on ", refused, StringComparison.Ordinal);
        Assert.False(Directory.Exists(scratch.PathOf("second")));
        await Backups.AssertNothingIsLeftAsync(store.Client);
    }

    [Fact]
    public async Task A_program_that_does_not_know_the_settings_keeps_the_retention_of_the_tables()
    {
        var client = await engine.NewDatabaseAsync();
        await new MarketStore(
            client,
            new()
            {
                Retention = new()
                {
                    CandleDays = 730,
                    RequestDays = 0,
                    RollupDays = 400,
                    QueryMinuteDays = 30,
                },
            }
        ).PrepareAsync();
        var store = await MarketStore.OpenAsync(client);
        await store.PrepareAsync();
        Assert.Equal(
            new StoreRetention
            {
                CandleDays = 730,
                RequestDays = 0,
                RollupDays = 400,
                QueryMinuteDays = 30,
            },
            store.Options.Retention
        );
        Assert.Equal(
            20UL,
            await client.SingleAsync(
                "SELECT countIf(position(engine_full, ' TTL ') > 0) FROM system.tables WHERE database = "
                    + "currentDatabase()",
                row => row.UInt64()
            )
        ); // candles and nineteen of rollups
        Assert.Equal(4UL, await MinutesAsync());
        await new MarketStore(client, Engine.ForEver).PrepareAsync();
        Assert.Equal(0UL, await MinutesAsync()); // turned off: dropped
        Assert.Equal(
            new StoreRetention(),
            (await MarketStore.OpenAsync(await engine.NewDatabaseAsync())).Options.Retention
        );

        Task<ulong> MinutesAsync() =>
            client.SingleAsync(
                "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name LIKE 'query_minutes%'",
                row => row.UInt64()
            );
    }

    private static async Task AssertRefusedAsync(MarketStore store, string folder, string expected, string before)
    {
        var error = await Assert.ThrowsAsync<StoreException>(() =>
            new StoreRestore(store).RunAsync(folder, replace: true)
        );
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("\n", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, await Backups.FingerprintAsync(store.Client));
        await Backups.AssertNothingIsLeftAsync(store.Client);
    }

    /// <summary>A store and its backup, for tests that only read.</summary>
    public sealed class Source(Engine engine) : IAsyncLifetime
    {
        private readonly Scratch _scratch = new();

        public MarketStore Store { get; private set; } = null!;

        public string Folder => _scratch.PathOf("backup");

        public async ValueTask InitializeAsync()
        {
            Store = await engine.NewStoreAsync();
            await Backups.FillAsync(Store, 1);
            await new StoreBackup(Store).RunAsync(
                Folder,
                [new("keys.json", "[\"key\"]"u8.ToArray()), new("policies/mine.json", "{}"u8.ToArray())]
            );
        }

        public ValueTask DisposeAsync()
        {
            _scratch.Dispose();
            return ValueTask.CompletedTask;
        }
    }

    private sealed class Watched(Action<BackupProgress> watch) : IProgress<BackupProgress>
    {
        public void Report(BackupProgress value) => watch(value);
    }
}
