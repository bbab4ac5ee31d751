using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Server.Tests;

public sealed class StreamTests
{
    [Fact]
    public async Task A_reader_gets_what_is_known_and_then_each_change_with_the_bytes_of_risk()
    {
        await using var service = await LiveServer.StartAsync();
        await using var stream = await EventStream.OpenAsync(service.Http, "?pair=BTC/USDT");
        Assert.Equal("text/event-stream", stream.Response.Content.Headers.ContentType!.MediaType);
        Assert.Null(JsonElement.Parse((await stream.NextAsync())!.Data).GetProperty("risk_score").GetString());

        await service.WarmAsync();
        var warm = await stream.UntilAsync(change => change.Data.Contains("\"as_of\":\"" + Some.Time));
        Assert.Equal("assessment", warm.Name);
        // The clock stands still.
        Assert.Equal(await service.Http.GetStringAsync("/api/v1/risk?pair=BTC/USDT"), warm.Data);

        await service.WarmAsync(feed: 1); // another market
        await service.ObserveAsync(Some.Observation(Signal.FearGreed, 15, Some.Time));
        var fear = await stream.NextAsync();
        Assert.Contains("\"pair\":\"BTC/USDT\"", fear!.Data);
        Assert.Equal(await service.Http.GetStringAsync("/api/v1/risk?pair=BTC/USDT"), fear.Data);
    }

    [Fact]
    public async Task Without_a_pair_there_is_every_market_and_the_whole_one()
    {
        await using var service = await LiveServer.StartAsync();
        await using var stream = await EventStream.OpenAsync(service.Http, "?side=short&policy=aggressive");
        var first = new[] { await stream.NextAsync(), await stream.NextAsync(), await stream.NextAsync() };
        Assert.Equal(["assessment", "assessment", "market"], first.Select(change => change!.Name).Order());
        await service.WarmAsync();
        var whole = await stream.UntilAsync(change => change.Name == "market");
        Assert.Equal(await service.Http.GetStringAsync("/api/v1/risk?side=short&policy=aggressive"), whole.Data);
    }

    [Fact]
    public async Task A_reader_that_comes_back_gets_only_what_has_changed_since()
    {
        await using var service = await LiveServer.StartAsync();
        await service.WarmAsync(0);
        await service.WarmAsync(1);
        string last;
        await using (var stream = await EventStream.OpenAsync(service.Http, "?pair=BTC/USDT,ETH/USDT"))
        {
            await stream.NextAsync();
            last = (await stream.NextAsync())!.Id;
        }
        await service.ObserveAsync(Some.Observation(Signal.FundingRate, 0.002, Some.Time, "ETH"));
        await using (var stream = await EventStream.OpenAsync(service.Http, "?pair=BTC/USDT,ETH/USDT", last))
        {
            Assert.Contains("ETH/USDT", (await stream.NextAsync())!.Data);
            await service.ObserveAsync(Some.Observation(Signal.FundingRate, 0.001, Some.Time, "BTC"));
            Assert.Contains("BTC/USDT", (await stream.NextAsync())!.Data); // no other event in between
        }
        await using var other = await EventStream.OpenAsync(service.Http, "?pair=BTC/USDT,ETH/USDT", "another-run-7");
        Assert.Equal(
            2,
            new[] { await other.NextAsync(), await other.NextAsync() }.Select(change => change!.Id).Distinct().Count()
        );
    }

    [Fact]
    public async Task Data_that_grows_stale_is_a_change_although_nothing_was_published()
    {
        await using var service = await LiveServer.StartAsync();
        await service.WarmAsync();
        await using var stream = await EventStream.OpenAsync(service.Http, "?pair=BTC/USDT");
        Assert.Contains("\"stale\":false", (await stream.NextAsync())!.Data);
        service.Clock.Advance(TimeSpan.FromMinutes(11));
        Assert.Contains(
            "\"stale\":true,\"state\":\"stale\"",
            (await stream.UntilAsync(change => change.Name == "assessment")).Data
        );
        service.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Contains(
            "\"stale\":true,\"state\":\"unknown\"",
            (await stream.UntilAsync(change => change.Name == "assessment")).Data
        );
    }

    [Theory]
    [InlineData("?pair=DOGE/USDT", 404)]
    [InlineData("?pair=BTC/USDT,", 400)]
    [InlineData("?pairs=BTC/USDT", 400)]
    [InlineData("?exchange=binance", 400)]
    [InlineData("?policy=none", 400)]
    public async Task What_makes_no_sense_is_refused_as_by_risk(string query, int status)
    {
        await using var service = await LiveServer.StartAsync();
        await service.GetAsync("/api/v1/stream" + query, (HttpStatusCode)status);
    }

    [Fact]
    public async Task There_are_no_more_readers_than_allowed_and_one_that_leaves_makes_room()
    {
        await using var service = await LiveServer.StartAsync(LiveServer.Settings with { MaxStreams = 1 });
        await using (await EventStream.OpenAsync(service.Http))
        {
            using var refused = await service.Http.GetAsync("/api/v1/stream");
            Assert.Equal((503, TimeSpan.FromSeconds(5)), ((int)refused.StatusCode, refused.Headers.RetryAfter!.Delta));
        }
        await LiveServer.UntilAsync(() => service.Host.Streams.Readers == 0);
        await using var next = await EventStream.OpenAsync(service.Http);
        Assert.NotNull(await next.NextAsync());
    }

    [Fact]
    public async Task The_end_of_the_service_is_the_end_of_the_stream()
    {
        await using var service = await LiveServer.StartAsync();
        await using var stream = await EventStream.OpenAsync(service.Http, "?pair=BTC/USDT");
        await stream.NextAsync();
        service.Host.Stop();
        Assert.Null(await stream.NextAsync()); // ended gracefully, not by a broken connection
        await service.Host.Completion;
    }

    [Fact]
    public async Task A_reader_that_takes_nothing_harms_nobody_and_is_dropped()
    {
        var settings = LiveServer.Settings with
        {
            StreamPatience = new() { Stall = TimeSpan.FromSeconds(1), Tick = TimeSpan.FromMilliseconds(50) },
        };
        await using var service = await LiveServer.StartAsync(settings);
        using var stalled = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 1024 };
        await stalled.ConnectAsync(service.Http.BaseAddress!.Host, service.Http.BaseAddress.Port);
        await stalled.SendAsync("GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
        await using var honest = await EventStream.OpenAsync(service.Http, "?pair=BTC/USDT");
        await LiveServer.UntilAsync(() => service.Host.Streams.Readers == 2);
        await service.WarmAsync();
        for (var fear = 1; service.Host.Streams.Dropped == 0; fear++)
        {
            Assert.True(fear < 100_000, "it was never dropped");
            service.Clock.Advance(TimeSpan.FromMilliseconds(1));
            await service.Source.SendAsync(
                Some.Observation(Signal.FearGreed, fear % 100, Instant.From(service.Clock.GetUtcNow()))
            );
            await honest.UntilAsync(change => change.Data.Contains($"\"fear_greed_index\":{fear % 100},"));
        }
        await LiveServer.UntilAsync(() => service.Host.Streams.Readers == 1);
    }

    [Fact]
    public async Task A_silent_stream_says_that_it_is_alive()
    {
        var settings = LiveServer.Settings with
        {
            StreamPatience = new() { Heartbeat = TimeSpan.FromMilliseconds(100), Tick = TimeSpan.FromMilliseconds(50) },
        };
        await using var service = await LiveServer.StartAsync(settings);
        await using var stream = await EventStream.OpenAsync(service.Http, "?pair=BTC/USDT");
        await stream.UntilAsync(change => change.Name == "comment");
        await stream.UntilAsync(change => change.Name == "comment");
    }
}
