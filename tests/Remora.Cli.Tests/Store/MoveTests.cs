using System.Globalization;
using System.Text.Json;

namespace Remora.Cli.Tests.Store;

/// <summary>The move from the embedded engine to a server, as in docs/cluster.md.</summary>
[Trait("speed", "slow")]
public sealed class MoveTests
{
    private static readonly string Candles =
        "timestamp,open,high,low,close,volume\n"
        + string.Concat(
            Enumerable
                .Range(0, 400)
                .Select(i =>
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{1_700_000_100_000L + (i * 300_000L)},{100 + i},{102 + i},{99 + i},{101 + i},5\n"
                    )
                )
        );

    [Fact]
    public async Task A_backup_of_the_embedded_engine_is_restored_to_a_server()
    {
        await using var server = await StoreHost.StartAsync();
        using var folder = new TemporaryFolder();
        var (data, copy) = (folder.File("data"), folder.File("copy"));
        var candles = folder.Write("candles.csv", Candles);
        await RunAsync(server, data, "history", "import", "--candles", "BTC/USDT=" + candles);
        var before = await RunAsync(server, data, "store", "status", "--json");

        await RunAsync(server, data, "store", "backup", copy);
        // Keys and calendar stay where they are
        await RunAsync(server, data, "store", "restore", copy, "--clickhouse", server.Url);

        var after = await RunAsync(server, data, "store", "status", "--json", "--clickhouse", server.Url);
        Assert.Equal(RowsOf(before), RowsOf(after));
        Assert.Equal("400", (await server.RunAsync("SELECT count() FROM remora.candles FINAL")).Trim());
    }

    private static async Task<string> RunAsync(StoreHost server, string data, params string[] arguments)
    {
        var environment = new Dictionary<string, string>(server.Environment) { ["REMORA_DATA"] = data };
        var (exit, output, errors) = await RemoraProcess.RunAsync(environment, arguments);
        Assert.True(exit == 0, errors);
        return output;
    }

    private static List<(string?, long)> RowsOf(string status) =>
        [
            .. JsonElement
                .Parse(status)
                .GetProperty("tables")
                .EnumerateArray()
                .Select(table => (table.GetProperty("name").GetString(), table.GetProperty("rows").GetInt64())),
        ];
}
