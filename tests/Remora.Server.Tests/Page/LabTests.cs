using System.Text;
using Remora.Markets;
using Remora.Server.Tests.Lab;

namespace Remora.Server.Tests.Page;

/// <summary>The policy lab on the page, in a real browser against the running service.</summary>
public sealed class LabTests(Browser browser) : IClassFixture<Browser>
{
    private const string HasResult = "document.querySelector('section[aria-label=Result] .answer') !== null";
    private const string IsIdle = "document.querySelector('main').dataset.asking === undefined";

    [Theory]
    [InlineData(1440, false)]
    [InlineData(768, true)]
    [InlineData(390, true)]
    public async Task A_moved_slider_gives_new_figures_and_a_count(int width, bool dark)
    {
        using var folder = new LabFolder(120, Timeframe.OneHour);
        await using var service = await LiveServer.StartAsync(folder.Settings);
        await browser.OpenAsync($"{service.Host.Url}/#/lab", width, dark);
        await browser.UntilAsync($"{HasResult} && {IsIdle}");
        var today = await browser.TextAsync("section[aria-label=Result]");
        Assert.StartsWith("Today's policy, remora-2, blocks ", today, StringComparison.Ordinal);
        Assert.Contains("0 policies were tried", today);
        await browser.HasNoFaultAsync($"lab {width}");

        await MoveAsync("block_from", "0.7");
        await UntilTriedAsync(1);
        Assert.NotEqual(today, await browser.TextAsync("section[aria-label=Result]"));
        Assert.Equal("70 %", await browser.TextAsync(".slider output"));
        await browser.ClickAsync(".boxes input"); // extreme fear, which blocks under today's policy
        await UntilTriedAsync(2);
        await MoveAsync("target_volatility", "0");
        Assert.Contains("median", await browser.TextAsync(".slider:nth-of-type(2) output"));
        await browser.HasNoFaultAsync($"lab {width}, tried");
        await browser.PictureAsync($"lab-{width}-{(dark ? "dark" : "light")}");

        // The count is the service's: it survives a reload.
        await browser.AskAsync("location.reload()");
        await browser.UntilAsync($"{HasResult} && {IsIdle}");
        await UntilTriedAsync(2);

        await MoveAsync("block_from", "0.7");
        await browser.UntilAsync(IsIdle);
        await browser.AskAsync(
            "(() => { const input = document.querySelector('input[name=policy]'); input.value = 'mine'; "
                + "input.form.requestSubmit(); })()"
        );
        await browser.UntilAsync("document.querySelector('.sealed') !== null");
        Assert.StartsWith("The sealed months, ", await browser.TextAsync(".sealed"), StringComparison.Ordinal);
        Assert.Equal(
            "mine.json",
            (await browser.AskAsync("document.querySelector('a[download]').download")).GetString()
        );
        Assert.Contains("From the lab: 2 policies tried", await browser.TextAsync(".panel pre"));
        await browser.ClickAsync(".panel details summary");
        await browser.HasNoFaultAsync($"lab {width}, saved");
    }

    [Fact]
    public async Task A_policy_by_the_sum_has_its_own_sliders_and_a_service_without_candles_says_so()
    {
        using var folder = new LabFolder(120, Timeframe.OneHour);
        await using (var service = await LiveServer.StartAsync(folder.Settings))
        {
            await browser.OpenAsync($"{service.Host.Url}/#/lab?policy=remora-1");
            await browser.UntilAsync($"{HasResult} && {IsIdle}");
            await MoveAsync("weights.volatility", "0.6");
            await UntilTriedAsync(2); // remora-1 is another policy than today's
            await browser.HasNoFaultAsync("lab of remora-1");
            await browser.IsQuietAsync(service.Host.Url);
        }
        await using var without = await LiveServer.StartAsync(folder.Settings with { LabCandles = null });
        await browser.OpenAsync($"{without.Host.Url}/#/lab");
        await browser.UntilAsync("document.querySelector('main').textContent.includes('lab_candles names no folder')");
        await browser.HasNoFaultAsync("lab without candles");
    }

    [Fact, Trait("speed", "slow")]
    public async Task Two_years_are_replayed_while_one_looks()
    {
        using var folder = new LabFolder(770);
        await using var service = await LiveServer.StartAsync(folder.Settings);
        // The whole past of the market is computed once; today's policy is not counted.
        using (var http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan })
        using (var today = new StringContent("""{"model":"remora-2"}""", Encoding.UTF8, "application/json"))
            (await http.PostAsync($"{service.Host.Url}/api/v1/lab?pair=BTC/USDT", today)).EnsureSuccessStatusCode();
        await browser.OpenAsync($"{service.Host.Url}/#/lab");
        await browser.UntilAsync($"{HasResult} && {IsIdle}");
        Assert.DoesNotContain("less than two years", await browser.TextAsync("main"));
        Assert.Contains("MACDCross", await browser.TextAsync("[aria-label='Sample strategies']"));
        for (var tried = 1; tried <= 3; tried++)
        {
            await browser.AskAsync("window.movedAt = performance.now(), 0");
            await MoveAsync("block_from", $"0.{60 + tried}");
            await UntilTriedAsync(tried);
            TestContext.Current.TestOutputHelper!.WriteLine(
                $"new figures after {await browser.AskAsync("Math.round(window.shownAt - window.movedAt)")} ms"
            );
        }
    }

    private Task MoveAsync(string field, string value) =>
        browser.AskAsync(
            $"(() => {{ const input = document.querySelector(`[data-field='{field}']`); input.value = '{value}'; "
                + "input.dispatchEvent(new Event('input')); input.dispatchEvent(new Event('change')); return 0; })()"
        );

    private Task UntilTriedAsync(int tried) =>
        browser.UntilAsync(
            $"{IsIdle} && {HasResult} && document.querySelector('section[aria-label=Result] dd data').value === "
                + $"'{tried}' && (window.shownAt = performance.now()) > 0"
        );
}
