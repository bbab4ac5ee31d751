using System.Text.Json;
using Remora.Server.Access;
using Remora.Testing;

namespace Remora.Server.Tests.Page;

/// <summary>The API reference at <c>/reference</c> in a real browser.</summary>
[Trait("speed", "slow")]
public sealed class ReferenceTests(Browser browser) : IClassFixture<Browser>
{
    private const string IsShown =
        "document.querySelector('#risk') !== null && document.querySelector('#schema-Assessment') !== null";

    [Fact]
    public async Task It_shows_every_call_and_lets_one_try_it()
    {
        await using var service = await LiveServer.StartAsync();
        await service.WarmAsync();
        await browser.OpenAsync(service.Host.Url + "/reference");
        await browser.UntilAsync(IsShown);
        var calls = JsonElement
            .Parse(await service.Http.GetStringAsync("/openapi/v1.json"))
            .GetProperty("paths")
            .EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject())
            .Count(member => member.Name is "get" or "post" or "delete");
        Assert.Equal(calls, (await browser.AskAsync("document.querySelectorAll('article form').length")).GetInt32());
        Assert.Contains("WebhookEvent", await browser.TextAsync("#webhook_change"), StringComparison.Ordinal);
        Assert.Equal(
            "BTC/USDT",
            (
                await browser.AskAsync("document.querySelector('#risk input[name=pair]').list.options[0].value")
            ).GetString()
        );

        await TryAsync("risk", "pair", "ETH/USDT");
        Assert.Contains("\"pair\": \"ETH/USDT\"", await browser.TextAsync("#risk pre"), StringComparison.Ordinal);
        Assert.Contains(
            "\"wallet\": 10000",
            (await browser.AskAsync("document.querySelector('#portfolio_risk textarea').value")).GetString()
        );
        await TryAsync(
            "portfolio_risk",
            "body of the request",
            """{"wallet":1000,"positions":[{"pair":"BTC/USDT","notional":500}]}"""
        );
        Assert.Contains("\"summary\": \"This position", await browser.TextAsync("#portfolio_risk pre"));
        await TryAsync("stream", "pair", "BTC/USDT"); // it has no end, but is shown
        Assert.Contains("event: assessment", await browser.TextAsync("#stream pre"), StringComparison.Ordinal);
        await browser.HasNoFaultAsync("reference");
        await browser.PictureAsync("reference");
        await browser.IsQuietAsync(service.Host.Url);
    }

    [Fact]
    public async Task A_service_that_wants_a_key_asks_for_it()
    {
        var folder = Directory.CreateTempSubdirectory("remora-reference");
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
            await browser.OpenAsync(service.Host.Url + "/reference");
            await browser.UntilAsync("document.querySelector('form#key') !== null");
            await browser.HasNoFaultAsync("reference, key wanted");

            await GiveAsync(ApiKey.NewSecret()); // an invalid key
            await browser.UntilAsync("document.querySelector('main').textContent.includes('Unknown key')");
            await GiveAsync(secret);
            await browser.UntilAsync(IsShown);
            await TryAsync("risk", "pair", "BTC/USDT");
            Assert.Contains("200 OK", await browser.TextAsync("#risk .answer p"), StringComparison.Ordinal);
            Assert.DoesNotContain(
                secret,
                (await browser.AskAsync("document.documentElement.outerHTML")).GetString(),
                StringComparison.Ordinal
            );
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private Task GiveAsync(string key) =>
        browser.AskAsync(
            $"(() => {{ const input = document.querySelector('form#key input'); input.value = '{key}'; "
                + $"input.form.requestSubmit(); }})()"
        );

    private async Task TryAsync(string call, string parameter, string value)
    {
        await browser.AskAsync(
            $"(() => {{ const form = document.querySelector('#{call} form'); form.elements['{parameter}'].value = "
                + $"'{value}'; form.requestSubmit(); }})()"
        );
        await browser.UntilAsync($"!document.querySelector('#{call} .answer').hidden");
    }
}
