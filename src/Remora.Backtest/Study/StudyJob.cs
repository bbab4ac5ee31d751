using System.Text;
using System.Text.Json;
using Remora.Backtest.Data;
using Remora.Backtest.Report;
using Remora.Backtest.Report.Charts;

namespace Remora.Backtest.Study;

/// <summary>
/// Runs a study from a file and writes its files: figures as JSON, the report as HTML, the results
/// as Markdown.
/// </summary>
public static class StudyJob
{
    /// <summary>Runs a study and writes its files. The same inputs give the same bytes.</summary>
    /// <exception cref="BacktestException">The study or its data is invalid; the message states the
    /// problem.</exception>
    /// <exception cref="MissingDataException">Files of the study are missing.</exception>
    public static StudyFigures Run(
        StudyOptions options,
        IProgress<double>? progress = null,
        CancellationToken cancellation = default
    )
    {
        byte[] file;
        try
        {
            file = File.ReadAllBytes(options.Study);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BacktestException($"{options.Study}: {e.Message}", e);
        }
        StudyFile study;
        try
        {
            study = StudyFile.Parse(file);
        }
        catch (BacktestException e)
        {
            throw new BacktestException($"{options.Study}: {e.Message}", e);
        }
        if (options.Shifts is { } shifts)
            study = study with { Shifts = shifts };
        if (options.Seed is { } seed)
            study = study with { Seed = seed };

        var missing = MissingData.Of(study, options.DataFolder);
        if (missing.Files.Any(file => !options.WithoutMissing || !file.IsOutside))
            throw new MissingDataException(missing);
        var without = missing.Files.Select(file => file.Name).ToArray();
        study = study with { Outside = [.. study.Outside.Where(outside => !without.Contains(outside.File))] };

        var figures = StudyRun.Run(
            study,
            options.DataFolder,
            options.Reader,
            options.Calendar,
            progress,
            cancellation
        ) with
        {
            Without = without,
        };
        if (options.FiguresTo is { } json)
            Write(json, JsonSerializer.SerializeToUtf8Bytes(figures, BacktestJson.Shared.StudyFigures));
        if (options.ReportTo is { } html)
            Write(html, Encoding.UTF8.GetBytes(HtmlReport.Write(figures)));
        if (options.ResultsTo is { } markdown)
        {
            var files = new ResultsFiles(markdown, options.ReportTo);
            foreach (var chart in StudyCharts.Of(figures))
                Write(files.PathOf(chart), Encoding.UTF8.GetBytes(chart.Svg));
            Write(markdown, Encoding.UTF8.GetBytes(ResultsText.Markdown(figures, files)));
        }
        return figures;
    }

    private static void Write(string path, byte[] content)
    {
        try
        {
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder)
                Directory.CreateDirectory(folder);
            File.WriteAllBytes(path, content);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BacktestException($"{path}: {e.Message}", e);
        }
    }
}

/// <summary>The files of a study job.</summary>
public sealed record StudyOptions
{
    /// <summary>The study file.</summary>
    public required string Study { get; init; }

    /// <summary>The folder of the files that the study names.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Reads the candle files.</summary>
    public CandleReader Reader { get; init; } = CandleFile.Read;

    /// <summary>The scheduled events.</summary>
    public ReplayCalendar Calendar { get; init; } = ReplayCalendar.Shipped;

    /// <summary>The file for the figures as JSON; null for none.</summary>
    public string? FiguresTo { get; init; }

    /// <summary>The file for the report as HTML; null for none.</summary>
    public string? ReportTo { get; init; }

    /// <summary>
    /// The file for the results as Markdown; null for none. Its charts are written to the folder
    /// <c>images</c> beside it.
    /// </summary>
    public string? ResultsTo { get; init; }

    /// <summary>
    /// Whether the study runs without outside files that are missing. The figures list them.
    /// </summary>
    public bool WithoutMissing { get; init; }

    /// <summary>The number of rotations per cell; null for the study's own.</summary>
    public int? Shifts { get; init; }

    /// <summary>The seed; null for the study's own.</summary>
    public ulong? Seed { get; init; }
}
