using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Remora.Bots.Tests;
using Remora.Server.Access;
using Remora.Server.Settings;
using Remora.Testing;

namespace Remora.Server.Tests;

/// <summary>
/// Tests which host names the service accepts, as a protection against DNS rebinding.
/// </summary>
public sealed class HostGateTests : IDisposable
{
    private static readonly string[] Paths =
    [
        "/",
        "/page.js",
        "/reference",
        "/openapi/v1.json",
        "/metrics",
        "/nowhere",
        "/api/v1/risk",
        "/api/v1/risk?pair=BTC/USDT",
        "/api/v1/stream",
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("remora-hosts").FullName;
    private readonly string _secret = ApiKey.NewSecret();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("localhost", 200)]
    [InlineData("LOCALHOST:8000", 200)]
    [InlineData("127.0.0.1", 200)]
    [InlineData("127.1.2.3:80", 200)]
    [InlineData("[::1]:8000", 200)]
    [InlineData("evil.example", 421)]
    [InlineData("evil.example:8000", 421)]
    [InlineData("localhost.evil.example", 421)]
    [InlineData("127.0.0.1.evil.example", 421)]
    [InlineData("192.168.1.5", 421)]
    [InlineData("0.0.0.0", 421)]
    [InlineData("[::2]", 421)]
    public async Task Without_keys_on_loopback_only_loopback_names_are_answered(string host, int status)
    {
        await using var service = await LiveServer.StartAsync();
        Assert.Equal((HttpStatusCode)status, await AskAsync(service, "/api/v1/risk?pair=BTC/USDT", host));
    }

    [Fact]
    public async Task Nothing_but_health_is_answered_to_a_rebound_name_and_the_refusal_names_the_setting()
    {
        await using var service = await LiveServer.StartAsync(
            LiveServer.Settings with
            {
                CorsOrigins = ["http://evil.example"],
            }
        );
        foreach (var path in Paths)
            Assert.Equal(HttpStatusCode.MisdirectedRequest, await AskAsync(service, path, "evil.example"));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(service, "/healthz", "evil.example"));

        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/risk");
        request.Headers.Host = "evil.example:8000";
        request.Headers.Add("Origin", "http://evil.example");
        using var refused = await service.Http.SendAsync(request);
        Assert.Equal("application/problem+json", refused.Content.Headers.ContentType!.MediaType);
        Assert.False(refused.Headers.Contains("Access-Control-Allow-Origin"));
        var problem = JsonElement.Parse(await refused.Content.ReadAsStringAsync());
        Assert.Equal(421, problem.GetProperty("status").GetInt32());
        Assert.Contains("'evil.example'", problem.GetProperty("detail").GetString());
        Assert.Contains("allowed_hosts", problem.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task Every_path_is_answered_under_a_name_that_the_settings_allow()
    {
        string[] allowed = ["remora.example.org", "*.inner.example.org", "192.168.1.5", "::2"];
        var flags = new Dictionary<string, string> { ["allowed-hosts"] = string.Join(", ", allowed) };
        var settings = SettingsReader.Read(null, new Dictionary<string, string>(), flags);
        await using var service = await LiveServer.StartAsync(
            LiveServer.Settings with
            {
                AllowedHosts = settings.AllowedHosts,
            }
        );
        string[] hosts =
        [
            "remora.example.org:8000",
            "Remora.Example.ORG",
            "a.inner.example.org",
            "192.168.1.5",
            "[::2]:80",
            "localhost",
        ];
        foreach (var host in hosts)
        {
            foreach (var path in Paths)
            {
                var expected = path == "/nowhere" ? HttpStatusCode.NotFound : HttpStatusCode.OK;
                Assert.Equal(expected, await AskAsync(service, path, host));
            }
        }
        foreach (var host in new[] { "example.org", "inner.example.org", "remora.example.org.evil.example" })
            Assert.Equal(HttpStatusCode.MisdirectedRequest, await AskAsync(service, "/api/v1/risk", host));
    }

    [Fact]
    public async Task Any_name_is_answered_where_a_star_allows_it()
    {
        await using var service = await LiveServer.StartAsync(LiveServer.Settings with { AllowedHosts = ["*"] });
        Assert.Equal(HttpStatusCode.OK, await AskAsync(service, "/api/v1/risk", "anything.example"));
    }

    [Fact]
    public async Task With_keys_any_name_is_answered_unless_the_settings_allow_only_some()
    {
        new KeyFile(_folder).Change(_ => [new("bot", ApiKey.HashOf(_secret), Some.Time)]);
        var guarded = LiveServer.Settings with { RequireKeys = true, Data = _folder };
        await using (var service = await LiveServer.StartAsync(guarded))
        {
            Assert.Equal(HttpStatusCode.OK, await AskAsync(service, "/api/v1/risk", "remora.example.org", _secret));
            Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(service, "/api/v1/risk", "remora.example.org"));
        }
        await using (var service = await LiveServer.StartAsync(guarded with { AllowedHosts = ["remora.example.org"] }))
        {
            Assert.Equal(HttpStatusCode.OK, await AskAsync(service, "/api/v1/risk", "remora.example.org", _secret));
            Assert.Equal(HttpStatusCode.OK, await AskAsync(service, "/api/v1/risk", "localhost", _secret));
            Assert.Equal(
                HttpStatusCode.MisdirectedRequest,
                await AskAsync(service, "/api/v1/risk", "evil.example", _secret)
            );
        }
    }

    [Fact]
    public async Task Anonymous_callers_from_elsewhere_are_answered_under_any_name_and_the_log_warns_of_it()
    {
        using var lines = new LogLines();
        var open = LiveServer.Settings with { Host = "0.0.0.0", AllowAnonymous = true };
        await using (var service = await LiveServer.StartAsync(open, log: lines))
            Assert.Equal(HttpStatusCode.OK, await AskAsync(service, "/api/v1/risk", "remora.lan"));
        Assert.Contains("allowed_hosts", Assert.Single(lines.All, line => line.Contains("any host name")));

        using var quiet = new LogLines();
        await using (var service = await LiveServer.StartAsync(open with { AllowedHosts = ["remora.lan"] }, log: quiet))
        {
            Assert.Equal(HttpStatusCode.OK, await AskAsync(service, "/api/v1/risk", "remora.lan"));
            Assert.Equal(HttpStatusCode.MisdirectedRequest, await AskAsync(service, "/api/v1/risk", "evil.example"));
        }
        Assert.DoesNotContain(quiet.All, line => line.Contains("any host name"));
    }

    [Fact]
    public async Task The_address_that_the_connection_arrived_at_needs_no_setting()
    {
        var other = Dns.GetHostAddresses(Dns.GetHostName(), AddressFamily.InterNetwork)
            .FirstOrDefault(address => !IPAddress.IsLoopback(address));
        Assert.SkipWhen(other is null, "needs an address that is not a loopback address");
        await using var service = await LiveServer.StartAsync(
            LiveServer.Settings with
            {
                Host = "0.0.0.0",
                AllowAnonymous = true,
                AllowedHosts = ["remora.lan"],
            }
        );
        using var http = new HttpClient { BaseAddress = new($"http://{other}:{service.Http.BaseAddress!.Port}") };
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/api/v1/risk")).StatusCode);
        // The same name in a request that arrived at 127.0.0.1.
        Assert.Equal(HttpStatusCode.MisdirectedRequest, await AskAsync(service, "/api/v1/risk", $"{other}"));
    }

    [Theory]
    [InlineData("remora.example.org:8000")]
    [InlineData("http://remora.example.org")]
    [InlineData("*.")]
    [InlineData("a.*.org")]
    [InlineData("*.10.0.0.1")]
    [InlineData("a b")]
    [InlineData("example.org.")]
    public void What_cannot_be_a_host_name_is_refused(string host)
    {
        var variables = new Dictionary<string, string> { ["REMORA_ALLOWED_HOSTS"] = host };
        var e = Assert.Throws<SettingsException>(() =>
            SettingsReader.Read(null, variables, new Dictionary<string, string>())
        );
        Assert.StartsWith(
            $"variable REMORA_ALLOWED_HOSTS: allowed_hosts is '{host}': expected host names without a port",
            Assert.Single(e.Errors)
        );
    }

    private static async Task<HttpStatusCode> AskAsync(LiveServer service, string path, string host, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Host = host } };
        if (key is not null)
            request.Headers.Authorization = new("Bearer", key);
        using var response = await service.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return response.StatusCode;
    }
}
