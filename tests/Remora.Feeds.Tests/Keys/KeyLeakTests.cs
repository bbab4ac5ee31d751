using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using Remora.Feeds.Derivatives;
using Remora.Feeds.Http;
using Remora.Feeds.Keys;
using Remora.Feeds.News;
using Remora.Feeds.Tests.Http;
using Remora.Feeds.Tests.StandIn;
using Remora.Feeds.Time;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Feeds.Tests.Keys;

/// <summary>Sources with keys, on servers that fail and echo the request.</summary>
public sealed class KeyLeakTests
{
    private const string Secret = "LEAKME.0123456789-abcdef_KEY";
    private static readonly SourceKeys Keys = new()
    {
        CryptoPanic = SomeKey.Of(Secret),
        Coinglass = SomeKey.Of(Secret),
    };

    private static readonly Dictionary<string, Func<HttpContext, Task>> Echoes = new()
    {
        ["401 with what was asked"] = c => Send(c, 401, Asked(c)),
        ["200 with an error that holds it"] = c =>
            Send(
                c,
                200,
                JsonSerializer.Serialize(
                    new
                    {
                        code = "30001",
                        msg = Asked(c),
                        status = Asked(c),
                    }
                )
            ),
        ["200 with it where a number belongs"] = c =>
            Send(
                c,
                200,
                JsonSerializer.Serialize(
                    new
                    {
                        code = Secret,
                        data = new[] { new { time = Secret } },
                        results = new[] { new { title = Secret, published_at = Secret } },
                    }
                )
            ),
        ["200 with it in a title"] = c =>
            Send(
                c,
                200,
                JsonSerializer.Serialize(
                    new { results = new[] { new { title = $"Crash {Secret}", published_at = "2025-03-10T14:00:00Z" } } }
                )
            ),
        ["200 that is its text"] = c => Send(c, 200, Secret),
        ["500 with a trace"] = c => Send(c, 500, "at handler(" + Asked(c) + ")"),
        ["200 that is encoded as it"] = c =>
        {
            c.Response.Headers.ContentEncoding = Secret;
            return Send(c, 200, "{}");
        },
        ["429 that wants it later"] = c =>
        {
            c.Response.Headers.RetryAfter = "1";
            return Send(c, 429, Asked(c));
        },
    };

    public static TheoryData<string> Faults =>
        [.. Echoes.Keys, .. HttpFaults.All.Keys.Where(fault => fault is not "large headers")];

    private static string Asked(HttpContext context) =>
        context.Request.Path
        + context.Request.QueryString
        + string.Join(';', context.Request.Headers.Select(header => $"{header.Key}: {header.Value}"));

    private static Task Send(HttpContext context, int status, string body)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(body);
    }

    [Theory, MemberData(nameof(Faults))]
    public async Task It_is_sent_and_comes_back_in_nothing(string fault)
    {
        await using var server = await StandInServer.StartAsync();
        var sent = new ConcurrentQueue<string>();
        server.Fault = _ =>
            context =>
            {
                sent.Enqueue(Asked(context));
                return (Echoes.TryGetValue(fault, out var echo) ? echo : HttpFaults.All[fault])(context);
            };
        using var http = OutsideHttp.NewClient();
        using var stop = new CancellationTokenSource();
        var clock = new ScaledClock(SourceRig.Recorded.ToDateTimeOffset(), 18_000);
        var options = new HttpSourceOptions
        {
            BaseUrl = server.BaseUrl,
            Deadline = TimeSpan.FromSeconds(0.5),
            MaxResponseBytes = 1 << 20,
        };
        var coinglass = new HttpSourceFeed(Coinglass.Source("BTC", Keys.Coinglass!), http, options, clock);
        var news = new NewsFeed(
            ["BTC"],
            NewsSources.With(Keys).Where(source => source.Credential is not null).ToList(),
            http,
            options,
            clock
        );
        var events = Channel.CreateUnbounded<MarketEvent>();
        var running = Task.WhenAll(
            coinglass.RunAsync(events.Writer, stop.Token),
            news.RunAsync(events.Writer, stop.Token)
        );
        await Eventually.True(
            () =>
                coinglass.Health.LastError is not null
                && (news.Health.LastError is not null || news.Report is not null),
            "both have heard",
            30
        );
        var trial = await coinglass.TryAsync(default);
        await stop.CancelAsync();
        await running;
        Assert.Equal(
            2,
            sent.Where(text => text.Contains(Secret, StringComparison.Ordinal))
                .Select(text => text.Contains("coinglass", StringComparison.Ordinal))
                .Distinct()
                .Count()
        );
        foreach (var thing in new object?[] { coinglass.Health, news.Health, news.Report, trial })
        {
            Assert.DoesNotContain(
                Secret,
                JsonSerializer.Serialize(thing, ReflectedJson.Options),
                StringComparison.OrdinalIgnoreCase
            );
            Assert.DoesNotContain(Secret, $"{thing}", StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task It_does_not_follow_a_redirection()
    {
        await using var server = await StandInServer.StartAsync();
        server.Fault = path =>
            context =>
            {
                context.Response.StatusCode = 307;
                context.Response.Headers.Location = "/elsewhere" + context.Request.Path;
                return Task.CompletedTask;
            };
        using var http = OutsideHttp.NewClient();
        foreach (
            var credential in new[]
            {
                Credential.InHeader("CG-API-KEY", SomeKey.Of(Secret)),
                Credential.InQuery("auth_token", SomeKey.Of(Secret)),
            }
        )
        {
            var get = new BoundedGet(
                http,
                new("https://example.org/it"),
                credential,
                new() { BaseUrl = server.BaseUrl },
                TimeProvider.System
            );
            Assert.Equal(
                "bad_response",
                (await Assert.ThrowsAsync<SourceException>(() => get.SendAsync(null, null, default))).Kind
            );
        }
        Assert.DoesNotContain(
            server.Arrivals,
            arrival => arrival.Path.StartsWith("elsewhere", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task It_is_not_sent_in_the_clear_to_another_machine()
    {
        using var http = OutsideHttp.NewClient();
        var get = new BoundedGet(
            http,
            new("http://192.0.2.1/it"),
            Credential.InQuery("k", SomeKey.Of(Secret)),
            new(),
            TimeProvider.System
        );
        var refusal = await Assert.ThrowsAsync<SourceException>(() => get.SendAsync(null, null, default));
        Assert.Equal("auth", refusal.Kind);
        Assert.DoesNotContain(Secret, refusal.ToString(), StringComparison.Ordinal);
    }
}
