using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Remora.Store.Backups;
using Remora.Supervision;
using Remora.Testing;

namespace Remora.Store.Tests;

/// <summary>Backups on a schedule, and the drill that restores them.</summary>
[Trait("speed", "slow")]
public sealed class BackupScheduleTests(Engine engine)
{
    private static readonly DateTimeOffset Start = new(2026, 11, 30, 14, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_backup_is_made_when_it_is_due_and_the_newest_are_kept()
    {
        using var scratch = new Scratch();
        var store = await engine.NewTablesAsync();
        await Backups.InsertAsync(store, Some.Candles(1, 5, start: Some.Time));
        var folder = scratch.PathOf("backups");
        Directory.CreateDirectory(Path.Combine(folder, "mine"));
        var clock = new ManualClock(Start);
        var notices = new List<string>();
        var schedule = new BackupSchedule(
            store,
            new()
            {
                Folder = folder,
                Interval = TimeSpan.FromHours(1),
                Keep = 2,
                Files = () => [new("keys.json", "[]"u8.ToArray())],
            },
            new(notices.Add),
            () => true,
            clock
        );
        using var stop = new CancellationTokenSource();
        var running = schedule.RunAsync(stop.Token).UntilCancelledAsync(stop.Token);

        for (var hour = 0; hour < 4; hour++)
        {
            var due = Start + TimeSpan.FromHours(hour);
            await Recorded.UntilAsync(() => schedule.Health.Newest == due && clock.NextDue is not null, $"{due}");
            Assert.Equal(due + TimeSpan.FromHours(1), schedule.Health.Due);
            if (hour < 3)
                clock.Advance(TimeSpan.FromHours(1));
        }
        Assert.Equal(2, schedule.Health.Kept);
        Assert.Equal(
            ["20261130T160000Z", "20261130T170000Z", "mine"],
            Directory.GetDirectories(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal)
        );
        var report = await BackupVerification.RunAsync(Path.Combine(folder, "20261130T170000Z"));
        Assert.Empty(report.Damage);
        Assert.Equal("keys.json", Assert.Single(report.Manifest.Attachments!).Name);
        Assert.Empty(notices);

        // A folder in the way: reported once, repeated after 15 minutes
        Directory.Delete(folder, recursive: true);
        await File.WriteAllTextAsync(folder, "");
        clock.Advance(TimeSpan.FromHours(1));
        await Recorded.UntilAsync(() => schedule.Health.LastError is not null, "the failure");
        Assert.Contains("the store was not backed up", Assert.Single(notices), StringComparison.Ordinal);
        File.Delete(folder);
        await Recorded.UntilAsync(() => clock.NextDue is not null, "the next look");
        clock.Advance(TimeSpan.FromMinutes(16));
        await Recorded.UntilAsync(() => schedule.Health is { Kept: 1, LastError: null }, "the next attempt");
        await stop.CancelAsync();
        await running;
        await Backups.AssertNothingIsLeftAsync(store.Client);
    }

    [Fact]
    public async Task A_drill_finds_rows_that_differ_from_those_that_were_backed_up()
    {
        using var scratch = new Scratch();
        var store = await engine.NewStoreAsync();
        await Backups.FillAsync(store, 1, 60);
        await Backups.FillAsync(store, 1, 60); // repeated rows, which merges would drop
        var folder = scratch.PathOf("backup");
        var manifest = await new StoreBackup(store).RunAsync(folder);
        Assert.All(manifest.Tables!, table => Assert.NotNull(table.Checksum));
        var report = await BackupDrill.RunAsync(new(await engine.NewDatabaseAsync(), Engine.ForEver), folder);
        Assert.Empty(report.Differences);
        Assert.Equal((manifest.Rows, 0), (report.Rows, report.Unchecked));

        // A file with as many other rows, and a manifest that lists it
        var other = await engine.NewTablesAsync();
        await Backups.InsertAsync(other, Some.Candles(2, 60, start: Some.Time));
        await Backups.InsertAsync(other, Some.Candles(2, 60, start: Some.Time));
        await new StoreBackup(other).RunAsync(scratch.PathOf("other"));
        var name = manifest.Files.First(file => file.Table == "candles").Name;
        File.Copy(Path.Combine(scratch.PathOf("other"), name), Path.Combine(folder, name), overwrite: true);
        var sha = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(folder, name))));
        await Backups.EditAsync(
            folder,
            json => json["files"]!.AsArray().First(file => (string?)file!["name"] == name)!["sha256"] = sha
        );
        report = await BackupDrill.RunAsync(new(await engine.NewDatabaseAsync(), Engine.ForEver), folder);
        Assert.StartsWith("candles: its 120 rows have another checksum", Assert.Single(report.Differences));

        // Backups of before have no checksums
        await Backups.EditAsync(
            folder,
            json =>
            {
                foreach (var table in json["tables"]!.AsArray())
                    ((JsonObject)table!).Remove("checksum");
            }
        );
        report = await BackupDrill.RunAsync(new(await engine.NewDatabaseAsync(), Engine.ForEver), folder);
        Assert.Empty(report.Differences);
        Assert.Equal(report.Tables, report.Unchecked);
    }
}
