using Remora.Backtest.Report;
using Remora.Backtest.Study;
using Remora.Testing;

namespace Remora.Backtest.Tests.Study;

/// <summary>
/// docs/results.md, its charts and the report equal the output of the study with the real candles. A
/// run checks one period of it; with REMORA_STUDY set, the whole files, byte for byte.
/// </summary>
[Trait("speed", "slow")]
public sealed class PublishedResultsTests
{
    private static string Published => File.ReadAllText(Repository.PathOf("docs", "results.md"));

    [Fact]
    public void A_published_period_is_reproduced()
    {
        var whole = Shipped();
        var (study, folder) = (
            whole with
            {
                Periods = [whole.Periods.First(period => period.Name == "2022")],
                WalkForwardShifts = 1,
                Thresholds = [],
            },
            Folder()
        );
        var rows = Rows(ResultsText.Markdown(StudyRun.Run(study, folder), new("results.md", null)));
        Assert.Equal(study.Strategies.Count, rows.Length);
        Assert.Equal(Rows(Published), rows);
    }

    [Fact]
    public void The_results_page_equals_the_output_of_the_study()
    {
        Assert.SkipUnless(
            Environment.GetEnvironmentVariable("REMORA_STUDY") is { Length: > 0 },
            "takes a minute: set REMORA_STUDY to run it"
        );
        var folder = Directory.CreateTempSubdirectory("remora-published-").FullName;
        StudyJob.Run(
            new()
            {
                Study = Repository.PathOf("studies", "btc.json"),
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

    private static StudyFile Shipped() => StudyFile.Parse(File.ReadAllBytes(Repository.PathOf("studies", "btc.json")));

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
                .Select(line => string.Join('|', line.Split('|').Where((_, column) => column != holm))),
        ];
    }
}
