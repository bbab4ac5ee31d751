using System.Globalization;
using Remora.Backtest.Forecasts;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Server.Api.TrackRecord;
using Remora.Store.Tables;

namespace Remora.Server.Grading;

/// <summary>Turns the sums of the store into the track record of a market.</summary>
/// <param name="record">The published forecasts and what came.</param>
internal sealed class RecordGrader(ForecastRecord record)
{
    private const int DrivingDays = 5;
    private const double Noticeable = 1.001; // a day's factor that is worth a line
    private static readonly string[] Falls = ["0.01", "0.02", "0.05"];
    private static readonly (string Name, double Rate)[] Levels = [("0.95", 0.05), ("0.99", 0.01)];

    private static readonly Claim[] Claims =
    [
        .. Horizon.All.SelectMany(horizon =>
            Levels.Select(level => new Claim($"{horizon.Name} {level.Name}", level.Rate))
        ),
    ];

    /// <summary>Grades a span of the record.</summary>
    /// <param name="market">The market.</param>
    /// <param name="horizons">The horizons of the answer.</param>
    /// <param name="from">The first moment; null for the begin of the record.</param>
    /// <param name="to">The end, exclusive.</param>
    /// <param name="now">The current time.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public async Task<Scorecard> GradeAsync(
        MarketId market,
        IReadOnlyList<Horizon> horizons,
        Instant? from,
        Instant to,
        Instant now,
        CancellationToken cancellation
    )
    {
        var since = await record.SinceAsync(market, cancellation);
        var begin = since is { } first && !(from > first) ? first : from ?? to;
        var graded = new Dictionary<string, HorizonScorecard>();
        foreach (var horizon in horizons)
        {
            var groups = RecordGroups.Reasons | RecordGroups.Vintages | RecordGroups.Tenths;
            var sums = since is null
                ? []
                : await record.GradeAsync(market, horizon, begin, to, now, groups, cancellation);
            graded[horizon.Name] = Of(sums);
        }
        var alarm = await AlarmAsync(market, since, now, cancellation);
        return new(market.Pair, market.Exchange, market.Timeframe, since, begin, to, graded, alarm);
    }

    /// <summary>
    /// Returns the end of the last day that counts in the alarm. The last horizons of a day end
    /// with it; their candles come a little later.
    /// </summary>
    public static Instant EndOfDays(Instant now) => (now - TimeSpan.FromHours(1)).Floor(TimeSpan.FromDays(1));

    /// <summary>Tests the claims on the days of the present year that have passed.</summary>
    public async Task<RecordAlarm> AlarmAsync(
        MarketId market,
        Instant? since,
        Instant now,
        CancellationToken cancellation
    )
    {
        var end = EndOfDays(now);
        var year = Instant.From(new(end.ToDateTimeOffset().Year, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var begin = since > year ? since.Value.Floor(TimeSpan.FromDays(1)) : year;
        var days = new SortedDictionary<DateOnly, ClaimCount[]>();
        if (since is not null && begin < end)
        {
            foreach (var horizon in Horizon.All)
            {
                var sums = await record.GradeAsync(market, horizon, begin, end, now, RecordGroups.Days, cancellation);
                foreach (var day in sums)
                {
                    var date = DateOnly.ParseExact(day.Name, "yyyy-MM-dd", CultureInfo.InvariantCulture);
                    if (!days.TryGetValue(date, out var counts))
                        days[date] = counts = new ClaimCount[Claims.Length];
                    for (var level = 0; level < Levels.Length; level++)
                        counts[(horizon.Index * Levels.Length) + level] = new(day.Hits[level], day.Slots);
                }
            }
        }
        return Test(days);
    }

    internal static RecordAlarm Test(IReadOnlyDictionary<DateOnly, ClaimCount[]> days)
    {
        var evidence = new ClaimEvidence(Claims);
        DateOnly? raised = null;
        var against = new List<AlarmDay>();
        foreach (var (day, counts) in days)
        {
            var factor = evidence.Add(counts);
            if (evidence.Value >= ClaimEvidence.Threshold)
                raised ??= day;
            if (factor > Noticeable)
                against.Add(new(day, factor, [.. AgainstClaims(evidence.Factors, counts)]));
        }
        return new(
            raised is not null,
            raised,
            evidence.Value,
            evidence.Highest,
            ClaimEvidence.Threshold,
            ClaimEvidence.FalseAlarms,
            [.. against.OrderByDescending(day => day.Factor).Take(DrivingDays)]
        );
    }

    private static IEnumerable<AlarmClaim> AgainstClaims(IReadOnlyList<double> factors, ClaimCount[] counts)
    {
        for (var i = 0; i < counts.Length; i++)
        {
            if (factors[i] <= Noticeable)
                continue;
            var (horizon, level) = (Horizon.All[i / Levels.Length], Levels[i % Levels.Length]);
            yield return new(horizon.Name, level.Name, counts[i].Hits, counts[i].N);
        }
    }

    private static HorizonScorecard Of(IReadOnlyList<RecordSums> sums)
    {
        var all = sums.FirstOrDefault(group => group.Kind == "all");
        return new(
            all?.Hours ?? 0,
            all?.Graded ?? 0,
            all?.Independent ?? 0,
            all?.Compared ?? 0,
            Models(all),
            Tenths(
                sums,
                "volatility",
                group => Math.Sqrt(group.Expected),
                group => Math.Sqrt(group.Realised),
                g => g.Hours
            ),
            Falls.Index().ToDictionary(fall => fall.Item, fall => Drawdown(sums, all, fall.Index)),
            Hits(all),
            sums.Where(group => group.Kind == "reason" && group.Name != "graded")
                .ToDictionary(group => group.Name, group => new UngradedHours(group.Hours, group.InStorms)),
            [
                .. sums.Where(group => group.Kind == "vintage")
                    .OrderBy(group => group.First)
                    .Select(group => new VintageScore(
                        group.Name,
                        group.First,
                        group.Last,
                        group.Graded,
                        R2(group.Own, group.GradedVariance, group.Graded),
                        group.Own.Qlike,
                        Hits(group)
                    )),
            ]
        );
    }

    private static Dictionary<string, ModelScore> Models(RecordSums? all)
    {
        var scores = new Dictionary<string, ModelScore> { [ForecastCoefficients.Model] = Of(all?.ComparedOwn) };
        for (var i = 0; i < ForecastRecord.Rivals.Count; i++)
            scores[ForecastRecord.Rivals[i]] = Of(all?.Rivals[i]);
        return scores;

        ModelScore Of(ModelSums? sums) =>
            all is null || sums is not { } model
                ? new(double.NaN, double.NaN)
                : new(R2(model, all.ComparedVariance, all.Compared), model.Qlike);
    }

    private static double R2(ModelSums model, double variance, long hours) =>
        hours > 1 && variance > 0 ? 1 - (model.SquaredError / (variance * hours)) : double.NaN;

    private static DrawdownScore Drawdown(IReadOnlyList<RecordSums> sums, RecordSums? all, int fall) =>
        new(
            all?.WithOdds ?? 0,
            all?.Predicted[fall] ?? double.NaN,
            all?.Observed[fall] ?? double.NaN,
            all?.Brier[fall] ?? double.NaN,
            Tenths(
                sums,
                $"fall_{fall + 1}",
                group => group.Predicted[fall],
                group => group.Observed[fall],
                g => g.WithOdds
            )
        );

    private static IReadOnlyList<ReliabilityGroup> Tenths(
        IReadOnlyList<RecordSums> sums,
        string kind,
        Func<RecordSums, double> predicted,
        Func<RecordSums, double> observed,
        Func<RecordSums, long> n
    ) =>
        [
            .. sums.Where(group => group.Kind == kind)
                .OrderBy(group => group.Name, StringComparer.Ordinal)
                .Select(group => new ReliabilityGroup(predicted(group), observed(group), n(group))),
        ];

    private static Dictionary<string, HitScore> Hits(RecordSums? sums) =>
        Levels
            .Index()
            .ToDictionary(
                level => level.Item.Name,
                level =>
                {
                    var (n, hits) = (sums?.Slots ?? 0, sums?.Hits[level.Index] ?? 0);
                    return new HitScore(
                        hits,
                        n,
                        n == 0 ? double.NaN : (double)hits / n,
                        HitTests.Kupiec(hits, n, level.Item.Rate),
                        sums is null ? double.NaN : HitTests.ChristoffersenOfPairs([.. sums.Successions[level.Index]])
                    );
                }
            );
}
