using System.Text.Json;
using Remora.Forecasts;

namespace Remora.Cli.Tests;

[Trait("speed", "slow")]
public sealed class ForecastCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _candles;

    public ForecastCommandTests() =>
        _candles = "BTC/USDT=" + _folder.Write("candles.csv", Tapes.ToCsv(Tapes.Days(125)));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Fitted_coefficients_are_evaluated()
    {
        var file = _folder.File("coefficients.json");
        string[] fit = ["forecast", "fit", "--candles", _candles, "--until", "2024-12-31", "--to", file];
        var (exit, output, errors) = await RemoraProcess.RunAsync(fit);
        Assert.True(exit == 0, errors);
        Assert.Contains("1 fits, the newest 2025-01-01-", output);
        var bytes = await File.ReadAllBytesAsync(file);
        Assert.Equal(0, (await RemoraProcess.RunAsync(fit)).ExitCode);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(file));

        // The market moves on, out of the range of its past: probabilities are judged all the same.
        var newest = CoefficientsFile.Parse(bytes).Newest;
        var anywhere = CoefficientsFile.Write(new(newest with { Range = new(1, 1e6, 0, 0) }));
        await File.WriteAllBytesAsync(file, anywhere);

        string[] evaluate = ["forecast", "evaluate", "--candles", _candles, "--from", "2025-01-01", "--coefficients"];
        (exit, output, errors) = await RemoraProcess.RunAsync([.. evaluate, file, "--json"]);
        Assert.True(exit == 0, errors);
        using var json = JsonDocument.Parse(output);
        var horizon = json.RootElement.GetProperty("pairs").GetProperty("BTC/USDT").GetProperty("4h");
        Assert.Equal((59 * 24) - 3, horizon.GetProperty("hours").GetInt32());
        foreach (var model in new[] { "remora-2", "har", "har_season", "ewma", "garch", "persistence" })
        foreach (var figure in new[] { "ic", "r2", "qlike", "dm" })
            Assert.True(horizon.GetProperty("models").GetProperty(model).TryGetProperty(figure, out _), figure);
        var fall = horizon.GetProperty("drawdown").GetProperty("0.02");
        Assert.Equal(2, fall.GetProperty("interval").GetArrayLength());
        Assert.Equal(3, fall.GetProperty("reliability")[0].GetArrayLength());
        Assert.True(fall.TryGetProperty("brier_skill", out _));
        var hits = horizon.GetProperty("var").GetProperty("0.95");
        Assert.Equal(59 * 6, hits.GetProperty("n").GetInt32());
        Assert.InRange(hits.GetProperty("hits").GetDouble(), 0, 1);
        Assert.True(hits.TryGetProperty("kupiec_p", out _));

        (exit, output, errors) = await RemoraProcess.RunAsync([.. evaluate, file]);
        Assert.True(exit == 0, errors);
        Assert.Contains("BTC/USDT, 24h ahead", output);
        Assert.DoesNotContain("IN SAMPLE", output);

        await File.WriteAllTextAsync(file, """{"model": "remora-2", "fits": 1}""");
        (exit, _, errors) = await RemoraProcess.RunAsync([.. evaluate, file]);
        Assert.Equal(2, exit);
        Assert.Contains("coefficients.json: fits: must be a list", errors);
    }
}
