using System.Net;
using System.Net.Sockets;

namespace Remora.ClickHouse.Tests.Client;

/// <summary>A store with several servers.</summary>
public sealed class ServersTests(Engine engine)
{
    private const string Gone = "http://127.0.0.1:1";

    private Uri Running => new($"http://{engine.Url.Host}:{engine.Url.Port}");

    [Fact]
    public async Task The_next_server_is_used_when_one_is_gone_and_the_one_in_use_is_known()
    {
        var location = StoreLocation.AtUrl($"{Gone}, {engine.Url}", "of_several", password: engine.Password);
        Assert.Equal($"{Gone}/, {Running}", location.ToString());
        await using var open = await ClickHouseConnection.OpenAsync(location);
        Assert.Equal(Running, open.Client.Address);
        Assert.Equal($"{Running} (one of {Gone}/, {Running})", location.Describe(open.Client.Address));
        await open.Client.ExecuteAsync("CREATE TABLE t (n UInt8) ENGINE = MergeTree ORDER BY n");

        var moves = new List<string>();
        using var client = location.NewClient(moved: (from, to) => moves.Add($"{from} {to}"));
        Assert.Equal(new Uri(Gone), client.Address);
        // Nothing has reached the first server, so the statement need not be repeatable
        using var row = new MemoryStream("7"u8.ToArray());
        await client.InsertStreamAsync("INSERT INTO t FORMAT TSV", row);
        Assert.Equal(7, await client.SingleAsync("SELECT n FROM t", row => row.UInt8()));
        Assert.Equal([$"{Gone}/ {Running}"], moves);
        Assert.Equal(Running, client.Address);
        using var other = location.NewClient();
        Assert.True(await other.PingAsync());
        await client.ExecuteAsync("DROP DATABASE of_several");
    }

    [Fact]
    public async Task A_statement_that_a_server_may_have_received_is_sent_again_only_if_it_is_repeatable()
    {
        using var breaking = new TcpListener(IPAddress.Loopback, 0);
        breaking.Start();
        using var stop = new CancellationTokenSource();
        var accepting = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                using var accepted = await breaking.AcceptTcpClientAsync(stop.Token);
                _ = await accepted
                    .GetStream()
                    .ReadAtLeastAsync(new byte[16], 16, throwOnEndOfStream: false, stop.Token);
            }
        });
        var location = StoreLocation.AtUrl($"http://{breaking.LocalEndpoint},{engine.Url}", password: engine.Password);
        using var client = location.NewClient();
        using var system = new ClickHouseClient(
            new()
            {
                Url = new($"http://{breaking.LocalEndpoint}"),
                Others = [Running],
                User = location.User,
                Password = location.Password,
            }
        );
        await Assert.ThrowsAsync<ClickHouseUnavailableException>(() =>
            system.ExecuteAsync("CREATE TABLE of_two_servers (n UInt8) ENGINE = Memory")
        );
        Assert.Equal(0, await system.SingleAsync("EXISTS TABLE of_two_servers", row => row.UInt8()));
        Assert.Equal(Running, system.Address);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => accepting);
    }

    [Fact]
    public async Task When_all_are_gone_the_error_names_all()
    {
        var location = StoreLocation.AtUrl($"{Gone},http://127.0.0.1:2");
        var error = await Assert.ThrowsAsync<ClickHouseConnectionException>(() =>
            ClickHouseConnection.OpenAsync(location)
        );
        Assert.Contains("no ClickHouse server responds at http://127.0.0.1:1/, http://127.0.0.1:2/", error.Message);
        using var client = location.NewClient();
        Assert.False(await client.PingAsync());
    }

    [Theory]
    [InlineData("http://a:8123,http://a:8123", "different servers")]
    [InlineData("http://a:8123,", "is not a ClickHouse URL")]
    [InlineData("http://x@a:8123,http://y@b:8123", "the users x and y")]
    [InlineData("http://a:8123/one,http://b:8123/two", "the databases one and two")]
    [InlineData("http://a:8123,http://u:secret@b:8123", "password in a URL")]
    public void Addresses_that_contradict_each_other_are_refused(string text, string reason) =>
        Assert.Contains(reason, Assert.Throws<FormatException>(() => StoreLocation.AtUrl(text)).Message);

    [Fact]
    public void One_address_can_name_user_and_database_for_all()
    {
        var location = StoreLocation.AtUrl("http://a:8123,https://u@b:8443/data");
        Assert.Equal(("u", "data"), (location.User, location.Database.Value));
        Assert.Equal([new("https://b:8443")], location.Others);
    }
}
