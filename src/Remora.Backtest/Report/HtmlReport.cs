using System.Text;
using System.Text.Json;
using Remora.Backtest.Study;

namespace Remora.Backtest.Report;

/// <summary>
/// Writes a study as one self-contained HTML page. Reading it requires no other file, no network
/// and no clock, and the same figures give the same bytes.
/// </summary>
public static class HtmlReport
{
    /// <summary>Writes the page.</summary>
    public static string Write(StudyFigures study)
    {
        var data = JsonSerializer.Serialize(
            new(Drawn(study), ResultsText.Findings(study), KeyFigures.Of(study)),
            BacktestJson.Short.ReportData
        );
        return Part("report.html")
            .Replace("{{title}}", Escape(study.Name), StringComparison.Ordinal)
            .Replace("{{headline}}", Escape(ResultsText.Headline(study)), StringComparison.Ordinal)
            .Replace("{{uplot.css}}", Part("uplot.css"), StringComparison.Ordinal)
            .Replace("{{report.css}}", Part("report.css"), StringComparison.Ordinal)
            .Replace("{{uplot.js}}", Part("uplot.js"), StringComparison.Ordinal)
            .Replace("{{report.js}}", Part("report.js"), StringComparison.Ordinal)
            // Prevents a tag from ending the script.
            .Replace("{{data}}", data.Replace("<", "\\u003c", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    // Bounds the size. Other gates than the policy are shown for the first period only.
    private static StudyFigures Drawn(StudyFigures study) =>
        study with
        {
            Cells = [.. study.Cells.Where(c => c.Role == GateRole.Policy || c.Period == study.Cells[0].Period)],
        };

    /// <summary>Returns an embedded file.</summary>
    internal static string Part(string name)
    {
        using var stream =
            typeof(HtmlReport).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"the resource {name} was not embedded");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    private static string Escape(string text) => System.Net.WebUtility.HtmlEncode(text);
}

/// <summary>What the script of the page draws.</summary>
/// <param name="Study">All figures.</param>
/// <param name="Findings">The conclusions in sentences.</param>
/// <param name="Key">The most important results.</param>
internal sealed record ReportData(StudyFigures Study, IReadOnlyList<string> Findings, IReadOnlyList<KeyFigure> Key);
