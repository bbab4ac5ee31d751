using System.Buffers.Binary;
using System.Text.Json;
using Remora.Server.Access;
using Remora.Testing;

namespace Remora.Server.Tests.Page;

/// <summary>
/// The page as an installed app: manifest, start without the service, key of a phone.
/// </summary>
public sealed class InstalledPageTests(Browser browser) : IClassFixture<Browser>
{
    private const string IsLive = "document.querySelector('#connection').dataset.state === 'live'";
    private const string IsKept =
        "navigator.serviceWorker.controller !== null && caches.open('remora-answers-1').then(cache => cache.keys())"
        + ".then(keys => keys.some(({ url }) => url.includes('/risk/batch')))";

    [Fact]
    public async Task The_browser_would_install_it()
    {
        await using var service = await LiveServer.StartAsync();
        await browser.OpenAsync(service.Host.Url, workers: true);
        await browser.UntilAsync($"{IsLive} && navigator.serviceWorker.controller !== null");
        // The windows of tests are private ones
        Assert.Empty((await browser.InstallErrorsAsync()).Except(["in-incognito"]));
        var manifest = JsonElement.Parse(await service.Http.GetStringAsync("/manifest.webmanifest"));
        foreach (var icon in manifest.GetProperty("icons").EnumerateArray())
        {
            var bytes = await service.Http.GetByteArrayAsync(icon.GetProperty("src").GetString());
            if (icon.GetProperty("type").GetString() != "image/png")
                continue;
            Assert.Equal(icon.GetProperty("sizes").GetString(), $"{NumberAt(bytes, 16)}x{NumberAt(bytes, 20)}");
        }
        await browser.IsQuietAsync(service.Host.Url);
    }

    [Fact]
    public async Task Without_the_service_it_starts_and_says_how_old_its_values_are()
    {
        var settings = LiveServer.Settings;
        await using (var service = await LiveServer.StartAsync())
        {
            settings = settings with { Port = new Uri(service.Host.Url).Port };
            await service.WarmAsync();
            await browser.OpenAsync(service.Host.Url, workers: true);
            await browser.UntilAsync($"{IsLive} && navigator.serviceWorker.controller !== null");
            // As once a minute
            await browser.AskAsync(
                "Promise.all(['pairs', 'policies', 'status', 'risk', 'risk/batch?pairs=BTC/USDT,ETH/USDT']"
                    + ".map(path => fetch('api/v1/' + path))).then(() => null)"
            );
            Assert.True((await browser.AskAsync(IsKept)).GetBoolean());
        }
        await browser.AskAsync("location.reload()");
        await browser.UntilAsync("document.querySelector('#notices').textContent.includes('Offline')");
        Assert.Matches(@"received \d+ (s|min) ago", await browser.TextAsync("#notices"));
        await browser.UntilAsync("document.querySelector('.hero .answer') !== null");
        Assert.Equal("Unknown now", await browser.TextAsync(".hero .answer"));
        Assert.Equal("Not connected", await browser.TextAsync("#connection"));
        await browser.HasNoFaultAsync("offline");

        await using var again = await LiveServer.StartAsync(settings);
        await again.WarmAsync();
        await browser.UntilAsync($"{IsLive} && !document.querySelector('#notices').textContent.includes('Offline')");
        await browser.UntilAsync("document.querySelector('.hero').dataset.verdict !== 'unknown'");
    }

    [Fact]
    public async Task The_key_of_a_code_is_kept_and_leaves_the_address_and_forgets_values_once_revoked()
    {
        var folder = Directory.CreateTempSubdirectory("remora-phone");
        try
        {
            var secret = ApiKey.NewSecret();
            var file = new KeyFile(folder.FullName);
            file.Change(keys => [.. keys, new("phone", ApiKey.HashOf(secret), Some.Time)]);
            await using var service = await LiveServer.StartAsync(
                LiveServer.Settings with
                {
                    RequireKeys = true,
                    Data = folder.FullName,
                    AnonymousPerMinute = 100_000,
                    KeyPerMinute = 100_000,
                }
            );
            await browser.OpenAsync($"{service.Host.Url}/#key={secret}", workers: true);
            await browser.UntilAsync($"{IsLive} && navigator.serviceWorker.controller !== null");
            Assert.Equal("/", (await browser.AskAsync("location.pathname + location.hash")).GetString());
            await browser.AskAsync("sessionStorage.clear()"); // as a new start of the app
            await browser.AskAsync("location.reload()");
            await browser.UntilAsync(IsLive);
            Assert.Equal(JsonValueKind.Null, (await browser.AskAsync("document.querySelector('#key')")).ValueKind);
            Assert.True((await browser.AskAsync("caches.has('remora-answers-1')")).GetBoolean());

            file.Change(keys => [.. keys.Select(key => key with { Hash = ApiKey.HashOf(ApiKey.NewSecret()) })]);
            await browser.UntilAsync("document.querySelector('#notices input[name=key]') !== null");
            await browser.HasNoFaultAsync("key revoked");
            Assert.Equal(
                0,
                (
                    await browser.AskAsync(
                        "caches.open('remora-answers-1').then(cache => cache.keys()).then(keys => keys.length)"
                    )
                ).GetInt32()
            );
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task The_page_shows_the_availability_rounded_down()
    {
        await using var service = await LiveServer.StartAsync(availability: () =>
            new(0.99996, 30 * 1440, 2, Some.Time)
        );
        await browser.OpenAsync(service.Host.Url);
        await browser.UntilAsync(
            "document.querySelector('#about').textContent.includes('Available 99.99 % of the last 30 days.')"
        );
        var status = await service.GetAsync("/api/v1/status");
        Assert.Equal(2, status.GetProperty("availability").GetProperty("down_minutes").GetInt32());
        Assert.Contains(
            "remora_availability_down_seconds 120",
            await service.Http.GetStringAsync("/metrics"),
            StringComparison.Ordinal
        );
    }

    // The width and the height are in a PNG's first chunk
    private static int NumberAt(byte[] bytes, int at) => BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at));
}
