using Remora.Markets;
using Remora.Sandbox.Replay;
using Remora.Testing;

namespace Remora.Sandbox.Tests.Replay;

/// <summary>
/// Recorded candles as an exchange returns them: identical to the last bit, nothing from the
/// future, gaps stay gaps.
/// </summary>
public sealed class ReplayTests
{
    private static readonly Pair Bitcoin = Pair.Parse("BTC/USDT");
    private static readonly Instant Begin = Instant.From(new(2022, 6, 13, 0, 0, 0, TimeSpan.Zero));

    // A recording with long decimals and a gap of three and a half hours.
    private static readonly List<Candle> Recorded =
    [
        .. Enumerable
            .Range(0, 3000)
            .Where(i => i is < 1000 or >= 1042)
            .Select(i => new Candle(
                Begin + (Timeframe.FiveMinutes.Length * i),
                20_000 + (i / 3.0),
                20_010 + (i / 3.0),
                19_990 + (i / 7.0),
                20_000 + (i / 7.0),
                0.1 + (i * 1e-7)
            )),
    ];

    [Fact]
    public async Task Replayed_candles_follow_the_clock_with_every_digit()
    {
        var clock = new ManualClock(
            (Begin + (Timeframe.FiveMinutes.Length * 500) + TimeSpan.FromSeconds(1)).ToDateTimeOffset()
        );
        await using var sandbox = await SandboxRig.Sandbox(Options(), clock);
        using var client = SandboxRig.Client(sandbox);

        Assert.Equal([.. Recorded[..500], Stub(Recorded[500])], await Klines(client, "5m"));
        clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal([.. Recorded[..501], Stub(Recorded[501])], await Klines(client, "5m"));
    }

    [Fact]
    public async Task Longer_candles_are_aggregated_and_gaps_stay_gaps()
    {
        var now = Begin + TimeSpan.FromDays(5) + TimeSpan.FromMinutes(31);
        await using var sandbox = await SandboxRig.Sandbox(Options(), new ManualClock(now.ToDateTimeOffset()));
        using var client = SandboxRig.Client(sandbox);

        var hours = await Klines(client, "1h");

        var known = Recorded
            .Where(candle => candle.OpenTime + Timeframe.FiveMinutes.Length <= now)
            .Append(Stub(Recorded.Single(candle => candle.OpenTime == now.Floor(Timeframe.FiveMinutes.Length))));
        var expected = known
            .GroupBy(candle => candle.OpenTime.Floor(Timeframe.OneHour.Length))
            .Select(group => new Candle(
                group.Key,
                group.First().Open,
                group.Max(c => c.High),
                group.Min(c => c.Low),
                group.Last().Close,
                Math.Round(group.Sum(c => c.Volume), 8)
            ));
        Assert.Equal(expected, hours);
        Assert.Equal((5 * 24) + 1 - 2, hours.Count);
    }

    [Fact]
    public async Task A_page_continues_after_a_gap()
    {
        var now = Recorded[^1].OpenTime + TimeSpan.FromDays(3);
        await using var sandbox = await SandboxRig.Sandbox(Options(), new ManualClock(now.ToDateTimeOffset()));
        using var client = SandboxRig.Client(sandbox);

        Assert.Equal(
            Recorded[990..1190],
            await Klines(client, "5m", $"&limit=200&startTime={Recorded[990].OpenTime.UnixMilliseconds}")
        );
        Assert.Equal(
            Recorded[900..1100],
            await Klines(client, "5m", $"&limit=200&endTime={Recorded[1099].OpenTime.UnixMilliseconds}")
        );
        Assert.Equal(
            Recorded[1000..1001],
            await Klines(client, "5m", $"&limit=1&startTime={Recorded[999].OpenTime.UnixMilliseconds + 1}")
        );
    }

    [Fact]
    public async Task It_is_marked_as_a_replay_without_shorter_candles()
    {
        await using var sandbox = await SandboxRig.Sandbox(
            Options() with
            {
                Pairs = [Pair.Parse("ETH/USDT")],
            },
            new ManualClock((Begin + TimeSpan.FromDays(2)).ToDateTimeOffset())
        );
        using var client = SandboxRig.Client(sandbox);

        using var replayed = await client.GetAsync("/api.binance.com/api/v3/klines?symbol=BTCUSDT&interval=5m");
        using var simulated = await client.GetAsync("/api.binance.com/api/v3/klines?symbol=ETHUSDT&interval=5m");
        using var shorter = await client.GetAsync("/api.binance.com/api/v3/klines?symbol=BTCUSDT&interval=1m");

        Assert.Equal("replay", Assert.Single(replayed.Headers.GetValues("X-Remora-Sandbox")));
        Assert.Equal("simulated", Assert.Single(simulated.Headers.GetValues("X-Remora-Sandbox")));
        Assert.Contains("-1120", await shorter.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Before_the_recording_there_are_no_candles()
    {
        await using var sandbox = await SandboxRig.Sandbox(
            Options(),
            new ManualClock((Begin - TimeSpan.FromDays(2)).ToDateTimeOffset())
        );
        using var client = SandboxRig.Client(sandbox);

        Assert.Empty(await Klines(client, "5m"));
        Assert.Empty((await client.Json("/api.alternative.me/fng/?limit=0")).GetProperty("data").EnumerateArray());
        await client.Json(
            "/fapi.binance.com/fapi/v1/premiumIndex?symbol=BTCUSDT",
            System.Net.HttpStatusCode.BadRequest
        );
    }

    [Fact]
    public void An_invalid_recording_is_rejected_with_the_position()
    {
        Candle[] twice = [Recorded[0], Recorded[1], Recorded[1]];
        Candle[] inverted = [Recorded[0], Recorded[1] with { High = 1 }];

        Assert.Contains("candle 2", Refusal(twice));
        Assert.Contains("candle 1", Refusal(inverted));
        Assert.Contains("Inverted", Refusal(inverted));
        Assert.Contains("empty", Refusal([]));
    }

    private static string Refusal(Candle[] candles) =>
        Assert.Throws<SandboxOptionException>(() => new ReplayedSeries(new(Timeframe.FiveMinutes, candles))).Message;

    private static SandboxOptions Options() =>
        new() { Replay = new Dictionary<Pair, ReplayTape> { [Bitcoin] = new(Timeframe.FiveMinutes, Recorded) } };

    private static Candle Stub(Candle candle) =>
        new(candle.OpenTime, candle.Open, candle.Open, candle.Open, candle.Open, 0);

    private static async Task<List<Candle>> Klines(HttpClient client, string interval, string more = "&limit=1000")
    {
        var rows = await client.Json($"/api.binance.com/api/v3/klines?symbol=BTCUSDT&interval={interval}{more}");
        return
        [
            .. rows.EnumerateArray()
                .Select(row => new Candle(
                    new(row[0].GetInt64()),
                    Number(row[1]),
                    Number(row[2]),
                    Number(row[3]),
                    Number(row[4]),
                    Number(row[5])
                )),
        ];
    }

    private static double Number(System.Text.Json.JsonElement text) => double.Parse(text.GetString()!);
}
