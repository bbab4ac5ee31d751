using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Server.Tests.Page;

/// <summary>The forecast on the page, in a real browser.</summary>
public sealed class ForecastTests(Browser browser) : IClassFixture<Browser>
{
    private const int WithComparison = 9000; // candles of 5m: more than 30 days

    [Fact]
    public async Task The_first_view_says_the_line_of_ask_and_draws_the_fan()
    {
        await using var service = await LiveServer.StartAsync();
        await WarmAsync(service);
        await browser.OpenAsync(service.Host.Url);
        await browser.UntilAsync("document.querySelector('.hero .forecast-line') !== null");

        var risk = await service.GetAsync("/api/v1/risk?pair=BTC/USDT");
        Assert.Equal(LineOf(risk.GetProperty("forecast"), "fall"), await browser.TextAsync(".hero .forecast-line"));
        await browser.UntilAsync("document.querySelectorAll('[aria-label=Forecast] .figure path').length >= 4");
        Assert.Contains(
            $"{Rough(-Quantile(risk, "24h", "0.05"))} lower and {Rough(Quantile(risk, "24h", "0.95"))} higher",
            (
                await browser.AskAsync(
                    "document.querySelector('[aria-label=Forecast] .figure').getAttribute('aria-label')"
                )
            ).GetString(),
            StringComparison.Ordinal
        );
        await ShowsAsync(
            "[aria-label=Forecast] .facts data",
            [.. Horizons.Select(name => Horizon(risk, name).GetProperty("volatility").GetDouble())]
        );

        // The side of a short position has other chances.
        await browser.ClickAsync(".viewpoint button:nth-child(2)");
        await browser.UntilAsync("document.querySelector('.hero .forecast-line')?.textContent.includes('to rise')");
        var other = await service.GetAsync("/api/v1/risk?pair=BTC/USDT&side=short");
        Assert.Equal(LineOf(other.GetProperty("forecast"), "rise"), await browser.TextAsync(".hero .forecast-line"));
        await browser.HasNoFaultAsync("forecast on the first view");
        await browser.IsQuietAsync(service.Host.Url);
    }

    [Theory]
    [InlineData(1440, false)]
    [InlineData(768, true)]
    [InlineData(390, true)]
    public async Task The_view_shows_what_the_interface_says(int width, bool dark)
    {
        await using var service = await LiveServer.StartAsync();
        await WarmAsync(service);
        await browser.OpenAsync($"{service.Host.Url}/#/forecast?horizon=1h&move=3", width, dark);
        await browser.UntilAsync("document.querySelector('.stack .answer') !== null");

        var answer = await service.GetAsync("/api/v1/forecast?pair=BTC/USDT&fall=0.03&rise=0.03");
        var distance = Horizon(answer, "4h").GetProperty("stop_distances").GetProperty("0.1").GetDouble();
        Assert.Equal(
            $"A stop {Rough(distance)} away is hit by noise 1 time in 10 within 4 h",
            await browser.TextAsync(".stack .answer")
        );
        var hour = Horizon(answer, "1h");
        await ShowsAsync(
            "[aria-label=Why] data",
            [
                .. hour.GetProperty("factors").EnumerateObject().Select(factor => factor.Value.GetDouble()),
                hour.GetProperty("relative_to_usual").GetDouble(),
            ]
        );
        await ShowsAsync(
            "[aria-label='Long positions'] .scroll:nth-of-type(2) data",
            [
                .. Horizons.Select(name =>
                    Horizon(answer, name).GetProperty("probability_of_drawdown").GetProperty("0.03").GetDouble()
                ),
            ]
        );
        Assert.Equal(
            Horizons.Length * hour.GetProperty("short_stop_distances").EnumerateObject().Count(),
            (
                await browser.AskAsync(
                    "document.querySelectorAll(`[aria-label='Short positions'] .scroll:nth-of-type(1) data`).length"
                )
            ).GetInt32()
        );
        await browser.ClickAsync(".fan summary");
        await browser.UntilAsync("document.querySelectorAll('.fan tbody tr').length === 9");
        await browser.HasNoFaultAsync($"forecast {width}");
        await browser.PictureAsync($"forecast-full-{width}-{(dark ? "dark" : "light")}");
        await browser.IsQuietAsync(service.Host.Url);
    }

    [Fact]
    public async Task A_new_forecast_replaces_the_old_one()
    {
        await using var service = await LiveServer.StartAsync();
        await service.WarmAsync();
        await browser.OpenAsync($"{service.Host.Url}/#/forecast");
        await browser.UntilAsync("document.querySelector('.stack .answer') !== null");
        Assert.Contains(
            "from 30 days on",
            await browser.TextAsync("[aria-label='How far to rely on it']"),
            StringComparison.Ordinal
        );
        Assert.Contains("No factors yet", await browser.TextAsync("[aria-label=Why]"), StringComparison.Ordinal);
        var before = await browser.TextAsync(".stack .answer ~ .soft time");

        service.Clock.Advance(Timeframe.FiveMinutes.Length);
        await service.WarmAsync(candles: 3001);
        await browser.UntilAsync($"document.querySelector('.stack .answer ~ .soft time').textContent !== '{before}'");
    }

    [Fact]
    public async Task Without_a_forecast_it_says_why()
    {
        await using var service = await LiveServer.StartAsync();
        await browser.OpenAsync($"{service.Host.Url}/#/forecast");
        await SaysAsync("No forecast", "it needs a day of candles with volume");
        await browser.HasNoFaultAsync("no forecast");
        await browser.PictureAsync("forecast-none");
        await browser.OpenAsync(service.Host.Url);
        await browser.UntilAsync("document.querySelector('.hero .forecast-line') !== null");
        Assert.Equal(
            "No forecast: it needs a day of candles with volume.",
            await browser.TextAsync(".hero .forecast-line")
        );

        var none = JsonNode.Parse((await service.GetAsync("/api/v1/forecast?pair=BTC/USDT")).GetRawText())!;
        foreach (
            var (reason, words) in new[]
            {
                ("timeframe_too_long", "a timeframe of 1h or shorter"),
                ("no_movement", "the price has not moved"),
                ("turned_off", "forecasts are turned off"),
            }
        )
        {
            none["no_forecast"] = reason;
            await OpenWithAsync(service, none);
            await SaysAsync("No forecast", words);
        }

        await browser.OpenAsync($"{service.Host.Url}/#/forecast?move=200");
        await SaysAsync("The forecast cannot be shown", "is not a ratio");
    }

    [Fact]
    public async Task Outside_the_tested_range_there_are_no_probabilities()
    {
        await using var service = await LiveServer.StartAsync();
        await service.WarmAsync();
        var answer = JsonNode.Parse((await service.GetAsync("/api/v1/forecast?pair=BTC/USDT")).GetRawText())!;
        answer["forecast"]!["in_tested_range"] = false;
        foreach (var (_, horizon) in answer["forecast"]!["horizons"]!.AsObject())
        foreach (var (name, table) in horizon!.AsObject())
            if (table is JsonObject numbers && name != "factors")
                foreach (var key in numbers.Select(number => number.Key).ToList())
                    numbers[key] = null;
        await OpenWithAsync(service, answer);
        await SaysAsync("No probabilities", "unlike those it was tested on");
        Assert.StartsWith("Next 4 h: ±", await browser.TextAsync(".stack .answer"), StringComparison.Ordinal);
        await browser.HasNoFaultAsync("outside the tested range");
        await browser.IsQuietAsync(service.Host.Url);
    }

    [Fact]
    public async Task Pairs_are_sorted_and_searched()
    {
        var names = new[] { "BTC", "ETH", "ADA", "SOL", "XRP", "DOT", "LTC", "BNB", "TRX", "UNI", "ZEC" };
        await using var service = await LiveServer.StartAsync(
            LiveServer.Settings with
            {
                Pairs = [.. names.Select(name => Pair.Parse(name + "/USDT"))],
            }
        );
        for (var feed = 0; feed < 3; feed++)
            await service.WarmAsync(feed);
        await browser.OpenAsync(service.Host.Url);
        await browser.UntilAsync(
            $"document.querySelectorAll('.pairs a').length === {names.Length} && "
                + "document.querySelectorAll('.pairs .score data').length === 3"
        );
        await OrderAsync("name");
        Assert.Equal(names.Order(StringComparer.Ordinal), (await PairsAsync()).Select(pair => pair.Split('/')[0]));

        foreach (
            var (order, valueOf) in new (string, Func<JsonElement, double>)[]
            {
                ("risk", risk => risk.GetProperty("risk_score").GetDouble()),
                ("forecast", risk => Horizon(risk, "4h").GetProperty("volatility").GetDouble()),
            }
        )
        {
            await OrderAsync(order);
            var values = new List<(string Pair, double Value)>();
            foreach (var name in names.Take(3))
                values.Add((name + "/USDT", valueOf(await service.GetAsync($"/api/v1/risk?pair={name}/USDT"))));
            Assert.Equal(values.OrderByDescending(of => of.Value).Select(of => of.Pair), (await PairsAsync()).Take(3));
        }

        await browser.AskAsync(
            "(() => { const search = document.querySelector('.pairs input'); search.value = 'eth'; "
                + "search.dispatchEvent(new Event('input')); })()"
        );
        Assert.Equal("ETH/USDT", Assert.Single(await PairsAsync()));
        await browser.HasNoFaultAsync("searched pairs");
        await browser.IsQuietAsync(service.Host.Url);
    }

    /// <summary>Sends a market with the turnover of those that forecasts were tested on.</summary>
    private static async Task WarmAsync(LiveServer service)
    {
        var feed = service.Feeds[0];
        var now = Instant.From(service.Clock.GetUtcNow()).Floor(feed.Market.Timeframe.Length);
        var history = Some.History(WithComparison, now);
        var liquid = history with
        {
            Base = [.. history.Base.Select(candle => candle with { Volume = candle.Volume * 1_000_000 })],
        };
        await feed.SendAsync(MarketEvent.Recovered(feed.Market, liquid));
        await LiveServer.UntilAsync(() => service.Host.Board.Latest(feed.Market).AsOf == now);
    }

    private static string[] Horizons { get; } = ["1h", "4h", "24h"];

    private static JsonElement Horizon(JsonElement answer, string name) =>
        answer.GetProperty("forecast").GetProperty("horizons").GetProperty(name);

    private static double Quantile(JsonElement answer, string horizon, string probability) =>
        Horizon(answer, horizon).GetProperty("return_quantiles").GetProperty(probability).GetDouble();

    /// <summary>The line that <c>remora ask</c> prints, with the numbers of an answer.</summary>
    private static string LineOf(JsonElement forecast, string move)
    {
        var horizon = forecast.GetProperty("horizons").GetProperty("4h");
        var (chances, stops) =
            move == "fall"
                ? ("probability_of_drawdown", "stop_distances")
                : ("probability_of_rally", "short_stop_distances");
        return $"Next 4 h: ±{Rough(horizon.GetProperty("volatility").GetDouble())} (busier than "
            + $"{Rough(horizon.GetProperty("percentile").GetDouble())} of its last "
            + $"{(int)forecast.GetProperty("history_days").GetDouble()} days); chance to {move} more than 2 %: "
            + $"{Rough(horizon.GetProperty(chances).GetProperty("0.02").GetDouble())}; a stop "
            + $"{Rough(horizon.GetProperty(stops).GetProperty("0.1").GetDouble())} away is touched 1 time in 10";
    }

    private static string Rough(double ratio)
    {
        var percent = ratio * 100;
        var format =
            percent < 1 ? "0.##"
            : percent < 9.95 ? "0.#"
            : "0";
        return percent.ToString(format, CultureInfo.InvariantCulture) + " %";
    }

    private Task OpenWithAsync(LiveServer service, JsonNode answer) =>
        browser.OpenAsync(
            $"{service.Host.Url}/#/forecast",
            answers: new Dictionary<string, string> { ["forecast"] = answer.ToJsonString() }
        );

    private async Task SaysAsync(string what, string why)
    {
        await browser.UntilAsync($"document.querySelector('main').textContent.includes('{what}')");
        Assert.Contains(why, await browser.TextAsync("main"), StringComparison.Ordinal);
    }

    private Task OrderAsync(string order) =>
        browser.AskAsync(
            $"(() => {{ const select = document.querySelector('.pairs select'); select.value = '{order}'; "
                + "select.dispatchEvent(new Event('change')); })()"
        );

    private async Task<IReadOnlyList<string>> PairsAsync() =>
        [
            .. (
                await browser.AskAsync("[...document.querySelectorAll('.pairs a .name')].map(name => name.textContent)")
            )
                .EnumerateArray()
                .Select(name => name.GetString()!),
        ];

    private async Task ShowsAsync(string selector, params double[] expected)
    {
        var shown = await browser.AskAsync(
            $"[...document.querySelectorAll(`{selector}`)].map(element => Number(element.value))"
        );
        Assert.Equal(expected, shown.EnumerateArray().Select(value => value.GetDouble()));
    }
}
