using System.Net;
using Remora.ClickHouse.Embedded;

namespace Remora.ClickHouse.Tests.Client;

public sealed class ConnectionTests(Engine engine)
{
    [Fact]
    public async Task A_folder_is_opened_or_shared_with_another_process()
    {
        using var scratch = new Scratch();
        var location = StoreLocation.InFolder(Path.Combine(scratch.Folder, "data"));
        await using (var first = await ClickHouseConnection.OpenAsync(location))
        {
            Assert.NotNull(first.Engine);
            await first.Client.ExecuteAsync("CREATE TABLE t (n UInt8) ENGINE = MergeTree ORDER BY n");
            await using var second = await ClickHouseConnection.OpenAsync(location, makeDatabase: false);
            Assert.Null(second.Engine);
            Assert.Equal(first.Version, second.Version);
            await second.Client.ExecuteAsync("INSERT INTO t VALUES (7)");
        }
        await using var again = await ClickHouseConnection.OpenAsync(location);
        Assert.NotNull(again.Engine);
        Assert.Equal(7, await again.Client.SingleAsync("SELECT n FROM remora.t", row => row.UInt8()));
    }

    [Fact]
    public async Task Two_processes_that_open_a_folder_share_one_engine()
    {
        using var scratch = new Scratch();
        var connections = await Task.WhenAll(
            Enumerable.Range(0, 3).Select(_ => ClickHouseConnection.OpenAsync(StoreLocation.InFolder(scratch.Folder)))
        );
        Assert.Single(connections, connection => connection.Engine is not null);
        // The owner of the engine closes last
        foreach (var connection in connections.OrderBy(connection => connection.Engine is not null))
        {
            Assert.Equal(1, await connection.Client.SingleAsync("SELECT 1", row => row.UInt8()));
            await connection.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_server_is_opened_by_its_address_and_its_database_optionally_created()
    {
        var url = $"{engine.Url}opened_by_url";
        var refused = await RefusedAsync(StoreLocation.AtUrl(url, password: engine.Password), makeDatabase: false);
        Assert.Contains("the database 'opened_by_url' does not exist", refused);
        await using (
            var made = await ClickHouseConnection.OpenAsync(StoreLocation.AtUrl(url, password: engine.Password))
        )
            Assert.Equal("opened_by_url", made.Client.Database);
        await using var found = await ClickHouseConnection.OpenAsync(
            StoreLocation.AtUrl(url, password: engine.Password),
            makeDatabase: false
        );
        Assert.Equal("opened_by_url", await found.Client.SingleAsync("SELECT currentDatabase()", row => row.String()));
    }

    [Fact]
    public async Task Connection_errors_contain_advice()
    {
        Assert.Contains("check that it is running", await RefusedAsync(StoreLocation.AtUrl("http://127.0.0.1:1")));
        Assert.Contains(
            "has no cluster 'nowhere'",
            await RefusedAsync(
                StoreLocation.AtUrl(engine.Url.ToString(), cluster: "nowhere", password: engine.Password)
            )
        );
        Assert.Contains(
            "StoreLocation",
            Assert
                .Throws<FormatException>(() => StoreLocation.AtUrl("http://a:secret@b:8123"))
                .Message.Replace(StoreLocation.PasswordVariable, "StoreLocation")
        );
        Assert.Contains(
            "not a ClickHouse URL",
            Assert.Throws<FormatException>(() => StoreLocation.AtUrl("clickhouse:9000")).Message
        );
        Assert.Contains(
            "invalid database name 'a;b'",
            Assert.Throws<FormatException>(() => StoreLocation.InFolder("x", "a;b")).Message
        );
        using var scratch = new Scratch();
        var file = Path.Combine(scratch.Folder, "file");
        await File.WriteAllTextAsync(file, "");
        Assert.Contains("cannot be created", await RefusedAsync(StoreLocation.InFolder(file)));
        var missing = await Assert.ThrowsAsync<ClickHouseConnectionException>(() =>
            ClickHouseConnection.OpenAsync(
                StoreLocation.InFolder(scratch.Folder),
                configure: options => options with { HostProgram = "/nowhere/host.dll" }
            )
        );
        Assert.Contains("the program '/nowhere/host.dll' does not exist", missing.Message);
    }

    [Fact]
    public async Task A_wrong_password_is_reported()
    {
        using var scratch = new Scratch();
        await using var guarded = await EmbeddedEngine.StartAsync(
            new()
            {
                Folder = scratch.Folder,
                Port = 0,
                PortPassword = "right",
            }
        );
        await guarded.Client.ExecuteAsync("CREATE DATABASE remora");
        var url = $"http://remora@localhost:{guarded.Endpoint.Port}";
        Assert.Contains(
            "with this password: set REMORA_CLICKHOUSE_PASSWORD to the password",
            await RefusedAsync(StoreLocation.AtUrl(url, password: "wrong"))
        );
        Assert.Contains("without a password", await RefusedAsync(StoreLocation.AtUrl(url)));
        await using var opened = await ClickHouseConnection.OpenAsync(
            StoreLocation.AtUrl(url, password: "right"),
            makeDatabase: false
        );
        Assert.Matches(@"^\d+\.\d+\.", opened.Version);
        Assert.Equal("remora", await opened.Reader.SingleAsync("SELECT currentDatabase()", row => row.String()));
    }

    [Fact]
    public async Task Another_web_server_is_rejected()
    {
        using var listener = new HttpListener();
        var port = 20_000 + (Environment.ProcessId % 20_000);
        for (; ; port++)
        {
            listener.Prefixes.Clear();
            listener.Prefixes.Add($"http://localhost:{port}/");
            try
            {
                listener.Start();
                break;
            }
            catch (HttpListenerException) when (port < 60_000)
            {
                // the port is in use; try the next one
            }
        }
        var answering = Task.Run(async () =>
        {
            var context = await listener.GetContextAsync();
            context.Response.StatusCode = 404;
            await using (var body = new StreamWriter(context.Response.OutputStream))
                await body.WriteAsync("<html>\nnot here</html>");
        });
        Assert.Contains(
            "is not ClickHouse's HTTP interface: <html>; not here</html>",
            await RefusedAsync(StoreLocation.AtUrl($"http://localhost:{port}"))
        );
        await answering;
    }

    private static async Task<string> RefusedAsync(StoreLocation location, bool makeDatabase = true)
    {
        var error = await Assert.ThrowsAsync<ClickHouseConnectionException>(() =>
            ClickHouseConnection.OpenAsync(location, makeDatabase)
        );
        Assert.DoesNotContain('\n', error.Message);
        return error.Message;
    }
}
