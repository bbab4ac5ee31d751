using System.Net;
using System.Text;
using System.Text.Json;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Sandbox.Tests.Control;

/// <summary>
/// Outside signals: their simulated values, and values that are held through /sandbox/signals.
/// </summary>
public sealed class SignalTests
{
    private const string Vix = "/query1.finance.yahoo.com/v8/finance/chart/%5EVIX?interval=1d&range=1mo";

    [Fact]
    public async Task A_held_signal_has_its_value_on_the_wire_until_it_is_released()
    {
        await using var sandbox = await SandboxRig.Sandbox(
            new() { Held = new Dictionary<string, double> { ["fear_greed"] = 15 } }
        );
        using var client = SandboxRig.Client(sandbox);
        var fear = await client.Json("/api.alternative.me/fng/?limit=2");
        Assert.Equal(
            ["15", "15"],
            fear.GetProperty("data").EnumerateArray().Select(day => day.GetProperty("value").GetString())
        );

        var before = Price(await client.Json(Vix));
        await PostAsync(client, """{"vix": 44.5, "funding_rate": -0.002}""");
        Assert.Equal(44.5, Price(await client.Json(Vix)));
        var premium = await client.Json("/fapi.binance.com/fapi/v1/premiumIndex?symbol=BTCUSDT");
        Assert.Equal("-0.00200000", premium.GetProperty("lastFundingRate").GetString());
        Assert.Equal(3, (await client.Json("/sandbox/signals")).GetProperty("held").EnumerateObject().Count());

        using var released = await client.DeleteAsync("/sandbox/signals");
        Assert.Equal(HttpStatusCode.OK, released.StatusCode);
        Assert.Equal(before, Price(await client.Json(Vix)));
    }

    [Theory]
    [
        InlineData("""{"vix": 0}""", "vix"),
        InlineData("""{"mood": 1}""", "mood"),
        InlineData("""{"vix": "high"}""", "body"),
        InlineData("[]", "body"),
        InlineData("", "body")
    ]
    public async Task An_invalid_fault_is_rejected_and_changes_nothing(string body, string named)
    {
        await using var sandbox = await SandboxRig.Sandbox();
        using var client = SandboxRig.Client(sandbox);
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await client.PostAsync("/sandbox/signals", content);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(named, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(sandbox.World.Signals.Held);
    }

    [Fact]
    public async Task A_chart_has_a_row_for_each_weekday_and_ends_with_the_running_price()
    {
        var clock = new ManualClock(SandboxRig.Morning);
        await using var sandbox = await SandboxRig.Sandbox(clock: clock);
        using var client = SandboxRig.Client(sandbox);
        for (var hours = 0; hours < 8 * 24; hours += 5)
        {
            var result = (await client.Json(Vix)).GetProperty("chart").GetProperty("result")[0];
            var now = Instant.From(clock.GetUtcNow());
            var opens = result
                .GetProperty("timestamp")
                .EnumerateArray()
                .Select(time => DateTimeOffset.FromUnixTimeSeconds(time.GetInt64()))
                .ToList();
            Assert.All(
                opens,
                open =>
                    Assert.True(
                        open.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday) && Instant.From(open) <= now,
                        $"{open}"
                    )
            );
            var closes = result.GetProperty("indicators").GetProperty("quote")[0].GetProperty("close");
            Assert.Equal(opens.Count, closes.GetArrayLength());
            Assert.Equal(Price(await client.Json(Vix)), closes[opens.Count - 1].GetDouble());
            Assert.True(
                result.GetProperty("meta").GetProperty("regularMarketTime").GetInt64() * 1000 <= now.UnixMilliseconds,
                "no price of the future"
            );
            clock.Advance(TimeSpan.FromHours(5));
        }
    }

    [Fact]
    public async Task Unknown_data_is_an_error_in_the_format_of_the_source()
    {
        await using var sandbox = await SandboxRig.Sandbox();
        using var client = SandboxRig.Client(sandbox);
        var unknown = await client.Json(
            "/query1.finance.yahoo.com/v8/finance/chart/NOPE?interval=1d",
            HttpStatusCode.NotFound
        );
        Assert.Equal("Not Found", unknown.GetProperty("chart").GetProperty("error").GetProperty("code").GetString());
        await client.Json("/api.coingecko.com/api/v3/nope", HttpStatusCode.NotFound);
    }

    private static double Price(JsonElement chart) =>
        chart
            .GetProperty("chart")
            .GetProperty("result")[0]
            .GetProperty("meta")
            .GetProperty("regularMarketPrice")
            .GetDouble();

    private static async Task PostAsync(HttpClient client, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await client.PostAsync("/sandbox/signals", content);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }
}
