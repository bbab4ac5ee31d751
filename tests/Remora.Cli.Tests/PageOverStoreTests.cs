using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Remora.Server.Tests.Page;

namespace Remora.Cli.Tests;

/// <summary>
/// Tests the page in a real browser with the whole service: a sandbox, the pump and a real store.
/// </summary>
[Trait("speed", "slow")]
public sealed class PageOverStoreTests(Browser browser) : IClassFixture<Browser>, IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("remora-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task The_page_works_with_and_without_stored_history()
    {
        await using var service = RemoraProcess.Start(
            ["serve", "--sandbox", "--speed", "300", "--port", "0", "--pairs", "BTC/USDT", "--data", _data],
            new Dictionary<string, string> { ["REMORA_STORE"] = "true" }
        );
        var url = await service.UrlAsync();
        var rows = (
            await StoreTests.UntilAsync(
                url,
                "/api/v1/history?pair=BTC/USDT&interval=1m&from=-1d",
                answer => answer.GetProperty("rows").GetArrayLength() >= 4,
                service
            )
        )
            .GetProperty("rows")
            .EnumerateArray()
            .ToList();
        var (from, to) = (Time(rows[0]), Time(rows[^1])); // complete buckets, which do not change any more

        await browser.OpenAsync($"{url}/#/history?market=binance BTC/USDT 5m&interval=1m&from={from}&to={to}");
        await browser.UntilAsync(
            "document.querySelectorAll('.chart canvas').length === 2 && document.querySelector('.facts data') !== null"
        );
        var asked = (await StoreTests.GetAsync(url, $"/api/v1/history?pair=BTC/USDT&interval=1m&from={from}&to={to}"))
            .GetProperty("rows")
            .EnumerateArray()
            .ToList();
        var facts = await browser.TextAsync(".facts");
        Assert.Contains(
            string.Create(
                CultureInfo.InvariantCulture,
                $"Assessments{asked.Sum(row => row.GetProperty("assessments").GetInt64())}in {asked.Count} buckets"
            ),
            facts,
            StringComparison.Ordinal
        );
        await browser.PictureAsync("real-history");

        var at = Uri.EscapeDataString(to);
        var then = await StoreTests.GetAsync(url, $"/api/v1/assessment?pair=BTC/USDT&at={at}");
        await browser.OpenAsync($"{url}/#/moment?market=binance BTC/USDT 5m&at={to}");
        await browser.UntilAsync("document.querySelector('.gauge') !== null");
        Assert.StartsWith(
            string.Create(
                CultureInfo.InvariantCulture,
                $"Risk score {then.GetProperty("risk_score").GetDouble():0.00} of 1"
            ),
            (await browser.AskAsync("document.querySelector('.gauge').getAttribute('aria-label')")).GetString(),
            StringComparison.Ordinal
        );
        await browser.PictureAsync("real-past");

        await StoreTests.UntilAsync(
            url,
            "/api/v1/traffic?interval=1m&from=-1d",
            answer =>
                answer
                    .GetProperty("rows")
                    .EnumerateArray()
                    .Any(row => row.GetProperty("route").GetString() == "/api/v1/history"),
            service
        );
        await browser.OpenAsync($"{url}/#/traffic");
        await browser.UntilAsync(
            "document.querySelectorAll('.chart canvas').length === 2 && "
                + "document.querySelector('table').textContent.includes('/api/v1/history')"
        );
        await browser.PictureAsync("real-traffic");

        await browser.OpenAsync($"{url}/#/store");
        await browser.UntilAsync(
            "document.querySelectorAll('table').length === 2 && "
                + "document.querySelector('main').textContent.includes('risk_1h')"
        );
        Assert.Contains("Storeopen", await browser.TextAsync(".facts"), StringComparison.Ordinal);
        await browser.HasNoFaultAsync("store");
        await browser.PictureAsync("real-store");
        await browser.IsQuietAsync(url);

        using var engine = StoreTests.EngineOf(_data);
        await SignalAsync("STOP", engine.Id); // the process exists but does not respond
        try
        {
            await browser.OpenAsync(url);
            await browser.UntilAsync(
                "document.querySelector('#connection').dataset.state === 'live' && document.querySelector('.hero "
                    + ".answer') !== null"
            );
            var since = await browser.TextAsync(".detail .facts");
            await browser.UntilAsync(
                $"document.querySelector('.detail .facts').textContent.trim() !== {JsonSerializer.Serialize(since)}"
            ); // and it is updated further
            await browser.PictureAsync("real-store-stopped");
        }
        finally
        {
            await SignalAsync("CONT", engine.Id);
        }
    }

    private static string Time(JsonElement row) => row.GetProperty("time").GetString()!;

    private static async Task SignalAsync(string signal, int process)
    {
        using var kill = Process.Start("kill", ["-" + signal, process.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }
}
