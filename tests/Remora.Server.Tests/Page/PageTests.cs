using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Remora.Markets;
using Remora.Server.Access;
using Remora.Testing;

namespace Remora.Server.Tests.Page;

/// <summary>The page at <c>/</c> in a real browser, against the running service.</summary>
public sealed class PageTests(Browser browser) : IClassFixture<Browser>
{
    private const string IsLive = "document.querySelector('#connection').dataset.state === 'live'";
    private const string HasVerdict =
        "document.querySelector('.hero .answer') !== null && document.querySelectorAll('.band .answer').length === 1";
    private static readonly SandboxNotice Sandbox = new("simulated", "http://127.0.0.1:1", 1);

    [Fact]
    public async Task It_shows_what_the_interface_says()
    {
        await using var service = await LiveServer.StartAsync(sandbox: Sandbox);
        await service.WarmAsync();
        await service.WarmAsync(feed: 1);
        await service.ObserveAsync(Some.Observation(Signal.FearGreed, 15, Some.Time));
        await browser.OpenAsync(service.Host.Url);
        await browser.UntilAsync($"{IsLive} && {HasVerdict}");
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"first verdict after {await browser.AskAsync("Math.round(performance.now())")} ms at most"
        );

        var risk = await service.GetAsync("/api/v1/risk?pair=BTC/USDT");
        Assert.Equal("No, entries are blocked", await browser.TextAsync(".hero .answer"));
        Assert.Contains("extreme fear", await browser.TextAsync(".hero .then"), StringComparison.Ordinal);
        Assert.Equal(
            RiskTests.Texts(risk.GetProperty("reasoning")).Count(),
            (await browser.AskAsync("document.querySelectorAll('.hero .reasons li').length")).GetInt32()
        );
        Assert.StartsWith(
            $"Risk score {risk.GetProperty("risk_score").GetDouble():0.00} of 1",
            (await browser.AskAsync("document.querySelector('.gauge').getAttribute('aria-label')")).GetString(),
            StringComparison.Ordinal
        );
        await ShowsAsync(
            ".parts td.number data",
            [
                .. risk.GetProperty("risk_breakdown").EnumerateObject().Select(part => part.Value.GetDouble()),
                Number(risk, "risk_score"),
            ]
        );
        await ShowsAsync("[aria-label='Data quality'] data", Number(risk, "risk_confidence"), Number(risk, "warm_up"));
        await ShowsAsync("[aria-label='Outside values'] data", 15, 0.35);
        Assert.Equal(
            risk.GetProperty("event_flags").EnumerateObject().Count(),
            (await browser.AskAsync("document.querySelectorAll('.flag').length")).GetInt32()
        );

        var eth = await service.GetAsync("/api/v1/risk?pair=ETH/USDT");
        await ShowsAsync(".pairs data", Number(risk, "risk_score"), Number(eth, "risk_score"));
        var whole = await service.GetAsync("/api/v1/risk");
        await ShowsAsync(".band .facts data", Number(whole, "risk_score"), Number(whole, "risk_confidence"));
        Assert.Contains("SANDBOX", await browser.TextAsync("#notices"), StringComparison.Ordinal);
        await browser.IsQuietAsync(service.Host.Url);
    }

    [Fact]
    public async Task A_change_is_shown_without_a_reload_and_told_once()
    {
        await using var service = await LiveServer.StartAsync();
        await service.WarmAsync();
        await browser.OpenAsync(service.Host.Url);
        await browser.UntilAsync($"{IsLive} && {HasVerdict}");
        Assert.Equal("", await browser.TextAsync("#announcer"));
        Assert.NotEqual(
            "blocked",
            (await browser.AskAsync("document.querySelector('.hero').dataset.verdict")).GetString()
        );
        await browser.AskAsync("window.isTheSame = true");

        await service.ObserveAsync(Some.Observation(Signal.FearGreed, 12, Some.Time));
        await browser.UntilAsync(
            "document.querySelector('.hero').dataset.verdict === 'blocked' && "
                + "document.querySelector('.band').dataset.verdict === 'blocked'"
        );
        await browser.UntilAsync(
            "document.querySelector('#announcer').textContent.includes('BTC/USDT: blocked: extreme fear')"
        );
        Assert.True((await browser.AskAsync("window.isTheSame")).GetBoolean());
        await browser.IsQuietAsync(service.Host.Url);
    }

    [Theory, Trait("speed", "slow")]
    [InlineData(1440, false)]
    [InlineData(1440, true)]
    [InlineData(390, false)]
    [InlineData(390, true)]
    public async Task Everyone_can_read_it(int width, bool dark)
    {
        await using var service = await LiveServer.StartAsync(sandbox: Sandbox);
        await service.WarmAsync();
        await service.ObserveAsync(Some.Observation(Signal.FearGreed, 15, Some.Time));
        foreach (var view in Views)
        {
            await browser.OpenAsync($"{service.Host.Url}/#/{view}", width, dark);
            await browser.UntilAsync(
                $"{IsLive} && document.querySelector('main h1') !== null && document.querySelector('main .panel') "
                    + $"!== null"
            );
            if (view.Length == 0)
                await browser.UntilAsync(HasVerdict);
            await browser.PictureAsync($"{(view.Length == 0 ? "now" : view)}-{width}-{(dark ? "dark" : "light")}");
            await browser.HasNoFaultAsync($"{view} {width} {(dark ? "dark" : "light")}");
        }
    }

    [Fact]
    public async Task While_nothing_is_known_it_says_so_and_why()
    {
        await using var service = await LiveServer.StartAsync();
        await browser.OpenAsync(service.Host.Url);
        await browser.UntilAsync($"{IsLive} && {HasVerdict}");
        Assert.Equal("Not known yet", await browser.TextAsync(".hero .answer"));
        Assert.Contains(
            "No candle of BTC/USDT has been received",
            await browser.TextAsync(".hero .reasons"),
            StringComparison.Ordinal
        );
        // Outside values add nothing; the other four parts and the score are unknown.
        await ShowsAsync(".parts data", 0);
        Assert.StartsWith(
            "– (too little is known",
            await browser.TextAsync(".parts td.number"),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "No chart yet",
            await browser.TextAsync("[aria-label='Price and regime']"),
            StringComparison.Ordinal
        );
        await browser.HasNoFaultAsync("nothing known");
        await browser.PictureAsync("nothing-known");
        await browser.IsQuietAsync(service.Host.Url);
    }

    [Fact]
    public async Task Data_that_is_too_old_to_count_is_no_verdict()
    {
        await using var service = await LiveServer.StartAsync();
        await service.WarmAsync();
        service.Clock.Advance(TimeSpan.FromHours(2));
        await browser.OpenAsync(service.Host.Url);
        await browser.UntilAsync($"{IsLive} && {HasVerdict}");
        Assert.Equal("Unknown now", await browser.TextAsync(".hero .answer"));
        Assert.Contains(
            "too old to count",
            await browser.TextAsync("[aria-label='Data quality']"),
            StringComparison.Ordinal
        );
        Assert.Equal(
            "unknown",
            (await browser.AskAsync("document.querySelector('.pairs a').dataset.verdict")).GetString()
        );
        await browser.HasNoFaultAsync("too old");
        await browser.IsQuietAsync(service.Host.Url);
    }

    [Fact]
    public async Task With_every_source_down_it_names_them_and_their_errors()
    {
        await using var world = OutsideWorld.Connect(
            LiveServer.Settings,
            TimeProvider.System,
            new("none", "http://127.0.0.1:1", 1),
            null,
            NullLoggerFactory.Instance
        );
        await using var service = await ServiceHost.StartAsync(LiveServer.Settings, world.Parts, TimeProvider.System);
        await browser.OpenAsync($"{service.Url}/#/sources");
        await browser.UntilAsync(
            "document.querySelector('[aria-label=Exchanges]').textContent.includes('unreachable') && "
                + "document.querySelector('[aria-label=\"Outside sources\"]').textContent.includes('unreachable')"
        );
        // The kind of error.
        Assert.Contains("network", await browser.TextAsync("[aria-label='Exchanges']"), StringComparison.Ordinal);
        await browser.HasNoFaultAsync("sources down");
        await browser.PictureAsync("sources-down");
        await browser.IsQuietAsync(service.Url);
    }

    [Fact]
    public async Task When_the_service_goes_it_says_so_and_when_it_comes_back_it_goes_on()
    {
        var settings = LiveServer.Settings;
        await using (var service = await LiveServer.StartAsync())
        {
            settings = settings with { Port = new Uri(service.Host.Url).Port };
            await service.WarmAsync();
            await browser.OpenAsync(service.Host.Url);
            await browser.UntilAsync($"{IsLive} && {HasVerdict}");
        }
        await browser.UntilAsync("document.querySelector('#notices').textContent.includes('Not connected')");
        Assert.Equal("Unknown now", await browser.TextAsync(".hero .answer"));
        Assert.StartsWith("Last answer, at", await browser.TextAsync(".hero .then"), StringComparison.Ordinal);
        Assert.Equal(
            "unknown",
            (await browser.AskAsync("document.querySelector('.pairs a').dataset.verdict")).GetString()
        );
        await browser.HasNoFaultAsync("not connected");
        await browser.PictureAsync("not-connected");

        await using var again = await LiveServer.StartAsync(settings);
        await again.WarmAsync();
        await browser.UntilAsync(
            $"{IsLive} && !document.querySelector('#notices').textContent.includes('Not connected')"
        );
        await browser.UntilAsync("document.querySelector('.hero').dataset.verdict !== 'unknown'");
    }

    [Fact]
    public async Task The_keyboard_reaches_everything_and_the_theme_is_kept()
    {
        await using var service = await LiveServer.StartAsync();
        await service.WarmAsync(feed: 1);
        await browser.OpenAsync(service.Host.Url);
        await browser.UntilAsync($"{IsLive} && {HasVerdict}");
        await browser.PressAsync("Tab");
        Assert.Equal("Skip to the content", await browser.TextAsync(":focus"));

        await browser.AskAsync("document.querySelector('.pairs a').focus()");
        await browser.PressAsync("ArrowDown");
        await browser.UntilAsync("document.querySelector('.hero h2').textContent === 'ETH/USDT'");
        Assert.Equal(
            "true",
            (await browser.AskAsync("document.activeElement.getAttribute('aria-current')")).GetString()
        );
        await browser.PressAsync("Home");
        await browser.UntilAsync("document.querySelector('.hero h2').textContent === 'BTC/USDT'");

        var before = (await browser.AskAsync("getComputedStyle(document.body).backgroundColor")).GetString();
        await browser.ClickAsync("#theme"); // light, as before
        await browser.ClickAsync("#theme");
        var dark = (await browser.AskAsync("getComputedStyle(document.body).backgroundColor")).GetString();
        Assert.NotEqual(before, dark);
        await browser.AskAsync("location.reload()");
        await browser.UntilAsync(HasVerdict);
        Assert.Equal(dark, (await browser.AskAsync("getComputedStyle(document.body).backgroundColor")).GetString());
    }

    [Fact]
    public async Task Another_side_and_another_policy_are_asked_for()
    {
        await using var service = await LiveServer.StartAsync();
        await service.WarmAsync();
        await service.ObserveAsync(Some.Observation(Signal.FearGreed, 15, Some.Time));
        await browser.OpenAsync(service.Host.Url);
        await browser.UntilAsync($"{IsLive} && {HasVerdict}");
        var risk = await service.GetAsync("/api/v1/risk?pair=BTC/USDT&side=short&policy=aggressive");
        await browser.AskAsync(
            "(() => { const select = document.querySelector('.viewpoint select'); select.value = 'aggressive'; "
                + "select.dispatchEvent(new Event('change')); })()"
        );
        await browser.ClickAsync(".viewpoint button:nth-child(2)");
        await browser.UntilAsync(
            $"{IsLive} && {HasVerdict} && document.querySelector('.headline h3').textContent === 'Is it safe to go "
                + $"short now?' && document.querySelector('[aria-label=\"Data quality\"]').textContent.includes('aggressive')"
        );
        await ShowsAsync(".parts tfoot data", Number(risk, "risk_score"));
        await browser.IsQuietAsync(service.Host.Url);
    }

    [Fact]
    public async Task A_service_that_wants_a_key_asks_for_it_on_the_page()
    {
        var folder = Directory.CreateTempSubdirectory("remora-page");
        try
        {
            var secret = ApiKey.NewSecret();
            new KeyFile(folder.FullName).Change(keys =>
                [.. keys, new("person", ApiKey.HashOf(secret), Some.Time, null, null, null)]
            );
            await using var service = await LiveServer.StartAsync(
                LiveServer.Settings with
                {
                    RequireKeys = true,
                    Data = folder.FullName,
                }
            );
            await browser.OpenAsync(service.Host.Url);
            await browser.UntilAsync("document.querySelector('#notices input[name=key]') !== null");
            await browser.HasNoFaultAsync("key wanted");
            await browser.AskAsync(
                $"(() => {{ const input = document.querySelector('input[name=key]'); input.value = '{secret}'; "
                    + $"input.form.requestSubmit(); }})()"
            );
            await browser.UntilAsync($"{IsLive} && {HasVerdict} && document.querySelector('input[name=key]') === null");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Navigation_has_an_entry_per_group_and_is_at_the_bottom_of_a_phone()
    {
        await using var service = await LiveServer.StartAsync();
        await service.WarmAsync();
        await browser.OpenAsync($"{service.Host.Url}/#/store", 390);
        await browser.UntilAsync($"{IsLive} && document.querySelectorAll('#tabs a').length === 3");
        Assert.Equal("NowForecastBookTrack recordHistoryLabSystem", await browser.TextAsync("#views"));
        Assert.Equal("System", await browser.TextAsync("#views [aria-current=page]"));
        Assert.Equal("Store", await browser.TextAsync("#tabs [aria-current=page]"));
        Assert.True(
            (
                await browser.AskAsync(
                    "document.querySelector('#views').getBoundingClientRect().bottom === innerHeight"
                )
            ).GetBoolean()
        );

        await browser.OpenAsync(service.Host.Url, 390);
        await browser.UntilAsync($"{IsLive} && {HasVerdict}");
        Assert.True((await browser.AskAsync("document.querySelector('#tabs').hidden")).GetBoolean());
        // The pairs and the verdict of one are on the first screen, above the whole market.
        Assert.True(
            (
                await browser.AskAsync("document.querySelector('.hero .answer').getBoundingClientRect().bottom < 844")
            ).GetBoolean()
        );
        Assert.True(
            (
                await browser.AskAsync(
                    "document.querySelector('.pairs').getBoundingClientRect().top < "
                        + "document.querySelector('.band').getBoundingClientRect().top"
                )
            ).GetBoolean()
        );
    }

    [Theory]
    [InlineData("2024-03-01 21:07", true)]
    [InlineData("2024-03-01T21:07:30", true)]
    [InlineData("2024-02-30 10:00", false)]
    [InlineData("03/01/2024 9:07 PM", false)]
    public async Task A_time_is_typed_in_utc_and_24_hours(string typed, bool isValid)
    {
        await using var service = await LiveServer.StartAsync();
        await service.WarmAsync();
        await browser.OpenAsync($"{service.Host.Url}/#/moment");
        await browser.UntilAsync("document.querySelector('main form input') !== null");
        await browser.AskAsync(
            $"(() => {{ const input = document.querySelector('main form input'); input.value = '{typed}'; "
                + $"input.dispatchEvent(new Event('input')); }})()"
        );
        Assert.Equal(
            isValid,
            (await browser.AskAsync("document.querySelector('main form input').checkValidity()")).GetBoolean()
        );
    }

    private static IReadOnlyList<string> Views { get; } =
    ["", "book", "forecast", "history", "lab", "moment", "traffic", "store", "sources"];

    private static double Number(JsonElement answer, string name) => answer.GetProperty(name).GetDouble();

    /// <summary>Checks the exact numbers behind the displayed ones.</summary>
    private async Task ShowsAsync(string selector, params double[] expected)
    {
        var shown = await browser.AskAsync(
            $"[...document.querySelectorAll(`{selector}`)].map(element => Number(element.value))"
        );
        Assert.Equal(expected, shown.EnumerateArray().Select(value => value.GetDouble()));
    }
}
