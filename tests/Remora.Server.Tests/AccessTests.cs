using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Remora.Bots.Tests;
using Remora.Markets;
using Remora.Risk;
using Remora.Server.Access;
using Remora.Server.Settings;
using Remora.Testing;

namespace Remora.Server.Tests;

public sealed class AccessTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("remora-keys").FullName;

    private ServiceSettings Guarded => LiveServer.Settings with { RequireKeys = true, Data = _folder };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Without_a_key_or_with_a_wrong_one_nothing_is_told_but_that_it_lives()
    {
        var secret = Add("bot");
        await using var service = await LiveServer.StartAsync(Guarded with { AnonymousPerMinute = 1000 });
        foreach (
            var path in new[]
            {
                "/api/v1/risk",
                "/api/v1/risk?pair=BTC/USDT",
                "/api/v1/stream",
                "/metrics",
                "/openapi/v1.json",
                "/nowhere",
            }
        )
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(service, path, null));
            Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(service, path, ApiKey.NewSecret()));
            Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(service, path, secret[..^1]));
        }
        Assert.Equal(HttpStatusCode.OK, await AskAsync(service, "/healthz", null));
        Assert.Equal(HttpStatusCode.OK, await AskAsync(service, "/api/v1/risk?pair=BTC/USDT", secret));
        Assert.Contains("Bearer", (await service.Http.GetAsync("/api/v1/risk")).Headers.WwwAuthenticate.ToString());
    }

    [Fact]
    public async Task Keys_are_taken_up_and_dropped_while_the_service_runs()
    {
        var first = Add("first");
        await using var service = await LiveServer.StartAsync(
            Guarded with
            {
                AnonymousPerMinute = 100_000,
                KeyPerMinute = 100_000,
            }
        );
        var second = Add("second");
        await UntilAsync(service, second, HttpStatusCode.OK);
        new KeyFile(_folder).Change(keys => [.. keys.Where(key => key.Name != "first")]);
        await UntilAsync(service, first, HttpStatusCode.Unauthorized);
        Assert.Equal(HttpStatusCode.OK, await AskAsync(service, "/api/v1/risk", second));
    }

    [Theory]
    [InlineData("revoked")]
    [InlineData("rotated")]
    public async Task A_stream_ends_when_its_key_does_and_others_go_on(string how)
    {
        var (leaving, staying) = (Add("leaving"), Add("staying"));
        await using var service = await LiveServer.StartAsync(Guarded with { KeyPerMinute = 100_000 });
        service.Http.DefaultRequestHeaders.Authorization = new("Bearer", leaving);
        await using var ends = await EventStream.OpenAsync(service.Http, "?pair=BTC/USDT");
        Assert.NotNull(await ends.NextAsync());
        service.Http.DefaultRequestHeaders.Authorization = new("Bearer", staying);
        await using var goesOn = await EventStream.OpenAsync(service.Http, "?pair=BTC/USDT");
        Assert.NotNull(await goesOn.NextAsync());

        var rotated = ApiKey.HashOf(ApiKey.NewSecret());
        new KeyFile(_folder).Change(keys =>
            how == "revoked"
                ? [.. keys.Where(key => key.Name != "leaving")]
                : [.. keys.Select(key => key.Name == "leaving" ? key with { Hash = rotated } : key)]
        );
        Assert.Null(await ends.NextAsync()); // ended gracefully, not by a broken connection
        await LiveServer.UntilAsync(() => service.Host.Streams.Readers == 1);
        await service.WarmAsync();
        await goesOn.UntilAsync(change => change.Data.Contains("\"as_of\":\"" + Some.Time));
    }

    [Fact]
    public async Task On_a_service_without_keys_a_stream_outlives_the_key_it_came_with()
    {
        var secret = Add("bot");
        await using var service = await LiveServer.StartAsync(LiveServer.Settings with { Data = _folder });
        service.Http.DefaultRequestHeaders.Authorization = new("Bearer", secret);
        await using var stream = await EventStream.OpenAsync(service.Http, "?pair=BTC/USDT");
        Assert.NotNull(await stream.NextAsync());
        new KeyFile(_folder).Change(_ => []);
        service.Http.DefaultRequestHeaders.Authorization = null;
        await using var other = await EventStream.OpenAsync(service.Http, "?pair=BTC/USDT");
        await service.WarmAsync();
        await stream.UntilAsync(change => change.Data.Contains("\"as_of\":\"" + Some.Time));
    }

    [Fact]
    public async Task A_key_judges_as_it_prefers_where_the_caller_does_not_say()
    {
        var secret = Add("short", policy: "aggressive", side: Side.Short);
        await using var service = await LiveServer.StartAsync(Guarded);
        service.Http.DefaultRequestHeaders.Authorization = new("Bearer", secret);
        var preferred = await service.GetAsync("/api/v1/risk?pair=BTC/USDT");
        Assert.Equal(
            ("aggressive", "short"),
            (preferred.GetProperty("policy").GetString(), preferred.GetProperty("side").GetString())
        );
        var said = await service.GetAsync("/api/v1/risk?pair=BTC/USDT&policy=remora-1&side=long");
        Assert.Equal(
            ("remora-1", "long"),
            (said.GetProperty("policy").GetString(), said.GetProperty("side").GetString())
        );
    }

    [Fact]
    public async Task Each_has_a_limit_of_its_own_and_is_told_when_to_come_back()
    {
        var (patient, own) = (Add("patient"), Add("own", perMinute: 2));
        await using var service = await LiveServer.StartAsync(
            Guarded with
            {
                RequireKeys = false,
                Host = "0.0.0.0",
                AllowAnonymous = true,
                AnonymousPerMinute = 3,
                KeyPerMinute = 50,
            }
        );
        async Task<int> Answered(string? key)
        {
            var count = 0;
            for (var i = 0; i < 5; i++)
                if (await AskAsync(service, "/api/v1/risk", key) == HttpStatusCode.OK)
                    count++;
            return count;
        }
        Assert.Equal((5, 2, 3), (await Answered(patient), await Answered(own), await Answered(null)));
        using var refused = await service.Http.GetAsync("/api/v1/risk?pair=BTC/USDT");
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        Assert.Contains(
            "3 requests per minute",
            JsonElement.Parse(await refused.Content.ReadAsStringAsync()).GetProperty("detail").GetString()
        );
        Assert.Equal(HttpStatusCode.OK, await AskAsync(service, "/healthz", null));
    }

    [Fact]
    public async Task This_machine_needs_no_key_and_has_no_limit()
    {
        await using var service = await LiveServer.StartAsync(
            LiveServer.Settings with
            {
                Data = _folder,
                AnonymousPerMinute = 1,
            }
        );
        for (var i = 0; i < 10; i++)
            Assert.Equal(HttpStatusCode.OK, await AskAsync(service, "/api/v1/risk", null));
    }

    [Fact]
    public void The_file_holds_no_key_and_is_its_owners_alone()
    {
        var secret = Add("bot");
        var file = new KeyFile(_folder);
        Assert.DoesNotContain(secret[4..], File.ReadAllText(file.Path));
        Assert.Equal(ApiKey.HashOf(secret), Assert.Single(file.Read()).Hash);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file.Path));
        Assert.Throws<SettingsException>(() =>
            SettingsReader.Read(
                null,
                new Dictionary<string, string>(),
                new Dictionary<string, string> { ["host"] = "0.0.0.0", ["data"] = _folder + "/none" }
            )
        );
        Assert.Equal(
            "0.0.0.0",
            SettingsReader
                .Read(
                    null,
                    new Dictionary<string, string>(),
                    new Dictionary<string, string> { ["host"] = "0.0.0.0", ["data"] = _folder }
                )
                .Host
        );
    }

    [Fact]
    public async Task Browsers_are_told_what_they_may_do()
    {
        await using var service = await LiveServer.StartAsync(
            LiveServer.Settings with
            {
                CorsOrigins = ["https://example.org", "https://example.net"],
            }
        );
        async Task<HttpResponseMessage> From(string origin, HttpMethod? method = null, string path = "/api/v1/risk")
        {
            using var request = new HttpRequestMessage(method ?? HttpMethod.Get, path);
            request.Headers.Add("Origin", origin);
            if (method == HttpMethod.Options)
                request.Headers.Add("Access-Control-Request-Method", "GET");
            return await service.Http.SendAsync(request);
        }
        static IEnumerable<string> Items(HttpResponseMessage answer, string header) =>
            answer.Headers.GetValues(header).SelectMany(value => value.Split(',', StringSplitOptions.TrimEntries));
        using var known = await From("https://example.org");
        Assert.Equal(["https://example.org"], known.Headers.GetValues("Access-Control-Allow-Origin"));
        Assert.Equal(["ETag", "Retry-After"], Items(known, "Access-Control-Expose-Headers"));
        using var asked = await From("https://example.org", HttpMethod.Options);
        Assert.Equal(HttpStatusCode.NoContent, asked.StatusCode);
        Assert.Equal(["GET"], Items(asked, "Access-Control-Allow-Methods"));
        Assert.Equal(["Authorization", "If-None-Match", "Last-Event-ID"], Items(asked, "Access-Control-Allow-Headers"));
        Assert.Equal(["600"], Items(asked, "Access-Control-Max-Age"));
        using var strangerAsked = await From("https://example.com", HttpMethod.Options);
        Assert.False(strangerAsked.Headers.Contains("Access-Control-Allow-Origin"));
        using var page = await From("https://example.org", path: "/page.js");
        Assert.Equal(["Accept-Encoding", "Origin"], Items(page, "Vary"));
        using var nobody = await service.Http.GetAsync("/api/v1/risk");
        Assert.All([known, asked, strangerAsked, nobody], answer => Assert.Equal(["Origin"], Items(answer, "Vary")));
        using var stranger = await From("https://example.com");
        Assert.False(stranger.Headers.Contains("Access-Control-Allow-Origin"));
        foreach (
            var (name, value) in new[]
            {
                ("X-Content-Type-Options", "nosniff"),
                ("X-Frame-Options", "DENY"),
                ("Referrer-Policy", "no-referrer"),
                ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
            }
        )
            Assert.Equal([value], stranger.Headers.GetValues(name));
    }

    [Fact]
    public async Task The_access_log_has_a_line_for_each_request_and_no_secret()
    {
        var secret = Add("bot");
        using var lines = new LogLines();
        await using (var service = await LiveServer.StartAsync(Guarded with { AccessLog = true }, log: lines))
        {
            await AskAsync(service, "/api/v1/risk?pair=BTC/USDT&token=hidden", secret);
            await AskAsync(service, "/a%0Ab", secret);
            await AskAsync(service, "/api/v1/risk", ApiKey.Prefix + "wrong");
        }
        Assert.Equal(
            ["GET /api/v1/risk 400", "GET /a%0Ab 404", "GET /api/v1/risk 401"],
            lines.All.Where(line => line.StartsWith("GET")).Select(line => string.Join(' ', line.Split(' ')[..3]))
        );
        Assert.Equal(
            ["bot", "bot", "anonymous"],
            lines.All.Where(line => line.StartsWith("GET")).Select(line => line.Split(' ')[5])
        );
        Assert.DoesNotContain(lines.All, line => line.Contains("hidden") || line.Contains(ApiKey.Prefix));
    }

    private string Add(string name, string? policy = null, Side? side = null, int? perMinute = null)
    {
        var secret = ApiKey.NewSecret();
        new KeyFile(_folder).Change(keys =>
            [.. keys, new(name, ApiKey.HashOf(secret), Some.Time, policy, side, perMinute)]
        );
        return secret;
    }

    private static async Task<HttpStatusCode> AskAsync(LiveServer service, string path, string? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (key is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var response = await service.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return response.StatusCode;
    }

    private static async Task UntilAsync(LiveServer service, string key, HttpStatusCode status)
    {
        for (var i = 0; i < 300; i++)
        {
            if (await AskAsync(service, "/api/v1/risk", key) == status)
                return;
            await Task.Delay(100);
        }
        Assert.Fail($"it never became {status}");
    }
}
