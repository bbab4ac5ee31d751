using Remora.Backtest.Report.Charts;

namespace Remora.Backtest.Report;

/// <summary>The files of results, for links from the page to the others.</summary>
/// <param name="Results">The path of the page, a Markdown file.</param>
/// <param name="Report">The path of the HTML report; null for none.</param>
public sealed record ResultsFiles(string Results, string? Report)
{
    private const string Images = "images";

    /// <summary>The link from the page to the report; null for none.</summary>
    internal string? ReportLink =>
        Report is null ? null : Path.GetRelativePath(Folder, Path.GetFullPath(Report)).Replace('\\', '/');

    private string Folder => Path.GetDirectoryName(Path.GetFullPath(Results))!;

    /// <summary>Returns the path of a chart's file.</summary>
    internal string PathOf(Chart chart) => Path.Combine(Folder, Images, FileOf(chart));

    /// <summary>Returns the link from the page to a chart.</summary>
    internal string ChartLink(Chart chart) => $"{Images}/{FileOf(chart)}";

    // Spaces would end the link.
    private string FileOf(Chart chart) =>
        $"{Path.GetFileNameWithoutExtension(Results).Replace(' ', '-')}-{chart.Name}.svg";
}
