using System.Text.Json;

namespace Remora.Cli.Tests;

[Trait("speed", "slow")]
public sealed class LabCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _candles;

    public LabCommandTests() => _candles = _folder.Write("candles.csv", Tapes.ToCsv(Tapes.Days(100)));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Lab_prints_a_sentence_and_tables_counts_tries_and_saves_a_policy_that_serves()
    {
        var (exit, output, errors) = await LabAsync("--set", "block_from=0.8");
        Assert.True(exit == 0, errors);
        Assert.Contains("This policy blocks ", output);
        Assert.Contains("at equal blocked time", output);
        Assert.Contains("1 policy was tried on these months", output);
        Assert.Contains("today's, at equal time", output);
        Assert.Contains("BollingerBreakout", output);
        Assert.Contains("There is less than two years of history", output);

        (exit, output, errors) = await LabAsync("--set", "block_from=0.7", "--json");
        Assert.True(exit == 0, errors);
        using (var trial = JsonDocument.Parse(output))
            Assert.Equal(2, trial.RootElement.GetProperty("luck").GetProperty("tried").GetInt32());

        var file = _folder.File("calmer.json");
        (exit, output, errors) = await LabAsync("--set", "block_from=0.7", "--save", file);
        Assert.True(exit == 0, errors);
        Assert.Contains("The sealed months, ", output);
        (exit, _, errors) = await LabAsync("--set", "block_from=0.7", "--save", file);
        Assert.Equal(2, exit);
        Assert.Contains("the file exists", errors);

        await using var service = RemoraProcess.Start([
            "serve",
            "--sandbox",
            "--port",
            "0",
            "--data",
            _folder.File("data"),
            "--policy",
            file,
        ]);
        using var http = new HttpClient();
        using var policies = JsonDocument.Parse(
            await http.GetStringAsync($"{await service.UrlAsync()}/api/v1/policies")
        );
        Assert.Equal("calmer", policies.RootElement.GetProperty("default").GetString());
        var saved = policies.RootElement.GetProperty("policies")[0];
        Assert.Equal(0.7, saved.GetProperty("block_from").GetDouble());
        Assert.StartsWith(
            "From the lab: 2 policies tried on binance BTC/USDT 5m",
            saved.GetProperty("description").GetString(),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("--set", "block_form=0.8", "unknown field, expected one of name")]
    [InlineData("--set", "regime.panic=1", "regime.panic: unknown field, expected one of normal_volatility")]
    [InlineData("--set", "block_from=-1", "block_from: must be a number above 0")]
    [InlineData("--set", "decision.blocking_flags=panic,fear", "must be one of extreme_fear, panic")]
    [InlineData("--set", "block_from", "expected FIELD=VALUE")]
    [InlineData("--policy", "magic", "'magic' is not a policy: expected remora-2")]
    [InlineData("--timeframe", "1h", "its candles are of 5m; expected 1h")]
    public async Task What_is_wrong_is_named(string option, string value, string expected)
    {
        var (exit, _, errors) = await LabAsync(option, value);
        Assert.Equal(2, exit);
        Assert.Contains(expected, errors, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File("tries.json")));
    }

    private Task<(int ExitCode, string Output, string Errors)> LabAsync(params string[] more) =>
        RemoraProcess.RunAsync([
            "lab",
            "BTC/USDT",
            "--candles",
            _candles,
            "--tries",
            _folder.File("tries.json"),
            .. more,
        ]);
}
