using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Remora.Testing;

namespace Remora.Cli.Tests.Store;

/// <summary>Tests <c>remora rollup follow</c> as a process that is killed.</summary>
[Trait("speed", "slow")]
public sealed class RollupFollowCommandTests
{
    private const int RowsOfFile = 20;

    /// <summary>
    /// 4 kills and 26 files by default; REMORA_FOLLOW_KILLS=30 has 200 files. The server ends every
    /// third connection in the middle.
    /// </summary>
    [Fact]
    public async Task A_follower_that_is_killed_continues_without_losing_or_doubling_a_row()
    {
        var kills = int.TryParse(System.Environment.GetEnvironmentVariable("REMORA_FOLLOW_KILLS"), out var asked)
            ? asked
            : 4;
        await using var store = await StoreHost.StartAsync();
        var definition = store.File("activity.sql", RollupCommandTests.Definition);
        await store.RunAsync(RollupCommandTests.Source);
        Assert.Equal(0, (await RemoraProcess.RunAsync("rollup", "apply", definition, "--data", store.Data)).ExitCode);
        using var server = new FileServer { Broken = 0.3 };
        var (good, copies, bad) = (0, 0, 0);
        for (var i = 0; i < kills * 20 / 3; i++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"{i:000}.csv");
            switch (i % 10)
            {
                case 3:
                    server.Files[name] = Encoding.UTF8.GetBytes(Rows(i - 3)); // as an earlier file
                    copies++;
                    break;
                case 5:
                    server.Files[name + ".gz"] = Packed(Rows(i))[..^20];
                    bad++;
                    break;
                case 7:
                    server.Files[name] = Encoding.UTF8.GetBytes(
                        Rows(i).Replace("2024-", "year ", StringComparison.Ordinal)
                    );
                    bad++;
                    break;
                case 8:
                    server.Files[name + ".gz"] = Packed(Rows(i));
                    good++;
                    break;
                default:
                    server.Files[name] = Encoding.UTF8.GetBytes(Rows(i));
                    good++;
                    break;
            }
        }
        var list = store.File(
            "urls.txt",
            string.Concat(server.Files.Keys.Order().Select(name => $"{server.Url}{name}\n"))
        );
        string[] command = ["rollup", "follow", definition, "--from", list, "--data", store.Data, "--every", "1"];

        for (var kill = 1; kill <= kills; kill++)
        {
            await using var follower = RemoraProcess.Start(command);
            while (await CountAsync() < kill * RowsOfFile * good / (kills + 2))
            {
                Assert.False(follower.HasExited, follower.Errors);
                await Task.Delay(50);
            }
            follower.Kill();
        }
        for (var isWaiting = true; isWaiting; )
        {
            var (exit, output, errors) = await RemoraProcess.RunAsync([.. command[..^2], "--once", "--json"]);
            Assert.True(exit is 0 or 1, errors); // 1 if a file was refused in this run
            var states = output
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => JsonElement.Parse(line).GetProperty("state").GetString()!)
                .ToList();
            Assert.All(
                states,
                state => Assert.Contains(state, (string[])["loaded", "refused", "duplicate", "waiting"])
            );
            isWaiting = states.Contains("waiting"); // a download that fails five times in a row
        }

        Assert.Equal(good * RowsOfFile, await CountAsync());
        Assert.Equal(0, (await RemoraProcess.RunAsync("rollup", "verify", definition, "--data", store.Data)).ExitCode);
        var status = (await RemoraProcess.RunAsync("rollup", "status", definition, "--data", store.Data)).Output;
        Assert.Contains($"events: {good} files followed, {good * RowsOfFile} rows", status);
        Assert.Equal(bad, status.Split(": refused, no row loaded: ").Length - 1);
        Assert.True(copies > 0 && server.Continued > 0);

        async Task<int> CountAsync() =>
            int.Parse(await store.RunAsync("SELECT count() FROM events"), CultureInfo.InvariantCulture);
    }

    [Theory]
    [InlineData("--every 0", "expected 1 to 86400 seconds")]
    [InlineData("--at 3", "expected a time of the day in UTC such as 03:30")]
    [InlineData("--at 03:30 --every 5", "use either --at or --every")]
    [InlineData("--check positive", "expected NAME=EXPR")]
    public async Task Invalid_options_name_what_is_allowed(string options, string expected)
    {
        var (exit, _, errors) = await RemoraProcess.RunAsync([
            "rollup",
            "follow",
            "activity.sql",
            "--from",
            "incoming",
            .. options.Split(' '),
        ]);
        Assert.Equal(2, exit);
        Assert.Contains(expected, errors);
    }

    private static string Rows(int file) =>
        "at,kind,value\n"
        + string.Concat(
            Enumerable
                .Range(0, RowsOfFile)
                .Select(i => string.Create(CultureInfo.InvariantCulture, $"2024-02-{1 + i} 10:00:00,a,{file}\n"))
        );

    private static byte[] Packed(string text)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(Encoding.UTF8.GetBytes(text));
        return packed.ToArray();
    }
}
