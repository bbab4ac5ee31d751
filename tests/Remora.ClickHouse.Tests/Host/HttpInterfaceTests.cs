using System.Net;
using System.Text;
using Remora.ClickHouse.Embedded;

namespace Remora.ClickHouse.Tests.Host;

/// <summary>Tests what the product relies on in ClickHouse's HTTP interface.</summary>
public sealed class HttpInterfaceTests : IDisposable
{
    private readonly Engine _engine;
    private readonly HttpClient _http;

    public HttpInterfaceTests(Engine engine)
    {
        _engine = engine;
        _http = new() { BaseAddress = new($"http://127.0.0.1:{engine.Embedded.Endpoint.Port}") };
        _http.DefaultRequestHeaders.Add("X-ClickHouse-User", EngineEndpoint.Owner);
        _http.DefaultRequestHeaders.Add("X-ClickHouse-Key", engine.Password);
    }

    [Fact]
    public async Task A_late_error_follows_its_tag_or_becomes_a_status_with_wait_end_of_query()
    {
        const string Sql =
            "select throwIf(number = 150000) from numbers(200000) settings max_block_size = 1000, max_threads = 1";
        using var client = new ClickHouseClient(new() { Engine = () => _engine.Embedded.Endpoint });
        await using var stream = await client.StreamAsync(
            Sql,
            "TSV",
            new() { Settings = new Dictionary<string, string> { ["buffer_size"] = "1000" } }
        );
        using var kept = new MemoryStream();
        var error = await Assert.ThrowsAsync<ClickHouseException>(() => stream.CopyToAsync(kept));
        Assert.Equal(395, error.Code);
        Assert.Equal("0\n0\n", Encoding.UTF8.GetString(kept.ToArray()[..4]));
        Assert.DoesNotContain("exception", Encoding.UTF8.GetString(kept.ToArray()));

        using var awaited = await _http.PostAsync("/?wait_end_of_query=1", new StringContent(Sql));
        Assert.Equal(HttpStatusCode.InternalServerError, awaited.StatusCode);
    }

    [Fact]
    public async Task A_query_ends_when_its_caller_disconnects()
    {
        using var going = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            _http.PostAsync(
                "/?query_id=goes-away&readonly=2",
                new StringContent("select sum(sipHash64(number)) from numbers(100000000000)"),
                going.Token
            )
        );
        for (var tries = 0; ; tries++)
        {
            var running = await _engine.Embedded.Client.SingleAsync(
                "select count() from system.processes where query_id = 'goes-away'",
                row => row.UInt64()
            );
            if (running == 0)
                break;
            Assert.True(tries < 1200, "the query still runs");
            await Task.Delay(50);
        }
    }

    public void Dispose() => _http.Dispose();
}
