using System.Text.Json;
using Remora.Feeds.Http;
using Remora.Feeds.Keys;

namespace Remora.Cli.Tests;

[Trait("speed", "slow")]
public sealed class SourcesCommandTests
{
    [Fact]
    public async Task Lists_each_source_of_a_running_service_with_its_value()
    {
        await using var service = RemoraProcess.Start([
            "serve",
            "--sandbox",
            "--speed",
            "60",
            "--port",
            "0",
            "--pairs",
            "BTC/USDT",
            "--hold",
            "fear_greed=15",
            "--hold",
            "vix=31.5",
        ]);
        var url = await service.UrlAsync();
        string output = "",
            errors = "";
        var exit = 1;
        for (var i = 0; i < 60 && exit != 0; i++)
        {
            (exit, output, errors) = await RemoraProcess.RunAsync("sources", "--url", url, "--json");
            if (
                exit == 0
                && JsonElement
                    .Parse(output)
                    .GetProperty("sources")
                    .EnumerateArray()
                    .Any(source =>
                        source.GetProperty("values").GetArrayLength() == 0
                        && source.GetProperty("health").GetProperty("name").GetString() != "liquidations"
                    )
            )
                exit = 1; // these need a whole hour
            if (exit != 0)
                await Task.Delay(200);
        }
        Assert.True(exit == 0, output + errors);
        (exit, output, _) = await RemoraProcess.RunAsync("sources", "--url", url);
        Assert.Equal(0, exit);
        foreach (var source in HttpSources.Chains(DollarSource.Yahoo, SourceKeys.None).SelectMany(chain => chain))
            Assert.Contains(source.Name, output, StringComparison.Ordinal);
        Assert.Contains("perpetual-BTC", output, StringComparison.Ordinal);
        Assert.Contains("31.5", output, StringComparison.Ordinal);
        (exit, output, _) = await RemoraProcess.RunAsync("sources", "news", "--url", url);
        Assert.Equal(0, exit);
        Assert.Matches("market +[+-]0", output);
        Assert.Contains("coindesk", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tests_one_source_and_shows_raw_and_parsed_values()
    {
        await using var sandbox = RemoraProcess.Start(["sandbox", "--port", "0", "--hold", "btc_dominance=58.5"]);
        var url = await sandbox.UrlAsync();
        var (exit, output, errors) = await RemoraProcess.RunAsync("sources", "test", "coingecko", "--sandbox", url);
        Assert.True(exit == 0, errors);
        Assert.Contains("\"btc\":58.5", output, StringComparison.Ordinal);
        Assert.Matches("request .*/api/v3/global, response after [0-9.]+ s", output);
        foreach (var source in HttpSources.All)
            Assert.Equal(
                (0, source.Name),
                ((await RemoraProcess.RunAsync("sources", "test", source.Name, "--sandbox", url)).ExitCode, source.Name)
            );
        Assert.Matches("parsed +btc_dominance 58.5 at ", output);

        foreach (
            var (name, shown) in new[]
            {
                ("news", "parsed +[+-]0[.][0-9]{3} "),
                ("news", "result +-?[0-9.]+: "),
                ("perpetual-ETH", "request +binance for ETH/USDT:USDT"),
                ("perpetual-ETH", "parsed +funding_rate ETH "),
            }
        )
        {
            (exit, output, errors) = await RemoraProcess.RunAsync("sources", "test", name, "--sandbox", url);
            Assert.True(exit == 0, errors);
            Assert.Matches(shown, output);
        }
        const string Key = "a-key-that-nobody-may-see";
        (exit, output, errors) = await RemoraProcess.RunAsync(
            new Dictionary<string, string> { ["REMORA_COINGLASS_KEY"] = Key },
            "sources",
            "test",
            "coinglass-BTC",
            "--sandbox",
            url
        );
        Assert.True(exit == 0, errors);
        Assert.Contains("parsed   liquidations BTC ", output, StringComparison.Ordinal);
        Assert.DoesNotContain(Key, output + errors, StringComparison.Ordinal);

        using var http = new HttpClient();
        using var order = new StringContent("""{"kind":"null_200"}""");
        using var accepted = await http.PostAsync($"{url}/sandbox/faults", order);
        Assert.True(accepted.IsSuccessStatusCode);
        (exit, output, errors) = await RemoraProcess.RunAsync("sources", "test", "coingecko", "--sandbox", url);
        Assert.Equal(3, exit);
        Assert.DoesNotContain("parsed ", output, StringComparison.Ordinal);
        Assert.Contains("bad_response", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, "yahoo-vix", "sources", "test", "nonsense")]
    [InlineData(2, "Try 'remora sources test --help'", "sources", "test", "nonsense")]
    [InlineData(2, "perpetual-BTC", "sources", "test", "perpetual-")]
    [InlineData(2, "stream", "sources", "test", "liquidations")]
    [InlineData(2, "REMORA_COINGLASS_KEY", "sources", "test", "coinglass-BTC")]
    [InlineData(3, "remora serve", "sources", "--url", "http://127.0.0.1:1")]
    [InlineData(2, "0 to 100", "sandbox", "--hold", "fear_greed=120")]
    public async Task Invalid_use_names_the_problem(int exitCode, string expected, params string[] arguments)
    {
        var (exit, _, errors) = await RemoraProcess.RunAsync(arguments);
        Assert.Equal(exitCode, exit);
        Assert.Contains(expected, errors, StringComparison.Ordinal);
    }
}
