using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Remora.ClickHouse.Rollups;
using Remora.ClickHouse.Rollups.Follow;
using Remora.Testing;

namespace Remora.ClickHouse.Tests.Rollups;

[Trait("speed", "slow")]
public sealed class FollowTests(Engine engine) : IDisposable
{
    private const int RowsOfFile = 40;
    private readonly Scratch _scratch = new();

    /// <summary>
    /// Good files, copies, damaged files and files of wrong types in a folder; the follower is
    /// interrupted at 30 steps.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Each_content_of_a_folder_is_loaded_once_despite_interruptions(bool isDetached)
    {
        var (client, rollup) = await Events.NewAsync(engine);
        var good = 0;
        for (var i = 0; i < (isDetached ? 12 : 40); i++)
        {
            var rows = Csv(i * RowsOfFile);
            var name = string.Create(CultureInfo.InvariantCulture, $"{i:000}");
            switch (i % 8)
            {
                case 3:
                    await WriteAsync(name + "-cut.csv.gz", Packed(rows)[..^40]);
                    break;
                case 4:
                    await WriteAsync(
                        name + "-type.csv",
                        Encoding.UTF8.GetBytes(rows.Replace("2024-", "year ", StringComparison.Ordinal))
                    );
                    break;
                case 5:
                    await WriteAsync(name + "-copy.csv", Encoding.UTF8.GetBytes(Csv((i - 5) * RowsOfFile)));
                    break;
                case 6:
                    await WriteAsync(name + "-cut.parquet", [.. "PAR1"u8, .. RandomNumberGenerator.GetBytes(200)]);
                    break;
                default:
                    await WriteAsync(
                        i % 8 == 0 ? name + ".csv" : name + ".csv.gz",
                        i % 8 == 0 ? Encoding.UTF8.GetBytes(rows) : Packed(rows)
                    );
                    good++;
                    break;
            }
        }
        await WriteAsync("notes.txt", "not data"u8.ToArray());
        await WriteAsync(".hidden.csv", Encoding.UTF8.GetBytes(Csv(0)));

        var random = new Random(7);
        for (var i = 0; i < 30; i++)
        {
            using var stop = new CancellationTokenSource();
            var left = random.Next(1, 12);
            using var killed = NewFollower(
                rollup,
                isDetached,
                () =>
                {
                    if (--left == 0)
                        stop.Cancel();
                }
            );
            try
            {
                await killed.LookAsync(cancellation: stop.Token);
            }
            catch (OperationCanceledException) { }
        }
        using var follower = NewFollower(rollup, isDetached);
        Assert.Empty((await follower.LookAsync()).Waiting);
        var last = await follower.LookAsync();
        Assert.Empty(last.Done);

        await AssertRowsAsync(client, rollup, good);
        var files = await rollup.FilesAsync();
        Assert.Equal(good, files.Count(file => file.State == FollowedState.Loaded));
        Assert.All(
            files.Where(file => file.State != FollowedState.Loaded),
            file =>
                Assert.Equal(
                    file.File.Contains("copy", StringComparison.Ordinal)
                        ? FollowedState.Duplicate
                        : FollowedState.Refused,
                    file.State
                )
        );
        Assert.DoesNotContain(files, file => file.File is "notes.txt" or ".hidden.csv");
        Assert.All(files.Where(file => file.State == FollowedState.Refused), file => Assert.NotEqual("", file.Reason));
        var metrics = RollupStatus.ToPrometheus([await rollup.StatusAsync()]);
        Assert.Contains($"remora_rollup_files{{source=\"events\",state=\"loaded\"}} {good}\n", metrics);
    }

    [Fact]
    public async Task A_refused_file_is_loaded_when_it_was_mended_and_forgotten_when_removed()
    {
        var (client, rollup) = await Events.NewAsync(engine);
        await WriteAsync("a.csv", "id,at\n1,never\n"u8.ToArray());
        await WriteAsync("b.csv", "id,nothing\n1,2\n"u8.ToArray());
        using var follower = NewFollower(rollup);
        Assert.Equal(
            [FollowedState.Refused, FollowedState.Refused],
            (await follower.LookAsync()).Done.Select(file => file.State)
        );
        await WriteAsync("a.csv", Encoding.UTF8.GetBytes(Csv(0)));
        File.Delete(Path.Combine(_scratch.Folder, "b.csv"));
        var report = await follower.LookAsync();
        Assert.Equal(
            [("a.csv", FollowedState.Loaded), ("b.csv", FollowedState.Gone)],
            report.Done.Select(file => (file.File, file.State))
        );
        Assert.True(report.IsClean);
        await AssertRowsAsync(client, rollup, 1);
    }

    /// <summary>
    /// The interrupted load must be completed from the staged rows, or be forgotten, and never read
    /// the new content.
    /// </summary>
    [Theory]
    [InlineData(1, 1)] // before the rows were staged: only the new content
    [InlineData(3, 2)] // afterwards: both contents
    public async Task A_file_that_changes_after_an_interruption_is_another_content(int step, int contents)
    {
        var (client, rollup) = await Events.NewAsync(engine);
        await WriteAsync("a.csv", Encoding.UTF8.GetBytes(Csv(0)));
        using (var stop = new CancellationTokenSource())
        {
            var left = step;
            using var killed = NewFollower(
                rollup,
                step: () =>
                {
                    if (--left == 0)
                        stop.Cancel();
                }
            );
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => killed.LookAsync(cancellation: stop.Token));
        }
        await WriteAsync("a.csv", Encoding.UTF8.GetBytes(Csv(RowsOfFile)));
        using var follower = NewFollower(rollup);
        Assert.Equal(FollowedState.Loaded, (await follower.LookAsync()).Done[^1].State);
        await AssertRowsAsync(client, rollup, contents);
    }

    [Fact]
    public async Task A_rollup_that_was_not_applied_is_refused_before_any_file()
    {
        var (_, rollup) = await Events.NewAsync(engine, apply: false);
        using var follower = NewFollower(rollup);
        var error = await Assert.ThrowsAsync<RollupException>(() => follower.LookAsync());
        Assert.Contains("apply it first", error.Message);
    }

    [Fact]
    public async Task A_file_that_may_still_be_written_waits()
    {
        var (_, rollup) = await Events.NewAsync(engine);
        await WriteAsync("a.csv", Encoding.UTF8.GetBytes(Csv(0)));
        using var follower = rollup.Follow(new() { From = _scratch.Folder, Settle = TimeSpan.FromHours(1) });
        var report = await follower.LookAsync();
        Assert.Empty(report.Done);
        Assert.Empty(report.Waiting);
    }

    /// <summary>A server that ends every second connection in the middle.</summary>
    [Fact]
    public async Task Urls_are_downloaded_with_resume_and_checked()
    {
        var (client, rollup) = await Events.NewAsync(engine);
        using var server = new FileServer { Broken = 0.5 };
        var list = new StringBuilder("# daily files\n\n");
        for (var i = 0; i < 10; i++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"day-{i}.csv.gz");
            server.Files[name] = Packed(Csv(i * RowsOfFile));
            var hash = Convert.ToHexString(SHA256.HashData(server.Files[name]));
            list.AppendLine(i % 2 == 0 ? $"{server.Url}{name} sha256={hash} # checked" : server.Url + name);
        }
        list.AppendLine($"{server.Url}day-3.csv.gz sha256={new string('0', 64)}"); // the same address again
        server.Files["other.csv"] = Encoding.UTF8.GetBytes(Csv(99 * RowsOfFile));
        list.AppendLine($"{server.Url}other.csv sha256={new string('0', 64)}");
        list.AppendLine(server.Url + "tomorrow.csv");
        var path = Path.Combine(_scratch.Folder, "urls.txt");
        await File.WriteAllTextAsync(path, list.ToString());
        var downloads = Path.Combine(_scratch.Folder, "downloads");
        using var follower = rollup.Follow(new() { From = path, Downloads = downloads });

        FollowReport report;
        var looks = 0;
        do report = await follower.LookAsync();
        while (report.Waiting.Count > 1 && ++looks < 20); // a download that fails five times waits for the next look

        Assert.Equal([$"{server.Url}tomorrow.csv"], report.Waiting.Select(file => file.File));
        Assert.Contains("404", report.Waiting[0].Reason);
        var files = await rollup.FilesAsync();
        var refused = Assert.Single(files, file => file.State == FollowedState.Refused);
        Assert.Equal(server.Url + "other.csv", refused.File);
        Assert.Contains("SHA-256", refused.Reason);
        Assert.True(server.Continued > 0);
        Assert.Empty(Directory.GetFiles(downloads));
        await AssertRowsAsync(client, rollup, 10);

        server.Broken = 0;
        server.Files["tomorrow.csv"] = Encoding.UTF8.GetBytes(Csv(10 * RowsOfFile));
        Assert.Equal(FollowedState.Loaded, Assert.Single((await follower.LookAsync()).Done).State);
        await AssertRowsAsync(client, rollup, 11);
    }

    [Theory]
    [InlineData("ftp://host/a.csv", "https")]
    [InlineData("http://host.invalid/a.csv", "https")]
    [InlineData("https://user:secret@host/a.csv", "without user and password")]
    [InlineData("https://host/a.exe", ".parquet")]
    [InlineData("https://host/a.csv md5=1", "sha256=HASH")]
    [InlineData("https://host/a.csv sha256=12", "sha256=HASH")]
    public async Task An_invalid_line_of_a_list_is_named(string line, string expected)
    {
        var (_, rollup) = await Events.NewAsync(engine, apply: false);
        var path = Path.Combine(_scratch.Folder, "urls.txt");
        await File.WriteAllTextAsync(path, "# first\n" + line);
        using var follower = rollup.Follow(new() { From = path, Downloads = _scratch.Folder });
        var error = await Assert.ThrowsAsync<RollupException>(() => follower.LookAsync());
        Assert.Contains("line 2", error.Message);
        Assert.Contains(expected, error.Message);
        Assert.DoesNotContain("secret", error.Message);
    }

    public void Dispose() => _scratch.Dispose();

    private RollupFollower NewFollower(Rollup rollup, bool isDetached = false, Action? step = null) =>
        rollup.Follow(
            new()
            {
                From = _scratch.Folder,
                Settle = TimeSpan.Zero,
                Load = new() { IsDetached = isDetached },
            },
            progress: new Watched(_ => step?.Invoke())
        );

    private static async Task AssertRowsAsync(ClickHouseClient client, Rollup rollup, int files)
    {
        var (rows, ids) = await client.SingleAsync(
            "SELECT count(), uniqExact(id) FROM events",
            row => (row.UInt64(), row.UInt64())
        );
        Assert.Equal(((ulong)(files * RowsOfFile), (ulong)(files * RowsOfFile)), (rows, ids));
        await Events.AssertExactAsync(rollup);
    }

    private static string Csv(int from)
    {
        var text = new StringBuilder("id,at,kind,value,ok\n");
        for (var id = from; id < from + RowsOfFile; id++)
            text.Append(
                CultureInfo.InvariantCulture,
                $"{id},2024-0{1 + (id % 3)}-1{id % 10} 0{id % 7}:00:00,{(char)('a' + (id % 3))},{id / 7.0},true\n"
            );
        return text.ToString();
    }

    private static byte[] Packed(string text)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(Encoding.UTF8.GetBytes(text));
        return packed.ToArray();
    }

    private Task WriteAsync(string name, byte[] content) =>
        File.WriteAllBytesAsync(Path.Combine(_scratch.Folder, name), content);
}
