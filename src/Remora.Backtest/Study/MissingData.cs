using System.Globalization;
using Remora.Backtest.Data;
using Remora.Csv;
using Remora.Markets;

namespace Remora.Backtest.Study;

/// <summary>The files of a study that are not in its data folder.</summary>
/// <param name="Files">The files, in the order of the study; empty if all are there.</param>
/// <param name="Commands">The commands that fetch those which can be fetched, one per exchange,
/// without the name of the program.</param>
public sealed record MissingData(IReadOnlyList<MissingFile> Files, IReadOnlyList<string> Commands)
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    /// <summary>Compares a study with a folder.</summary>
    public static MissingData Of(StudyFile study, string folder)
    {
        bool IsMissing(string file) => !File.Exists(Path.Combine(folder, file));
        var candles = MarketsOf(study).Where(market => IsMissing(market.Candles)).DistinctBy(market => market.Candles);
        var outside = study.Outside.Where(outside => IsMissing(outside.File)).DistinctBy(outside => outside.File);
        MissingFile[] files =
        [
            .. candles.Select(market => new MissingFile(
                market.Candles,
                IsOutside: false,
                TimeframeOf(market) is not null
            )),
            .. outside.Select(file => new MissingFile(file.File, IsOutside: true, IsFetched(file))),
        ];
        return new(files, files.Any(file => file.CanBeFetched) ? CommandsFor(study, files, folder) : []);
    }

    private static IEnumerable<StudyMarket> MarketsOf(StudyFile study) =>
        study.Markets.Concat(study.ThinMarkets.Select(thin => new StudyMarket(thin.Pair, thin.Candles, thin.Exchange)));

    /// <summary>
    /// Returns a command per exchange, with all its markets of the study: what is complete already
    /// is not fetched again.
    /// </summary>
    private static string[] CommandsFor(StudyFile study, IReadOnlyList<MissingFile> files, string folder)
    {
        var names = files.Select(file => file.Name).ToHashSet();
        var needsOutside = files.Any(file => file is { IsOutside: true, CanBeFetched: true });
        // The engine's daily averages need more of the past than any strategy.
        var from = (study.Periods.Min(period => period.From) - RequiredHistory.Daily).Floor(Day);
        var until = study.Periods.Max(period => period.To).Floor(Day) + Day;
        var commands = new List<string>();
        foreach (var exchange in MarketsOf(study).GroupBy(market => market.Exchange))
        {
            if (!needsOutside && !exchange.Any(market => names.Contains(market.Candles)))
                continue;
            var timeframes = exchange.Select(TimeframeOf).OfType<Timeframe>().Distinct().ToArray();
            if (timeframes.Length == 0 && !needsOutside)
                continue;
            var what =
                timeframes.Length == 0 ? "--what outside" : "--timeframe " + string.Join<Timeframe>(',', timeframes);
            var pairs = string.Join(',', exchange.Select(market => market.Pair).Distinct());
            commands.Add(
                $"history fetch --exchange {exchange.Key} --pairs {pairs} {what} --from {DateOf(from)} "
                    + $"--until {DateOf(until)} --to {Quoted(folder)}"
            );
            needsOutside = false; // one command fetches the outside values
        }
        return [.. commands];
    }

    /// <summary>
    /// Returns the timeframe of a market whose file has the name that a fetch gives it; null for
    /// another name.
    /// </summary>
    private static Timeframe? TimeframeOf(StudyMarket market) =>
        Timeframe.Known.FirstOrDefault(timeframe =>
            HistoryLayout.Candles(market.Pair, timeframe) == market.Candles
            && (market.Timeframe is null || market.Timeframe == timeframe)
        );

    private static bool IsFetched(StudyOutside outside) =>
        outside.File
        == outside.Kind switch
        {
            OutsideKind.FearGreedDaily => HistoryLayout.FearGreed,
            OutsideKind.VixDaily => HistoryLayout.Vix,
            OutsideKind.DollarIndexDaily => HistoryLayout.Dollar,
            OutsideKind.Funding8h => HistoryLayout.Funding(outside.Base ?? ""),
            OutsideKind.OpenInterestDaily => HistoryLayout.OpenInterest(outside.Base ?? ""),
            _ => null, // no source has this history
        };

    private static string DateOf(Instant day) =>
        day.ToDateTimeOffset().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Quoted(string path) =>
        path.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '-' or '_')
            ? path
            : $"'{path.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}

/// <summary>A file of a study that is missing.</summary>
/// <param name="Name">Its name in the study.</param>
/// <param name="IsOutside">Whether it has outside values, without which the study can run.</param>
/// <param name="CanBeFetched">Whether <c>remora history fetch</c> writes a file of this
/// name.</param>
public sealed record MissingFile(string Name, bool IsOutside, bool CanBeFetched);

/// <summary>Files of a study are missing.</summary>
public sealed class MissingDataException(MissingData missing)
    : Exception($"missing: {string.Join(", ", missing.Files.Select(file => file.Name))}")
{
    /// <summary>The files, and how to fetch them.</summary>
    public MissingData Missing { get; } = missing;
}
