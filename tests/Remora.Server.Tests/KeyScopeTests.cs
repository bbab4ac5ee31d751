using System.Net;
using System.Text.Json;
using Remora.Markets;
using Remora.Server.Access;
using Remora.Server.Settings;
using Remora.Testing;

namespace Remora.Server.Tests;

/// <summary>Scopes, expiry and last use of keys.</summary>
public sealed class KeyScopeTests : IDisposable
{
    private static readonly (string Method, string Path)[] Requests =
    [
        ("GET", "/api/v1/risk"),
        ("HEAD", "/api/v1/risk?pair=BTC/USDT"),
        ("GET", "/API/V1/Risk/"),
        ("GET", "/api/v1/risk/batch?pairs=BTC/USDT"),
        ("GET", "/api/v1/pairlist"),
        ("GET", "/api/v1/status"),
        ("GET", "/api/v1/Store/"),
        ("GET", "/metrics"),
        ("GET", "/METRICS/"),
        ("POST", "/api/v1/pairs?pairs=BTC/USDT"),
        ("POST", "/api/v1/pairs/accept?pair=BTC/USDT"),
        ("GET", "/openapi/v1.json"),
        ("POST", "/api/v1/decisions"),
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("remora-scopes").FullName;

    private ServiceSettings Guarded => LiveServer.Settings with { RequireKeys = true, Data = _folder };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>In the order of the requests: A allowed, - refused.</summary>
    [Theory]
    [InlineData(null, "AAAAAAAAA-AAA")]
    [InlineData("pairs", "AAAAAAAAAAAAA")]
    [InlineData("read", "AAAAAAA----A-")]
    [InlineData("decisions", "AAAAA------AA")]
    [InlineData("metrics", "-------AA--A-")]
    [InlineData("admin", "AAAAAAAAAAAAA")]
    [InlineData("decisions,pairs", "AAAAA----A-AA")]
    [InlineData("read,metrics", "AAAAAAAAA--A-")]
    [InlineData("of a later version", "AAAAAAAAA-AAA")]
    public async Task A_key_may_do_what_its_scopes_name(string? scopes, string expected)
    {
        var secret = Add("bot", scopes?.Split(','));
        await using var service = await LiveServer.StartAsync(Guarded);
        var allowed = "";
        foreach (var (method, path) in Requests)
        {
            using var response = await SendAsync(service, new(method), path, secret);
            Assert.NotEqual(HttpStatusCode.Unauthorized, response.StatusCode);
            allowed += response.StatusCode == HttpStatusCode.Forbidden ? '-' : 'A';
            if (response.StatusCode == HttpStatusCode.Forbidden && method != "HEAD")
                Assert.Contains(
                    "The key 'bot' does not have the scope '",
                    JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("detail").GetString()
                );
        }
        Assert.Equal(expected, allowed);
    }

    [Fact]
    public async Task A_service_that_needs_no_keys_asks_for_no_scope()
    {
        var secret = Add("bot", ["metrics"]);
        await using var service = await LiveServer.StartAsync(LiveServer.Settings with { Data = _folder });
        using var response = await SendAsync(service, HttpMethod.Get, "/api/v1/status", secret);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task The_key_file_of_an_earlier_version_is_read()
    {
        var secret = ApiKey.NewSecret();
        await File.WriteAllTextAsync(
            new KeyFile(_folder).Path,
            $$"""
            [
              {
                "name": "old",
                "hash": "{{ApiKey.HashOf(secret)}}",
                "created": "2024-01-01T00:00:00Z",
                "policy": null,
                "side": "short",
                "per_minute": 10
              }
            ]
            """
        );
        await using var service = await LiveServer.StartAsync(Guarded);
        using var response = await SendAsync(service, HttpMethod.Get, "/api/v1/risk?pair=BTC/USDT", secret);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("\"side\":\"short\"", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task An_expired_key_is_refused_and_its_stream_ends()
    {
        var clock = new ManualClock(Some.Time.ToDateTimeOffset());
        var secret = Add("guest", expires: Some.Time + TimeSpan.FromDays(1));
        await using var service = await LiveServer.StartAsync(
            Guarded with
            {
                RealClock = clock,
                KeyPerMinute = 10_000,
            }
        );
        service.Http.DefaultRequestHeaders.Authorization = new("Bearer", secret);
        await using var stream = await EventStream.OpenAsync(service.Http, "?pair=BTC/USDT");
        Assert.NotNull(await stream.NextAsync());
        clock.Advance(TimeSpan.FromDays(1) - TimeSpan.FromSeconds(1));
        using (var before = await SendAsync(service, HttpMethod.Get, "/api/v1/risk", secret))
            Assert.Equal(HttpStatusCode.OK, before.StatusCode);
        clock.Advance(TimeSpan.FromSeconds(1));
        using var after = await SendAsync(service, HttpMethod.Get, "/api/v1/risk", secret);
        Assert.Equal(HttpStatusCode.Unauthorized, after.StatusCode);
        Assert.Contains(
            "The key 'guest' expired at 2024-03-02T00:00:00Z",
            JsonElement.Parse(await after.Content.ReadAsStringAsync()).GetProperty("detail").GetString()
        );
        Assert.Null(await stream.NextAsync());
    }

    [Fact]
    public async Task The_last_use_of_each_key_is_kept()
    {
        var clock = new ManualClock(Some.Time.ToDateTimeOffset());
        var (used, unused) = (Add("used"), Add("unused"));
        await using (var service = await LiveServer.StartAsync(Guarded with { RealClock = clock }))
        {
            clock.Advance(TimeSpan.FromSeconds(90));
            using var response = await SendAsync(service, HttpMethod.Get, "/api/v1/risk", used);
            using var wrong = await SendAsync(service, HttpMethod.Get, "/api/v1/risk", ApiKey.NewSecret());
        }
        var uses = KeyUse.Read(_folder);
        Assert.Equal(Some.Time + TimeSpan.FromSeconds(90), uses[ApiKey.HashOf(used)]);
        Assert.False(uses.ContainsKey(ApiKey.HashOf(unused)));
        Assert.Single(uses);

        // Another run adds to it, and drops keys that no longer exist
        new KeyFile(_folder).Change(keys => [.. keys.Where(key => key.Name != "used")]);
        await using (var service = await LiveServer.StartAsync(Guarded with { RealClock = clock }))
        {
            using var response = await SendAsync(service, HttpMethod.Get, "/api/v1/status", unused);
        }
        Assert.Equal([ApiKey.HashOf(unused)], KeyUse.Read(_folder).Keys);
        await File.WriteAllTextAsync(Path.Combine(_folder, "keys-used.json"), "{");
        Assert.Empty(KeyUse.Read(_folder));
    }

    [Fact]
    public async Task The_document_names_the_scope_of_every_operation()
    {
        await using var service = await LiveServer.StartAsync();
        var document = await service.GetAsync("/openapi/v1.json");
        foreach (var path in document.GetProperty("paths").EnumerateObject())
        foreach (var operation in path.Value.EnumerateObject())
        {
            var security = operation.Value.GetProperty("security");
            if (path.Name is "/healthz" or "/readyz")
                Assert.Equal(0, security.GetArrayLength());
            else
                Assert.Contains(security[0].GetProperty("key")[0].GetString(), KeyScopes.All);
        }
    }

    private string Add(string name, string[]? scopes = null, Instant? expires = null)
    {
        var secret = ApiKey.NewSecret();
        new KeyFile(_folder).Change(keys =>
            [.. keys, new(name, ApiKey.HashOf(secret), Some.Time, Scopes: scopes, Expires: expires)]
        );
        return secret;
    }

    private static async Task<HttpResponseMessage> SendAsync(
        LiveServer service,
        HttpMethod method,
        string path,
        string secret
    )
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new("Bearer", secret);
        return await service.Http.SendAsync(request);
    }
}
