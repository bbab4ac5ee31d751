using System.Text.RegularExpressions;

namespace Remora.Cli.Tests;

/// <summary>
/// Tests <c>remora doctor --live</c> with exchanges and sources that a sandbox simulates.
/// </summary>
[Trait("speed", "slow")]
public sealed partial class DoctorLiveTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Everything_is_reachable_and_candles_are_equal_on_a_second_fetch()
    {
        await using var sandbox = RemoraProcess.Start(["sandbox", "--port", "0", "--hold", "fear_greed=15"]);
        var (exit, output) = await DoctorAsync(await sandbox.UrlAsync(), "--fallbacks", "kraken:BTC/USD");
        Assert.True(exit == 0, output);
        Assert.Matches(
            "binance +reachable, with [0-9]+ spot markets; 100 candles of BTC/USDT 5m until [^ ]+Z, equal on a second "
                + "fetch",
            output
        );
        Assert.Matches("kraken +reachable, .* candles of BTC/USD 5m until [^ ]+Z, equal on a second fetch", output);
        Assert.Matches("alternative.me +reachable; fear_greed 15 of ", output);
        Assert.Matches("ok +coingecko +reachable; ", output);
        Assert.Matches("ok +perpetual-BTC +reachable; funding_rate ", output);
        Assert.Matches("ok +news +([0-9]+) of \\1 outlets reachable", output);
        Assert.Matches("ok +liquidations +the stream of binance is open", output);
    }

    [Fact]
    public async Task A_refusal_of_this_region_names_the_fallback_that_serves()
    {
        await using var sandbox = RemoraProcess.Start(["sandbox", "--port", "0"]);
        var url = await sandbox.UrlAsync();
        using var http = new HttpClient();
        // Candles and funding rates only: the sandbox simulates one stream of liquidations, that of
        // Binance.
        foreach (var path in new[] { "/api/v3/", "/fapi/v1/premiumIndex" })
        {
            using var order = new StringContent($$"""{"kind":"http_451","exchange":"binance","path":"{{path}}"}""");
            (await http.PostAsync(url + "/sandbox/faults", order)).EnsureSuccessStatusCode();
        }

        var (exit, output) = await DoctorAsync(url, "--fallbacks", "kraken:BTC/USD");
        Assert.True(exit == 0, output);
        Assert.Matches("note +binance +refuses requests from this region: .*; kraken:BTC/USD serves BTC/USDT", output);
        Assert.Matches("ok +kraken +reachable", output);
        Assert.Matches("note +perpetual-BTC +binance refuses requests from this region: .*; bybit serves: ", output);

        (exit, output) = await DoctorAsync(url);
        Assert.True(exit == 1, output);
        Assert.Matches(
            "missing +binance +refuses .*; no fallback serves BTC/USDT: add one to the setting 'fallbacks'",
            output
        );
    }

    [Fact]
    public async Task A_source_that_fails_names_its_fallback_and_one_without_is_missing()
    {
        await using var sandbox = RemoraProcess.Start(["sandbox", "--port", "0"]);
        var url = await sandbox.UrlAsync();
        using var http = new HttpClient();
        foreach (var host in new[] { "coingecko", "alternative.me" })
        {
            using var order = new StringContent($$"""{"kind":"http_429","exchange":"{{host}}"}""");
            (await http.PostAsync(url + "/sandbox/faults", order)).EnsureSuccessStatusCode();
        }
        var (exit, output) = await DoctorAsync(url);
        Assert.True(exit == 1, output);
        Assert.Matches("note +coingecko +rate_limited: HTTP 429; coinpaprika serves: btc_dominance ", output);
        Assert.Matches("missing +alternative.me +rate_limited: HTTP 429", output);
    }

    /// <summary>Runs it on a sandbox; without line breaks inside a finding.</summary>
    private async Task<(int Exit, string Output)> DoctorAsync(string url, params string[] more)
    {
        var (exit, output, errors) = await RemoraProcess.RunAsync(
            new Dictionary<string, string> { ["REMORA_SANDBOX_URL"] = url },
            ["doctor", "--live", "--pairs", "BTC/USDT", "--port", "1", "--data", _folder.File("data"), .. more]
        );
        return (exit, ContinuedPattern().Replace(output, " ") + errors);
    }

    [GeneratedRegex(" *\n {9,}", RegexOptions.None, 1000)]
    private static partial Regex ContinuedPattern();
}
