using Remora.Backtest.Report;
using Remora.Backtest.Study;
using Remora.Testing;

namespace Remora.Backtest.Tests.Study;

/// <summary>
/// docs/results.md, its charts and the report equal the output of the study with the real candles.
/// A run checks one period of it; with REMORA_STUDY set, the whole files, byte for byte.
/// </summary>
[Trait("speed", "slow")]
public sealed class PublishedResultsTests
{
    private static string Published => File.ReadAllText(Repository.PathOf("docs", "results.md"));

    [Fact]
    public void Published_cells_are_reproduced()
    {
        var whole = Shipped();
        var period = whole.Periods.First(period => period.Name == "2022");
        // One strategy of each kind: 5m with a fixed stake, short, several orders, held.
        string[] strategies = ["RSIEMA", "ChannelBreakoutShort", "DipBuyer", "VolatilityTargetHold"];
        var study = whole with
        {
            Markets =
            [
                .. whole.Markets.Where(market => market.Pair.Base == "BTC").Select(m => m with { Calibrate = false }),
            ],
            Periods = [period],
            Span = period,
            Strategies = strategies,
            ThinMarkets = [],
            WalkForwardShifts = 1,
            Thresholds = [],
        };
        var rows = Rows(ResultsText.Markdown(StudyRun.Run(study, Folder()), new("results.md", null)));
        Assert.Equal(strategies.Length, rows.Length);
        Assert.Equal(
            rows,
            Rows(Published.Replace(" BTC/USDT |", " |"))
                .Where(row => Array.Exists(strategies, name => row.StartsWith(name + " |", StringComparison.Ordinal)))
        );
    }

    [Fact]
    public void The_results_page_equals_the_output_of_the_study()
    {
        Assert.SkipUnless(
            Environment.GetEnvironmentVariable("REMORA_STUDY") is { Length: > 0 },
            "takes minutes: set REMORA_STUDY to run it"
        );
        var folder = Directory.CreateTempSubdirectory("remora-published-").FullName;
        StudyJob.Run(
            new()
            {
                Study = Repository.PathOf("studies", "majors.json"),
                DataFolder = Folder(),
                ResultsTo = Path.Combine(folder, "results.md"),
                ReportTo = Path.Combine(folder, "public", "report.html"),
            }
        );
        foreach (var file in Directory.GetFiles(folder, "*", SearchOption.AllDirectories))
            Assert.Equal(
                File.ReadAllText(Repository.PathOf("docs", Path.GetRelativePath(folder, file))),
                File.ReadAllText(file)
            );
        Directory.Delete(folder, recursive: true);
    }

    private static StudyFile Shipped() =>
        StudyFile.Parse(File.ReadAllBytes(Repository.PathOf("studies", "majors.json")));

    private static string Folder() =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(SharedData.Require("candles/BTCUSDT-5m.csv.gz"))!, ".."));

    // The rows of the gate compared with its placebo in 2022, without Holm's column, which covers
    // all periods together.
    private static string[] Rows(string markdown)
    {
        var section = markdown
            .Split("\n## ")
            .Single(part => part.StartsWith("The gate against its placebo", StringComparison.Ordinal))
            .Split('\n');
        var holm = Array.FindIndex(
            section.First(line => line.StartsWith("| strategy", StringComparison.Ordinal)).Split('|'),
            name => name.Trim() == "Holm"
        );
        return
        [
            .. section
                .Where(line => line.Contains("| 2022 |", StringComparison.Ordinal))
                .Select(line =>
                    string.Join('|', line.Split('|').Where((_, column) => column != holm)).TrimStart('|', ' ')
                ),
        ];
    }
}
