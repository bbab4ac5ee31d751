using System.Text.Json;

namespace Remora.Cli.Tests;

[Trait("speed", "slow")]
public sealed class EvidenceCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _candles;

    public EvidenceCommandTests() => _candles = _folder.Write("candles.csv", Tapes.ToCsv(Tapes.Days(90)));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Backtest_prints_all_figures_and_writes_every_trade()
    {
        var (exit, output, errors) = await RemoraProcess.RunAsync(
            "backtest",
            "--strategy",
            "MACDCross",
            "--candles",
            _candles,
            "--json",
            "--trades",
            _folder.File("trades.csv")
        );
        Assert.True(exit == 0, errors);
        using var figures = JsonDocument.Parse(output);
        string[] names =
        [
            "trades",
            "wins",
            "losses",
            "draws",
            "win_rate",
            "profit_total_pct",
            "max_drawdown_pct",
            "profit_factor",
            "sharpe",
            "sortino",
            "calmar",
            "mean_stake",
            "exit_reasons",
        ];
        Assert.All(names, name => Assert.True(figures.RootElement.TryGetProperty(name, out _), name));
        var trades = figures.RootElement.GetProperty("trades").GetInt32();
        Assert.True(trades > 0);
        Assert.Equal(trades + 1, (await File.ReadAllLinesAsync(_folder.File("trades.csv"))).Length);
    }

    [Fact]
    public async Task Backtest_shows_the_ungated_run_and_judge_reads_its_trades()
    {
        var (exit, output, errors) = await RemoraProcess.RunAsync(
            "backtest",
            "--strategy",
            "NFIQuickstart",
            "--candles",
            _candles,
            "--gate",
            "remora-1",
            "--trades",
            _folder.File("trades.csv")
        );
        Assert.True(exit == 0, errors);
        Assert.Contains("gated by remora-1", output);
        Assert.Contains("of the time is blocked", output);

        (exit, output, errors) = await RemoraProcess.RunAsync(
            "judge",
            _folder.File("trades.csv"),
            "--candles",
            $"BTC/USDT={_candles}"
        );
        Assert.True(exit == 0, errors);
        Assert.Contains("The gate blocks", output);
    }

    [Fact]
    public async Task History_is_a_row_per_candle_and_the_same_as_a_replay()
    {
        var (exit, _, errors) = await RemoraProcess.RunAsync(
            "history",
            "build",
            "--candles",
            $"BTC/USDT={_candles}",
            "--to",
            _folder.File("history")
        );
        Assert.True(exit == 0, errors);
        (exit, _, errors) = await RemoraProcess.RunAsync(
            "replay",
            _candles,
            "--pair",
            "BTC/USDT",
            "--to",
            _folder.File("replay.csv")
        );
        Assert.True(exit == 0, errors);
        Assert.Equal(
            await File.ReadAllTextAsync(_folder.File("replay.csv")),
            await File.ReadAllTextAsync(Path.Combine(_folder.File("history"), "BTC_USDT-history.csv"))
        );
    }

    [Theory]
    [InlineData("--strategy", "Magic", "Magic")]
    [InlineData(
        "--gate",
        "nothing",
        "'nothing' is not a policy: expected remora-2, remora-1, conservative, aggressive, or a policy file"
    )]
    [InlineData("--from", "2022-13-01", "'2022-13-01' is not a time")]
    [InlineData("--candles", "missing.csv", "missing.csv")]
    public async Task An_invalid_option_is_named(string option, string value, string complaint)
    {
        var options = new Dictionary<string, string>
        {
            ["--strategy"] = "RSIEMA",
            ["--candles"] = _candles,
            [option] = value,
        };
        var (exit, output, errors) = await RemoraProcess.RunAsync([
            "backtest",
            .. options.SelectMany(o => new[] { o.Key, o.Value }),
        ]);
        Assert.Equal(2, exit);
        Assert.Equal("", output);
        Assert.Contains(complaint, errors);
    }

    [Fact]
    public async Task An_invalid_study_or_export_is_named()
    {
        var study = _folder.Write("study.json", """{"name":"x","periodz":[]}""");
        var (exit, _, errors) = await RemoraProcess.RunAsync("study", study, "--data", _folder.Path);
        Assert.Equal(2, exit);
        Assert.Contains("study.json", errors);
        Assert.Contains("periodz", errors);

        (exit, _, errors) = await RemoraProcess.RunAsync(
            "judge",
            _folder.Write("export.json", "[[1,2]]"),
            "--candles",
            $"BTC/USDT={_candles}"
        );
        Assert.Equal(2, exit);
        Assert.Contains("export.json", errors);
    }
}
