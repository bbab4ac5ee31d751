using Remora.Backtest.Forecasts;
using Remora.Markets;
using Remora.Server.Api.TrackRecord;
using Remora.Store.Tables;

namespace Remora.Server.Grading;

/// <summary>Grades what was said about books against the candles that came after it.</summary>
internal static class BookGrader
{
    /// <summary>The horizon, in hours.</summary>
    public const int Horizon = 24;

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan Step = TimeSpan.FromMinutes(5); // until the last candle is stored
    private static readonly (string Name, double Rate)[] Levels = [("0.95", 0.05), ("0.99", 0.01)];

    /// <summary>Grades one book.</summary>
    /// <param name="rows">What was said, ascending, at least one.</param>
    /// <param name="from">The first moment; null for the begin of the record.</param>
    /// <param name="to">The end, exclusive.</param>
    /// <param name="now">The current time.</param>
    /// <param name="returns">The log returns of a pair by the begin of the hour; null without
    /// candles.</param>
    public static BookScorecard Grade(
        IReadOnlyList<BookForecast> rows,
        Instant? from,
        Instant to,
        Instant now,
        Func<string, IReadOnlyDictionary<Instant, double[]>?> returns
    )
    {
        var since = rows[0].At;
        var begin = from > since ? from.Value : since;
        var first = begin.Floor(Hour) is var floor && floor < begin ? floor + Hour : floor;
        var byHour = rows.ToDictionary(row => row.At);
        var (hours, graded, slots, bias) = (0L, 0L, 0L, 0.0);
        var notGraded = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var losses = Levels.Select(_ => new Tally()).ToArray();
        for (var hour = first; hour < to; hour += Hour)
        {
            hours++;
            var row = byHour.GetValueOrDefault(hour);
            var outcome = default(Outcome);
            if (Reason(row, hour, now) is { } reason || (reason = Measure(row!, returns, out outcome)) is not null)
            {
                notGraded[reason] = notGraded.GetValueOrDefault(reason) + 1;
                continue;
            }
            graded++;
            bias += Math.Log(row!.Volatility * row.Volatility / outcome.Variance);
            if (hour.UnixMilliseconds / 3_600_000 % Horizon != 0)
                continue;
            slots++;
            for (var level = 0; level < Levels.Length; level++)
                losses[level].Add(-outcome.Change, row.ValueAtRisk[level], row.ExpectedShortfall[level]);
        }
        return new(
            rows[0].Bot,
            !BookKeeper.Fixed.ContainsKey(rows[0].Bot),
            since,
            hours,
            graded,
            slots,
            graded == 0 ? double.NaN : bias / graded,
            Levels.Index().ToDictionary(level => level.Item.Name, level => losses[level.Index].Score(level.Item.Rate)),
            notGraded
        );
    }

    private static string? Reason(BookForecast? row, Instant hour, Instant now) =>
        hour + (Horizon * Hour) + Step > now ? "not_passed"
        : row is null ? "no_answer"
        : row.AsOf is not { } asOf || !(row.Volatility > 0) || asOf < hour - Hour ? "no_forecast"
        : asOf > hour + ForecastRecord.Grace ? "late"
        : row.InSample ? "in_sample"
        : null;

    // Returns a reason if candles are missing.
    private static string? Measure(
        BookForecast row,
        Func<string, IReadOnlyDictionary<Instant, double[]>?> returns,
        out Outcome outcome
    )
    {
        outcome = default;
        var weights = new Dictionary<string, double>(StringComparer.Ordinal);
        for (var i = 0; i < row.Pairs.Count; i++)
            weights[row.Pairs[i]] = weights.GetValueOrDefault(row.Pairs[i]) + row.Weights[i];
        var held = weights.Where(each => each.Value != 0).ToArray();
        var (sums, variance) = (new double[held.Length], 0.0);
        Span<double> moves = stackalloc double[60];
        for (var k = 0; k < Horizon; k++)
        {
            var parts = new double[held.Length][];
            for (var i = 0; i < held.Length; i++)
            {
                if (returns(held[i].Key)?.TryGetValue(row.At + (k * Hour), out var part) != true)
                    return "gap";
                parts[i] = part!;
            }
            // Of markets of different timeframes, the longer candles.
            var count = parts.Length == 0 ? 0 : parts.Min(part => part.Length);
            moves[..count].Clear();
            for (var i = 0; i < held.Length; i++)
            for (var j = 0; j < parts[i].Length; j++)
            {
                moves[j * count / parts[i].Length] += held[i].Value * parts[i][j];
                sums[i] += parts[i][j];
            }
            foreach (var move in moves[..count])
                variance += move * move;
        }
        if (!(variance > 0))
            return "gap"; // a book that does not move has no log
        outcome = new(variance, held.Index().Sum(each => each.Item.Value * (Math.Exp(sums[each.Index]) - 1)));
        return null;
    }

    private readonly record struct Outcome(double Variance, double Change);

    /// <summary>The losses beyond one level.</summary>
    private sealed class Tally
    {
        private long _n;
        private long _hits;
        private double _losses;
        private double _expected;

        public void Add(double loss, double atRisk, double shortfall)
        {
            if (double.IsNaN(atRisk))
                return;
            _n++;
            if (!(loss > atRisk))
                return;
            _hits++;
            _losses += loss;
            _expected += shortfall;
        }

        public BookHitScore Score(double rate) =>
            new(_hits, rate * _n, _n, HitTests.Kupiec(_hits, _n, rate), _hits == 0 ? double.NaN : _losses / _expected);
    }
}
