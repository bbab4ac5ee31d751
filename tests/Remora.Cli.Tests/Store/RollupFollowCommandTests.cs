using System.Globalization;
using System.Text.Json;

namespace Remora.Cli.Tests.Store;

/// <summary>Tests <c>remora rollup follow</c> as a process that is killed.</summary>
[Trait("speed", "slow")]
public sealed class RollupFollowCommandTests
{
    private const int RowsOfFile = 20;

    [Fact]
    public async Task A_follower_that_is_killed_continues_without_losing_or_doubling_a_row()
    {
        await using var store = await StoreHost.StartAsync();
        var definition = store.File("activity.sql", RollupCommandTests.Definition);
        await store.RunAsync(RollupCommandTests.Source);
        Assert.Equal(0, (await RemoraProcess.RunAsync("rollup", "apply", definition, "--data", store.Data)).ExitCode);
        const int Files = 24;
        var folder = Path.Combine(store.Data, "..", "incoming");
        Directory.CreateDirectory(folder);
        for (var i = 0; i < Files; i++)
            store.File(string.Create(CultureInfo.InvariantCulture, $"incoming/{i:000}.csv"), Rows(i));
        store.File("incoming/damaged.parquet", "PAR1 this is not a Parquet file");
        foreach (var file in Directory.GetFiles(folder)) // written long ago
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddHours(-1));
        string[] command = ["rollup", "follow", definition, "--from", folder, "--data", store.Data, "--every", "1"];

        const int Kills = 4;
        for (var kill = 1; kill <= Kills; kill++)
        {
            await using var follower = RemoraProcess.Start(command);
            while (await CountAsync() < kill * RowsOfFile * Files / (Kills + 2))
            {
                Assert.False(follower.HasExited, follower.Errors);
                await Task.Delay(50);
            }
            follower.Kill();
        }
        var (exit, output, errors) = await RemoraProcess.RunAsync([.. command[..^2], "--once", "--json"]);
        Assert.True(exit is 0 or 1, errors); // 1 if the damaged file was refused in this run
        Assert.All(
            output.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            line =>
                Assert.Contains(
                    JsonElement.Parse(line).GetProperty("state").GetString(),
                    (string[])["loaded", "refused"]
                )
        );

        Assert.Equal(Files * RowsOfFile, await CountAsync());
        Assert.Equal(0, (await RemoraProcess.RunAsync("rollup", "verify", definition, "--data", store.Data)).ExitCode);
        var status = (await RemoraProcess.RunAsync("rollup", "status", definition, "--data", store.Data)).Output;
        Assert.Contains($"events: {Files} files followed, {Files * RowsOfFile} rows", status);
        Assert.Contains("damaged.parquet: refused, no row loaded: ", status);

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
}
