using System.Net;
using System.Net.Sockets;

namespace Remora.Client.Tests;

/// <summary>
/// How each client uses several services: it stays with one, and tries the next one within the same
/// timeout when it does not answer.
/// </summary>
public abstract class SeveralAddressesContract
{
    // Half of it is the time of a silent service, the other half that of the next one.
    private const double Timeout = 30;

    /// <summary>What a client decided.</summary>
    private protected sealed record Outcome(bool Safe, bool Answered, string? Error);

    /// <summary>
    /// Asks one client for each pair, without a cache. Blocks without an answer. The timeout is in
    /// seconds.
    /// </summary>
    private protected abstract Task<IReadOnlyList<Outcome>> AskAsync(
        string urls,
        double timeout,
        params IReadOnlyList<string> pairs
    );

    /// <summary>Returns the error of a client that cannot be made.</summary>
    private protected abstract Task<string> RefusedAsync(string urls);

    /// <summary>Returns the pair of the first event of the stream.</summary>
    private protected abstract Task<string?> FirstOfStreamAsync(string urls);

    [Theory]
    [InlineData("closed")]
    [InlineData("hangup")]
    [InlineData("500")]
    [InlineData("503")]
    [InlineData("html")]
    [InlineData("truncated")]
    [InlineData("redirect")]
    [InlineData("slow")]
    public async Task The_next_service_answers_and_is_kept(string fault)
    {
        await using var bad = new FaultyServer { Mode = fault };
        await using var well = new FaultyServer();
        var first = fault == "closed" ? ClosedPort() : bad.Url;

        var outcomes = await AskAsync($"{first}, {well.Url}", Timeout, "BTC/USDT", "ETH/USDT");

        Assert.All(outcomes, outcome => Assert.Equal(new Outcome(true, true, null), outcome));
        Assert.Equal(2, well.Requests.Count);
        // A client may repeat a request on a connection that broke before the first byte.
        Assert.InRange(bad.Requests.Count, fault == "closed" ? 0 : 1, fault == "hangup" ? 4 : 1);
    }

    [Theory]
    [InlineData("404")]
    [InlineData("429")]
    public async Task A_refusal_is_not_taken_to_the_next_service(string fault)
    {
        await using var refuses = new FaultyServer { Mode = fault };
        await using var well = new FaultyServer();

        var outcomes = await AskAsync($"{refuses.Url},{well.Url}", Timeout, "BTC/USDT", "ETH/USDT");

        Assert.All(outcomes, outcome => Assert.Equal((false, false), (outcome.Safe, outcome.Answered)));
        Assert.All(outcomes, outcome => Assert.Contains(fault, outcome.Error, StringComparison.Ordinal));
        Assert.Empty(well.Requests);
        Assert.Equal(fault == "429" ? 1 : 2, refuses.Requests.Count); // 429 names a time to wait
    }

    [Fact]
    public async Task An_error_names_every_service_and_each_has_its_own_breaker()
    {
        await using var first = new FaultyServer { Mode = "500" };
        await using var second = new FaultyServer { Mode = "html" };
        var closed = ClosedPort();

        var outcomes = await AskAsync($"{first.Url},{second.Url},{closed}", Timeout, "BTC/USDT", "ETH/USDT");

        foreach (var outcome in outcomes)
        {
            Assert.Equal((false, false), (outcome.Safe, outcome.Answered));
            foreach (var url in new[] { first.Url, second.Url, closed })
                Assert.Contains(url, outcome.Error, StringComparison.Ordinal);
        }
        Assert.Equal((1, 1), (first.Requests.Count, second.Requests.Count));
    }

    [Fact]
    public async Task Each_service_gets_the_key()
    {
        await using var first = new FaultyServer { Mode = "500" };
        await using var second = new FaultyServer();
        await AskAsync($"{first.Url},{second.Url}", Timeout, "BTC/USDT");
        foreach (var server in new[] { first, second })
            Assert.Contains(
                "Authorization: Bearer the-key",
                Assert.Single(server.Requests),
                StringComparison.OrdinalIgnoreCase
            );
    }

    [Fact]
    public async Task A_stream_continues_at_the_next_service()
    {
        await using var first = new FaultyServer(); // closes each stream
        await using var second = new FaultyServer();
        for (var i = 0; i < 10; i++)
            second.Streams.Enqueue($"event: assessment\nid: {i}\ndata: {second.Answer("ETH/USDT")}\n\n");
        Assert.Equal("ETH/USDT", await FirstOfStreamAsync($"{first.Url},{second.Url}"));
        Assert.NotEmpty(first.Requests);
    }

    [Theory]
    [InlineData("http://127.0.0.1:8000,http://10.0.0.1:8000", "http://10.0.0.1:8000")]
    [InlineData("http://remora:8000,https://remora", "all as safe")]
    [InlineData("http://127.0.0.1:8000,http://127.0.0.1:8000/", "listed twice")]
    [InlineData("http://127.0.0.1:8000,,http://127.0.0.1:8001", "expected an address such as")]
    [InlineData(
        "http://a,http://b,http://c,http://d,http://e,http://f,http://g,http://h,http://i,http://j,http://k",
        "expected 1 to 10"
    )]
    public async Task Addresses_that_do_not_fit_are_refused(string urls, string named) =>
        Assert.Contains(named, await RefusedAsync(urls), StringComparison.Ordinal);

    private static string ClosedPort()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        return $"http://127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}";
    }
}
