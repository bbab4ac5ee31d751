using Remora.ClickHouse;
using Remora.ClickHouse.Embedded;
using Remora.Store.Backups;
using Remora.Testing;

namespace Remora.Store.Tests;

/// <summary>
/// Tests that a backup or restore that is killed at any step leaves the old store or the new one,
/// and nothing of itself after the next start, backup or restore. BackupCommandTests kills real
/// processes.
/// </summary>
[Trait("speed", "slow")]
public sealed class BackupKillTests(Engine engine, BackupKillTests.Source made) : IClassFixture<BackupKillTests.Source>
{
    [Fact]
    public async Task A_restore_that_is_cut_off_before_everything_is_loaded_leaves_the_old_store()
    {
        (string Statement, bool After)[] moments =
        [
            ("CREATE TABLE IF NOT EXISTS store_job", true),
            ("begun", true),
            ("CREATE TABLE `restore_of_candles`", true),
            ("INSERT INTO `restore_of_assessments`", true),
            ("FROM `restore_of_schema_steps`", true),
            ("committed", false),
        ];
        using var scratch = new Scratch();
        var target = await OlderAsync(scratch);
        var before = await Backups.FingerprintAsync(target.Client);
        foreach (var (statement, after) in moments)
        {
            await CutRestoreAsync(scratch, target, made.Backup, statement, after); // clears up the one before
            var present = (await Backups.FingerprintAsync(target.Client))
                .Split('\n')
                .Where(line =>
                    !line.StartsWith("restore_of_", StringComparison.Ordinal)
                    && !line.StartsWith("store_job", StringComparison.Ordinal)
                );
            Assert.Equal(before, string.Join('\n', present));
            Assert.Equal("old", await File.ReadAllTextAsync(scratch.PathOf("keys.json")));
        }
        await Backups.PrepareAsync(new MarketStore(target.Client, Engine.ForEver));
        await Backups.AssertNothingIsLeftAsync(target.Client);
        Assert.Equal(before, await Backups.FingerprintAsync(target.Client));
        Assert.Equal("old", await File.ReadAllTextAsync(scratch.PathOf("keys.json")));
        Assert.Empty(Directory.GetFiles(scratch.Folder, "*.restore-*"));
    }

    [Fact]
    public async Task A_restore_that_is_cut_off_later_is_finished_by_the_next_start_also_if_that_is_cut_off()
    {
        (string Statement, bool After)[] moments =
        [
            ("DROP VIEW IF EXISTS `over_older`", true),
            ("EXCHANGE TABLES `restore_of_api_requests`", false),
            ("EXCHANGE TABLES `restore_of_candles`", true),
            ("DROP TABLE IF EXISTS `older`", true),
            ("\r\n\r\nCREATE VIEW over_newer", true), // the statement itself, not the check before it
            ("backfill of risk", false),
            ("DROP TABLE IF EXISTS `store_job`", false),
        ];
        using var scratch = new Scratch();
        var target = await OlderAsync(scratch);
        await CutRestoreAsync(scratch, target, made.Backup, "committed", after: true);
        foreach (var (statement, after) in moments)
            await CutAsync(scratch, target, statement, after, store => store.PrepareAsync());
        await Backups.PrepareAsync(new MarketStore(target.Client, Engine.ForEver));
        await Backups.AssertNothingIsLeftAsync(target.Client);
        Assert.Equal(made.Fingerprint, await Backups.FingerprintAsync(target.Client));
        Assert.Equal("new", await File.ReadAllTextAsync(scratch.PathOf("keys.json")));
        Assert.Empty(Directory.GetFiles(scratch.Folder, "*.restore-*"));
    }

    [Fact]
    public async Task Rollups_that_a_backup_lacks_are_made_and_filled_also_after_a_cut()
    {
        using var scratch = new Scratch();
        Backups.Copy(made.Backup, scratch.PathOf("backup"));
        await Backups.EditAsync(scratch.PathOf("backup"), manifest => manifest["views"]!.AsArray().Clear());
        var target = await OlderAsync(scratch);
        await CutRestoreAsync(scratch, target, scratch.PathOf("backup"), "apply of ", after: false);
        await Backups.PrepareAsync(new MarketStore(target.Client, Engine.ForEver));
        await Backups.AssertNothingIsLeftAsync(target.Client);
        await target.Client.ExecuteAsync("CREATE VIEW over_newer AS SELECT * FROM newer");
        Assert.Equal(made.Fingerprint, await Backups.FingerprintAsync(target.Client));
        foreach (var rollup in target.Rollups)
            Assert.True((await rollup.VerifyAsync()).IsExact, rollup.Definition.Name.Value);
    }

    [Fact]
    public async Task An_engine_that_is_killed_in_the_middle_of_the_exchange_comes_back_with_the_new_store()
    {
        using var scratch = new Scratch();
        await using var own = await Engine.StartAsync(scratch.PathOf("engine"));
        await own.Client.ExecuteAsync("CREATE DATABASE own");
        using var client = new ClickHouseClient(
            new()
            {
                Engine = () => own.Endpoint,
                Database = "own",
                Retries = 12,
            }
        );
        var store = new MarketStore(client, Engine.ForEver);
        await store.PrepareAsync();
        await Backups.FillAsync(store, 2, 60);
        await using (var tap = new EngineTap(() => own.Endpoint.Port))
        {
            tap.CutAt(
                text => text.Contains("EXCHANGE TABLES `restore_of_candles`", StringComparison.Ordinal),
                after: true,
                () => Engine.Kill(own)
            );
            using var cut = new ClickHouseClient(
                new()
                {
                    Engine = () => own.Endpoint with { Port = tap.Port },
                    Database = "own",
                    Retries = 0,
                }
            );
            await Assert.ThrowsAnyAsync<Exception>(() =>
                new StoreRestore(new MarketStore(cut, Engine.ForEver)).RunAsync(made.Backup, replace: true)
            );
            await tap.Tripped;
        }
        await Recorded.UntilAsync(
            () => own.Health is { State: EngineState.Running, Restarts: > 0 },
            "the engine is started again"
        );
        await Backups.PrepareAsync(store);
        Assert.Equal(made.Fingerprint, await Backups.FingerprintAsync(client));
        await Backups.AssertNothingIsLeftAsync(client);
    }

    [Fact]
    public async Task A_committed_restore_is_finished_by_the_same_command()
    {
        using var scratch = new Scratch();
        var target = await engine.NewStoreAsync();
        await using (var tap = new EngineTap(() => engine.Embedded.Endpoint.Port))
        {
            tap.CutAt(text => text.Contains("EXCHANGE TABLES", StringComparison.Ordinal), after: true);
            using var cut = new ClickHouseClient(
                new()
                {
                    Engine = () => engine.Embedded.Endpoint with { Port = tap.Port },
                    Database = target.Client.Database,
                    Retries = 0,
                }
            );
            await Assert.ThrowsAnyAsync<Exception>(() =>
                new StoreRestore(new MarketStore(cut, Engine.ForEver)).RunAsync(made.Backup)
            );
        }
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await new StoreRestore(target).RunAsync(made.Backup, replace: true);
                break;
            }
            catch (StoreBusyException) when (attempt < 40)
            {
                // the engine has not noticed yet that the first one has gone
            }
        }
        Assert.Equal(made.Fingerprint, await Backups.FingerprintAsync(target.Client));
        await Backups.AssertNothingIsLeftAsync(target.Client);
    }

    [Fact]
    public async Task A_backup_that_is_cut_off_leaves_nothing_after_the_next_backup_or_start()
    {
        (string Statement, bool After, bool IsFolderThere)[] moments =
        [
            ("CREATE TABLE IF NOT EXISTS store_job", true, false),
            ("begun", true, true),
            ("CREATE TABLE `backup_of_api_requests`", true, false),
            ("ALTER TABLE `backup_of_candles`", true, true),
            ("FROM `backup_of_assessments`", false, false),
            ("FROM `backup_of_traffic_1h_v1_tt`", true, true),
            ("FROM `backup_of_traffic_1h_v1_tt`", true, false),
        ];
        using var scratch = new Scratch();
        var store = await engine.NewStoreAsync();
        await Backups.FillAsync(store, 1, 60);
        var before = await Backups.FingerprintAsync(store.Client);
        var (present, absent) = (scratch.PathOf("present"), scratch.PathOf("absent"));
        Directory.CreateDirectory(present);
        foreach (var (statement, after, isFolderThere) in moments)
        {
            var folder = isFolderThere ? present : absent;
            await CutAsync(
                scratch,
                store,
                statement,
                after,
                cut => new StoreBackup(cut).RunAsync(folder, [new("keys.json", "[]"u8.ToArray())])
            ); // clears up the one before
            Assert.DoesNotContain(
                await RollupTarget.ListAsync(store, CancellationToken.None),
                target => target.Name.Value.StartsWith("backup_of_", StringComparison.Ordinal)
            );
            if (Directory.Exists(folder) && Directory.EnumerateFiles(folder).Any())
                Assert.Contains(
                    "incomplete",
                    (await Assert.ThrowsAsync<StoreException>(() => BackupVerification.RunAsync(folder))).Message,
                    StringComparison.Ordinal
                );
            var other = isFolderThere ? absent : present;
            Assert.False(Directory.Exists(other) && Directory.EnumerateFileSystemEntries(other).Any());
        }
        await Backups.PrepareAsync(store);
        await Backups.AssertNothingIsLeftAsync(store.Client);
        Assert.Equal(before, await Backups.FingerprintAsync(store.Client));
        Assert.Empty(Directory.EnumerateFileSystemEntries(present));
        Assert.False(Directory.Exists(absent));
        await new StoreBackup(store).RunAsync(present);
    }

    [Fact]
    public async Task What_killed_backups_of_version_01_left_is_no_rollup_and_goes_at_the_next_start()
    {
        var store = await engine.NewStoreAsync();
        var rollups = await RollupTarget.ListAsync(store, CancellationToken.None);
        var tables = (await store.StatusAsync()).Tables.Count;
        await store.Client.ExecuteAsync("CREATE TABLE backup_of_candles AS candles");
        await store.Client.ExecuteAsync("CREATE TABLE backup_of_queries_12h_v1_tt AS queries_12h_v1_tt");
        await store.Client.ExecuteAsync("CREATE TABLE backup_of_backup_of_queries_12h_v1_tt AS queries_12h_v1_tt");
        // Not Remora's
        await store.Client.ExecuteAsync("CREATE TABLE backup_of_mine (a UInt8) ENGINE = MergeTree ORDER BY a");
        Assert.Equal(rollups, await RollupTarget.ListAsync(store, CancellationToken.None));
        Assert.Equal(tables, (await store.StatusAsync()).Tables.Count);
        Assert.Empty((await store.PrepareAsync()).Remarks);
        var left = await store.Client.ListAsync(
            "SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, 'backup_of_')",
            row => row.String()
        );
        Assert.Equal(["backup_of_mine"], left);
    }

    private async Task<MarketStore> OlderAsync(Scratch scratch)
    {
        var store = await engine.NewStoreAsync();
        await MakeOlderAsync(scratch, store);
        return store;
    }

    /// <summary>
    /// Brings a store away from what the backup holds: other rows, another table with a view, and
    /// one table of the backup less.
    /// </summary>
    private static async Task MakeOlderAsync(Scratch scratch, MarketStore store)
    {
        await Backups.FillAsync(store, 2, 20);
        foreach (
            var statement in (string[])
                [
                    "DROP VIEW IF EXISTS over_newer",
                    "DROP TABLE IF EXISTS newer SYNC",
                    "CREATE TABLE older (a UInt8) ENGINE = MergeTree ORDER BY a",
                    "CREATE VIEW over_older AS SELECT * FROM older",
                ]
        )
            await store.Client.ExecuteAsync(statement);
        await File.WriteAllTextAsync(scratch.PathOf("keys.json"), "old");
    }

    /// <summary>Restores a backup with <see cref="CutAsync"/>.</summary>
    private Task CutRestoreAsync(Scratch scratch, MarketStore target, string backup, string statement, bool after) =>
        CutAsync(
            scratch,
            target,
            statement,
            after,
            cut => new StoreRestore(cut).RunAsync(backup, replace: true, _ => scratch.PathOf("keys.json"))
        );

    /// <summary>
    /// Runs a job through a connection that is cut at a statement and never restored, so that the
    /// job cannot clear up.
    /// </summary>
    private async Task CutAsync(
        Scratch scratch,
        MarketStore target,
        string statement,
        bool after,
        Func<MarketStore, Task> job
    )
    {
        await using var tap = new EngineTap(() => engine.Embedded.Endpoint.Port);
        tap.CutAt(text => text.Contains(statement, StringComparison.Ordinal), after);
        using var cut = new ClickHouseClient(
            new()
            {
                Engine = () => engine.Embedded.Endpoint with { Port = tap.Port },
                Database = target.Client.Database,
                Retries = 0,
            }
        );
        for (var attempt = 0; ; attempt++)
        {
            var failure = await Record.ExceptionAsync(() => job(new(cut, Engine.ForEver)));
            if (failure is StoreBusyException && attempt < 40)
                continue; // the engine has not noticed yet that the previous job has gone
            Assert.True(failure is not null, $"it was not cut off at {statement}");
            Assert.True(tap.Tripped.IsCompleted, $"it failed before {statement}: {failure}");
            return;
        }
    }

    /// <summary>A backup that the tests restore, made once.</summary>
    public sealed class Source(Engine engine) : IAsyncLifetime
    {
        private readonly Scratch _scratch = new();

        /// <summary>What is in the store that it was made of.</summary>
        public string Fingerprint { get; private set; } = "";

        public async ValueTask InitializeAsync()
        {
            var store = await engine.NewStoreAsync();
            await Backups.FillAsync(store, 1, 60);
            await store.Client.ExecuteAsync("CREATE TABLE newer (a UInt8) ENGINE = MergeTree ORDER BY a");
            await store.Client.ExecuteAsync("INSERT INTO newer VALUES (1)");
            await store.Client.ExecuteAsync("CREATE VIEW over_newer AS SELECT * FROM newer");
            await new StoreBackup(store).RunAsync(_scratch.PathOf("backup"), [new("keys.json", "new"u8.ToArray())]);
            Fingerprint = await Backups.FingerprintAsync(store.Client);
        }

        /// <summary>The backup.</summary>
        public string Backup => _scratch.PathOf("backup");

        public ValueTask DisposeAsync()
        {
            _scratch.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
