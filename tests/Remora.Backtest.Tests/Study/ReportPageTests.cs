using Remora.Server.Tests.Page;

namespace Remora.Backtest.Tests.Study;

/// <summary>The report in a real browser.</summary>
[Trait("speed", "slow")]
public sealed class ReportPageTests(Browser browser) : IClassFixture<Browser>
{
    private static readonly Lazy<string> Report = new(() =>
    {
        StudyTests.Run("page");
        return Path.Combine(StudyTests.Folder, "page", "report.html");
    });

    [Theory]
    [InlineData(1440, false)]
    [InlineData(1440, true)]
    [InlineData(390, false)]
    [InlineData(390, true)]
    public async Task The_report_is_readable_on_desktop_and_mobile(int width, bool dark)
    {
        await browser.OpenAsync("file://" + Report.Value, width, dark);
        // Equity, drawdown, profit by score, calibration.
        await browser.UntilAsync("document.querySelectorAll('.u-wrap').length === 4");
        Assert.Equal(
            0,
            (
                await browser.AskAsync(
                    "[...document.querySelectorAll('.u-wrap')].filter(chart => chart.clientWidth > "
                        + "document.querySelector('.chart').clientWidth).length"
                )
            ).GetInt32()
        );
        Assert.Equal(5, (await browser.AskAsync("document.querySelectorAll('#key li').length")).GetInt32());
        Assert.Equal(3, (await browser.AskAsync("document.querySelectorAll('#cells tbody tr').length")).GetInt32());
        var drawn = await browser.AskAsync("document.querySelector('#equity canvas').toDataURL()");
        await browser.AskAsync(
            "(choice => { choice.value = 'BuyAndHold'; choice.onchange(); })(document.querySelector('#strategy'))"
        );
        Assert.NotEqual(
            drawn.GetString(),
            (await browser.AskAsync("document.querySelector('#equity canvas').toDataURL()")).GetString()
        );
        await browser.HasNoFaultAsync("report");
        await browser.IsQuietAsync("null"); // a file has no origin, and no other host is requested
        await browser.PictureAsync($"report-{width}-{(dark ? "dark" : "light")}");
    }
}
