using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Remora.Backtest.Report;
using Remora.Backtest.Study;
using Remora.Backtest.Trading;
using Remora.Testing;

namespace Remora.Backtest.Tests.Study;

/// <summary>A complete study with generated candles.</summary>
public sealed partial class StudyTests
{
    private const string Text = """
        {
          "name": "made <up>",
          "markets": [ { "pair": "BTC/USDT", "candles": "five.csv" }, { "pair": "BTC/USDT", "candles": "hour.csv" } ],
          "outside": [ { "file": "fear.csv", "kind": "fear_greed_daily" } ],
          "periods": [ { "name": "all", "from": "2024-01-05", "to": "2024-02-20" }, { "name": "never", "from": "2030-01-01", "to": "2030-02-01" } ],
          "strategies": ["RSIEMA", "MACDCross", "BuyAndHold"],
          "thresholds": [0.6], "shifts": 60, "walk_forward_shifts": 20, "walk_forward_windows": 3, "resamples": 60, "seed": 3
        }
        """;

    internal static readonly string Folder = Prepare();

    private static string Prepare()
    {
        var folder = Directory.CreateTempSubdirectory("remora-study-").FullName;
        Write(Path.Combine(folder, "five.csv"), Generated.Candles(15_000, 1));
        Write(
            Path.Combine(folder, "hour.csv"),
            Generated.Candles(24 * 80, 2, Markets.Timeframe.OneHour, Generated.At("2023-12-10"))
        );
        File.WriteAllText(
            Path.Combine(folder, "fear.csv"),
            "timestamp,date,value,value_classification\n1705276800000,2024-01-15,10,\n"
        );
        File.WriteAllText(Path.Combine(folder, "study.json"), Text);
        return folder;
    }

    private static void Write(string path, Markets.CandleTape series)
    {
        var text = new StringBuilder("timestamp,open,high,low,close,volume\n");
        foreach (var c in series.Candles)
            text.Append(
                CultureInfo.InvariantCulture,
                $"{c.OpenTime.UnixMilliseconds},{c.Open},{c.High},{c.Low},{c.Close},{c.Volume}\n"
            );
        File.WriteAllText(path, text.ToString());
    }

    /// <summary>The figures of the study, which runs once for all tests that read them.</summary>
    internal static readonly Lazy<StudyFigures> Figures = new(() => Run("shared"));

    internal static StudyFigures Run(string to) =>
        StudyJob.Run(
            new()
            {
                Study = Path.Combine(Folder, "study.json"),
                DataFolder = Folder,
                FiguresTo = Path.Combine(Folder, to, "figures.json"),
                ReportTo = Path.Combine(Folder, to, "report.html"),
                ResultsTo = Path.Combine(Folder, to, "results.md"),
            }
        );

    [Fact]
    public void The_same_inputs_give_the_same_bytes()
    {
        Run("a");
        Run("b");
        var charts = Directory.GetFiles(Path.Combine(Folder, "a", "images")).Select(Path.GetFileName).ToArray();
        Assert.Equal(3, charts.Length);
        foreach (
            var file in charts.Select(chart => $"images/{chart}").Concat(["figures.json", "report.html", "results.md"])
        )
            Assert.Equal(
                File.ReadAllBytes(Path.Combine(Folder, "a", file)),
                File.ReadAllBytes(Path.Combine(Folder, "b", file))
            );
    }

    [Fact]
    public void Every_gate_has_a_cell_and_skipped_runs_are_listed()
    {
        var figures = Run("c");
        Assert.Equal(3 * 6, figures.Cells.Count); // policy, three ablations, a threshold, the sized gate
        Assert.Equal(2, figures.Skipped.Count); // once per market
        Assert.All(figures.Skipped, s => Assert.Contains("never", s));
        Assert.Equal(3, figures.GateConclusion.Cells);
        Assert.Equal(["RSIEMA", "MACDCross"], figures.WalkForward.Select(w => w.Strategy));
        foreach (var detail in figures.Details)
        {
            var cell = figures.Cells.First(c => c.Strategy == detail.Strategy && c.Role == GateRole.Policy);
            // The last trade is closed at an open, the curve ends at a close.
            Assert.Equal(cell.Ungated.FinalBalance, detail.Equity.Ungated[^1], 20.0);
            // The curve is rounded to cents.
            Assert.Equal(
                detail.Equity.Ungated[^1] / 1000,
                detail.Months.Aggregate(1.0, (value, month) => value * (1 + (month.UngatedPct / 100))),
                1e-4
            );
        }
    }

    [Fact]
    public void The_report_is_one_file_that_begins_with_the_verdict()
    {
        var figures = Run("d");
        var page = File.ReadAllText(Path.Combine(Folder, "d", "report.html"));
        var body = page[(page.IndexOf("<body>", StringComparison.Ordinal) + 6)..].TrimStart();
        Assert.StartsWith($"<p id=\"headline\">{ResultsText.Headline(figures)}", body);
        Assert.DoesNotContain("<script src", page);
        Assert.DoesNotContain("<link", page);
        Assert.DoesNotContain("made <up>", page);
        Assert.DoesNotContain("{{", page[..page.IndexOf("<script>", StringComparison.Ordinal)]);
        Assert.Contains("uPlot", page);
    }

    [Fact]
    public void The_verdict_can_be_positive_or_negative()
    {
        var figures = Figures.Value;
        Assert.Contains(
            "does not beat the placebo",
            ResultsText.Headline(figures with { GateConclusion = figures.GateConclusion with { Beats = false } })
        );
        Assert.Contains(
            " beats the placebo",
            ResultsText.Headline(figures with { GateConclusion = figures.GateConclusion with { Beats = true } })
        );
    }

    [Fact]
    public void The_results_begin_with_the_verdict_and_link_their_files()
    {
        var figures = Run("f");
        var page = File.ReadAllText(Path.Combine(Folder, "f", "results.md"));
        Assert.StartsWith($"# Results: made <up>\n\n{ResultsText.Headline(figures)}\n", page);
        var tables = page.IndexOf("\n|", StringComparison.Ordinal);
        foreach (var claim in Verdict.Of(figures))
            Assert.InRange(page.IndexOf($"- **{claim.Title}** {claim.Text}\n", StringComparison.Ordinal), 0, tables);
        string[] links = [.. Links().Matches(page).Select(link => link.Groups["file"].Value)];
        Assert.Equal(
            [
                "images/results-volatility.svg",
                "images/results-worst-entries.svg",
                "images/results-cost.svg",
                "report.html",
            ],
            links.Where(link => link != "methodology.md")
        );
        Assert.All(
            links.Where(link => link != "methodology.md"),
            link => Assert.True(File.Exists(Path.Combine(Folder, "f", link)), link)
        );
    }

    [GeneratedRegex(@"\]\((?<file>[^)]+)\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Links();

    [Fact]
    public void Periods_that_overlap_with_an_earlier_one_are_not_pooled()
    {
        static StudyPeriod Period(string name, string from, string to) =>
            new(name, Generated.At(from), Generated.At(to));
        var whole = Period("whole", "2020-01-01", "2023-12-31");
        var (first, second) = (Period("a", "2020-01-01", "2020-12-31"), Period("b", "2021-01-01", "2021-12-31"));
        Assert.Equal([whole], new StudyFile { Periods = [whole, first, second] }.Disjoint);
        Assert.Equal([first, second], new StudyFile { Periods = [first, second, whole] }.Disjoint);
    }

    [Theory]
    [InlineData("""{ "markets": [] }""", "markets: must be at least one market")]
    [InlineData("""{ "market": [] }""", "'market'")]
    [InlineData("""{ "markets": [ { "pair": "BTC", "candles": "x" } ] }""", "expected a pair such as BTC/USDT")]
    [InlineData(
        """{ "markets": [ { "pair": "BTC/USDT", "candles": "x" } ], "periods": [ { "name": "a", "from": "2024-01-02", "to": "2024-01-01" } ] }""",
        "periods: must be each 'from' before its 'to'"
    )]
    [InlineData(
        """{ "markets": [ { "pair": "BTC/USDT", "candles": "x" } ], "periods": [ { "name": "a", "from": "2024-01-01", "to": "2024-01-02" } ], "strategies": ["Magic"] }""",
        "'Magic' is not a strategy: expected one of RSIEMA"
    )]
    [InlineData(
        """{ "markets": [ { "pair": "BTC/USDT", "candles": "x" } ], "periods": [ { "name": "a", "from": "2024-01-01", "to": "2024-01-02" } ], "shifts": 0 }""",
        "shifts: must be 1 to 1000000"
    )]
    public void An_invalid_study_is_rejected_with_the_field(string text, string reason) =>
        Assert.Contains(
            reason,
            Assert.Throws<BacktestException>(() => StudyFile.Parse(Encoding.UTF8.GetBytes(text))).Message
        );

    [Fact]
    public void A_file_that_is_missing_is_named()
    {
        var study = StudyFile.Parse(Encoding.UTF8.GetBytes(Text.Replace("hour.csv", "nowhere.csv")));
        Assert.Contains("nowhere.csv", Assert.Throws<BacktestException>(() => StudyRun.Run(study, Folder)).Message);
        Assert.Contains(
            "requires candles of 1h",
            Assert
                .Throws<BacktestException>(() => StudyRun.Run(study with { Markets = [study.Markets[0]] }, Folder))
                .Message
        );
    }

    [Theory]
    [InlineData("btc.json", 6, 5, 1)]
    [InlineData("majors.json", 14, 5, 3)]
    public void A_shipped_study_is_valid(string file, int strategies, int periods, int pairs)
    {
        var study = StudyFile.Parse(File.ReadAllBytes(Repository.PathOf("studies", file)));
        Assert.True(study.Shifts >= 2000);
        Assert.Equal((strategies, periods), (study.Strategies.Count, study.Periods.Count));
        Assert.Equal(pairs, study.Markets.DistinctBy(market => market.Pair).Count());
    }

    [Fact]
    public void The_periods_of_the_study_of_majors_are_disjoint()
    {
        var study = StudyFile.Parse(File.ReadAllBytes(Repository.PathOf("studies", "majors.json")));
        foreach (var (before, after) in study.Periods.Zip(study.Periods.Skip(1)))
            Assert.True(before.To < after.From);
    }

    private const string TwoPairs = """
        {
          "markets": [
            { "pair": "BTC/USDT", "candles": "five.csv" }, { "pair": "BTC/USDT", "candles": "hour.csv", "calibrate": false },
            { "pair": "ETH/USDT", "candles": "five.csv" }, { "pair": "ETH/USDT", "candles": "five.csv", "build": "1h", "calibrate": false }
          ],
          "periods": [ { "name": "first", "from": "2024-01-05", "to": "2024-01-20" }, { "name": "second", "from": "2024-01-21", "to": "2024-02-20" } ],
          "span": { "name": "both", "from": "2024-01-05", "to": "2024-02-20" },
          "thin_markets": [ { "name": "new", "pair": "NEW/USDT", "candles": "five.csv", "from": "2024-01-10", "to": "2024-01-20" } ],
          "strategies": ["MACDCross", "FourHourTrendShort", "DipBuyer", "VolatilityTargetHold"],
          "thresholds": [0.6], "shifts": 30, "walk_forward_shifts": 5, "walk_forward_windows": 3, "resamples": 30, "seed": 3
        }
        """;

    [Fact]
    public void A_strategy_runs_on_every_pair()
    {
        var study = StudyFile.Parse(Encoding.UTF8.GetBytes(TwoPairs));
        var figures = StudyRun.Run(study, Folder);
        Assert.Equal(
            ["binance BTC/USDT 5m", "binance BTC/USDT 1h", "binance ETH/USDT 5m", "binance ETH/USDT 1h"],
            figures.Markets.Select(m => m.Market)
        );
        var cells = figures.Cells.Where(c => c.Role == GateRole.Policy).ToArray();
        Assert.Equal(cells.Length, figures.GateConclusion.Cells);
        Assert.Equal(["BTC/USDT", "ETH/USDT"], cells.Select(c => c.Market).Distinct());
        // The same candles, but other random numbers.
        var macd = cells.Where(c => c is { Strategy: "MACDCross", Period: "second" }).ToArray();
        Assert.Equal(macd[0].Ungated.ProfitTotal, macd[1].Ungated.ProfitTotal);
        Assert.NotEqual(macd[0].Tests["edge_pct"], macd[1].Tests["edge_pct"]);
        Assert.All(
            cells,
            c => Assert.True(c.Baseline!.GrossMeanPct >= c.Baseline.NetMeanPct || c.Baseline.Trades == 0)
        );
        Assert.Equal(2 * 2 * 4, figures.Stakes.Count); // the policy and its position scale
        Assert.All(figures.Stakes, row => Assert.InRange(row.Result.Figures.Exposure, 0, 1));

        Assert.All(figures.Calibration, c => Assert.Equal("both", c.Period));
        Assert.Equal(2, figures.Calibration.Count);
        Assert.Equal(4, figures.AfterHours.Count);
        Assert.Equal("binance NEW/USDT 5m", Assert.Single(figures.ThinMarkets).Market);
        Assert.Equal(8, figures.Details.Count);
        var text = ResultsText.Markdown(figures, new("results.md", null));
        Assert.Contains("| DipBuyer ETH/USDT | second |", text);
        Assert.Contains("## Beside a smaller constant stake", text);
        Assert.Contains("## Returns after blocked and after allowed hours", text);
        Assert.Contains("| new | binance NEW/USDT 5m, 2024-01-10T00:00:00Z to 2024-01-19T23:55:00Z | real |", text);
    }

    [Fact]
    public void Each_pair_gives_what_a_study_of_it_alone_gives()
    {
        var study = StudyFile.Parse(Encoding.UTF8.GetBytes(TwoPairs)) with { Strategies = ["MACDCross"] };
        var both = StudyRun.Run(study, Folder);
        var alone = StudyRun.Run(study with { Markets = [.. study.Markets.Skip(2)] }, Folder);
        static string Text(StudyFigures figures) =>
            string.Join(
                '\n',
                figures
                    .Cells.Where(c => c.Market == "ETH/USDT")
                    .Select(c => $"{c.Tests["edge_pct"]} {c.EqualCount?["edge_pct"]}")
            );
        Assert.Equal(Text(alone), Text(both));
    }

    [Fact]
    public void A_period_without_its_first_half_is_not_run()
    {
        var study = StudyFile.Parse(Encoding.UTF8.GetBytes(TwoPairs)) with { Strategies = ["MACDCross"] };
        study = study with
        {
            Periods = [new("year", Generated.At("2023-01-01"), Generated.At("2024-02-20")), .. study.Periods],
        };
        Assert.Equal(
            ["BTC/USDT", "ETH/USDT"],
            StudyRun.Run(study, Folder).Skipped.Select(skipped => skipped.Split(' ')[1])
        );
    }
}
