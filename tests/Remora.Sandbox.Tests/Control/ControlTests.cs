using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Remora.Sandbox.Faults;
using Remora.Testing;

namespace Remora.Sandbox.Tests.Control;

/// <summary>The controls under /sandbox.</summary>
public sealed class ControlTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new(SandboxRig.Morning);
    private SandboxServer? _sandbox;
    private HttpClient? _client;

    private HttpClient Client => _client!;

    public async ValueTask InitializeAsync()
    {
        _sandbox = await SandboxRig.Sandbox(new() { Speed = 300, Seed = 42 }, _clock);
        _client = SandboxRig.Client(_sandbox);
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        if (_sandbox is not null)
            await _sandbox.DisposeAsync();
    }

    [Fact]
    public async Task The_clock_returns_time_and_speed()
    {
        _clock.Advance(TimeSpan.FromSeconds(5));
        var clock = await Client.Json("/sandbox/clock");

        Assert.True(clock.GetProperty("sandbox").GetBoolean());
        Assert.Equal(SandboxRig.Now.UnixMilliseconds + 5000, clock.GetProperty("now_ms").GetInt64());
        Assert.Equal(300, clock.GetProperty("speed").GetDouble());
    }

    [Fact]
    public async Task The_state_contains_markets_faults_and_requests()
    {
        _sandbox!.Faults.Add(new(FaultKind.Html200) { Exchange = "okx" });
        await Client.GetAsync("/www.okx.com/api/v5/public/time");
        await Client.GetAsync("/api.binance.com/api/v3/ping");
        var state = await Client.Json("/sandbox/state");

        Assert.Equal(42, state.GetProperty("seed").GetInt64());
        Assert.Equal("simulated", state.GetProperty("origin").GetString());
        Assert.Equal((3 * 7) + (2 * 14), state.GetProperty("markets").GetArrayLength());
        Assert.Equal("html_200", state.GetProperty("faults")[0].GetProperty("kind").GetString());
        Assert.Equal(2, state.GetProperty("requests").GetProperty("total").GetInt64());
        Assert.Equal(1, state.GetProperty("requests").GetProperty("by_exchange").GetProperty("okx").GetInt64());
        Assert.Equal(1, state.GetProperty("requests").GetProperty("by_fault").GetProperty("html_200").GetInt64());
    }

    [Fact]
    public async Task The_weight_of_requests_is_counted_per_minute_and_host()
    {
        await using var sandbox = await SandboxRig.Sandbox(new() { FaultClock = _clock }, _clock);
        using var client = SandboxRig.Client(sandbox);
        for (var i = 0; i < 3; i++)
            await client.GetAsync("/fapi.binance.com/fapi/v1/klines?symbol=NONE&interval=5m&limit=1500");
        await client.GetAsync("/api.binance.com/api/v3/klines?symbol=NONE&interval=5m");
        _clock.Advance(TimeSpan.FromSeconds(59));
        await client.GetAsync("/api.binance.com/api/v3/exchangeInfo");
        _clock.Advance(TimeSpan.FromSeconds(1)); // the first request is a minute old
        await client.GetAsync("/api.binance.com/api/v3/ping");
        for (var i = 0; i < 241; i++)
            await client.GetAsync("/fapi.binance.com/fapi/v1/klines?symbol=NONE&interval=5m&limit=1500");
        await client.GetAsync("/www.okx.com/api/v5/public/time");

        var rates = (await client.Json("/sandbox/state")).GetProperty("requests").GetProperty("rates");
        Assert.Equal("23 22 6000 0", Of("api.binance.com"));
        Assert.Equal("2440 2410 2400 1", Of("fapi.binance.com"));
        Assert.Equal("1 1  0", Of("www.okx.com"));
        Assert.Equal(3, rates.EnumerateObject().Count());

        string Of(string host) =>
            string.Join(
                ' ',
                new[] { "weight", "most_per_minute", "limit_per_minute", "breaches" }.Select(name =>
                    rates.GetProperty(host).GetProperty(name).ToString()
                )
            );
    }

    [Fact]
    public async Task Every_kind_of_fault_can_be_added_and_cleared()
    {
        foreach (var kind in FaultKinds.Names)
        {
            using var ordered = await Client.PostAsJsonAsync(
                "/sandbox/faults",
                new
                {
                    kind,
                    exchange = "kraken",
                    path = "OHLC",
                    share = 0.25,
                    duration_seconds = 30,
                }
            );
            var fault = (await ordered.Json()).GetProperty("faults")[0];
            Assert.Equal(kind, fault.GetProperty("kind").GetString());
            Assert.Equal("kraken", fault.GetProperty("exchange").GetString());
            Assert.InRange(fault.GetProperty("seconds_left").GetDouble(), 1, 30);

            using var cleared = await Client.DeleteAsync("/sandbox/faults");
            Assert.Equal(0, (await cleared.Json()).GetProperty("faults").GetArrayLength());
        }
    }

    [Fact]
    public async Task A_storm_can_be_started()
    {
        using var ordered = await Client.PostAsJsonAsync(
            "/sandbox/faults",
            new
            {
                kind = "random",
                seed = 9,
                mean_quiet_seconds = 2,
            }
        );

        Assert.Equal(9, (await ordered.Json()).GetProperty("storm").GetProperty("seed").GetInt64());
        Assert.Equal(TimeSpan.FromSeconds(2), _sandbox!.Faults.Storm!.MeanQuiet);
    }

    [Theory]
    [InlineData("""{"kind":"nope"}""", "kind", "http_429")]
    [InlineData("""{"share":1}""", "kind", "random")]
    [InlineData("""{"kind":7}""", "kind", "garbage")]
    [InlineData("""{"kind":"gaps","exchange":"nope"}""", "exchange", "binance")]
    [InlineData("""{"kind":"gaps","share":0}""", "share", "to 1")]
    [InlineData("""{"kind":"gaps","share":"all"}""", "share", "to 1")]
    [InlineData("""{"kind":"gaps","duration_seconds":-1}""", "duration_seconds", "31536000")]
    [InlineData("""{"kind":"gaps","seed":1}""", "seed", "clock_error_seconds")]
    [InlineData("""{"kind":"random","share":1}""", "share", "mean_quiet_seconds")]
    [InlineData("""[1]""", "body", "kind")]
    [InlineData("""{"kind":""", "body", "kind")]
    [InlineData("", "body", "kind")]
    public async Task An_invalid_fault_is_rejected_with_the_field_and_allowed_values(
        string body,
        string field,
        string allowed
    )
    {
        using var answer = await Client.PostAsync(
            "/sandbox/faults",
            new StringContent(body, Encoding.UTF8, "application/json")
        );
        var problem = await answer.Json(HttpStatusCode.BadRequest);

        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal(field, problem.GetProperty("field").GetString());
        Assert.Contains(allowed, problem.GetProperty("allowed").GetRawText());
        Assert.Empty(_sandbox!.Faults.Active);
    }

    [Fact]
    public async Task An_oversized_body_is_rejected()
    {
        using var answer = await Client.PostAsync("/sandbox/faults", new StringContent(new string(' ', 100_000)));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    [Theory]
    [InlineData("PUT", "/sandbox/faults", 405)]
    [InlineData("POST", "/sandbox/state", 405)]
    [InlineData("GET", "/sandbox/nothing", 404)]
    [InlineData("POST", "/api.binance.com/api/v3/klines", 405)]
    public async Task Unknown_paths_are_rejected_by_name(string method, string path, int status)
    {
        using var request = new HttpRequestMessage(new(method), path);
        using var answer = await Client.SendAsync(request);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task The_page_is_self_contained()
    {
        using var answer = await Client.GetAsync("/");
        var page = await answer.Content.ReadAsStringAsync();

        Assert.Equal("text/html", answer.Content.Headers.ContentType!.MediaType);
        Assert.Contains("/sandbox/faults", page);
        Assert.DoesNotContain("http://", page);
        Assert.DoesNotContain("https://", page);
        Assert.Equal("simulated", Assert.Single(answer.Headers.GetValues("X-Remora-Sandbox")));
    }

    [Theory]
    [InlineData("""{"Port":70000}""", "Port")]
    [InlineData("""{"Speed":0}""", "Speed")]
    [InlineData("""{"HistoryDays":0}""", "HistoryDays")]
    [InlineData("""{"Pairs":[]}""", "Pairs")]
    public async Task Options_out_of_range_are_rejected_by_name(string options, string field)
    {
        var bad = JsonSerializer.Deserialize<SandboxOptions>(options)!;

        var refusal = await Assert.ThrowsAsync<SandboxOptionException>(() => SandboxRig.Sandbox(bad));
        Assert.Contains(field, refusal.Message);
        Assert.Contains("expected", refusal.Message);
    }
}
