using Remora.ClickHouse.Rows;
using Remora.Markets;

namespace Remora.Store.Tables;

/// <summary>The error of one model over hours.</summary>
/// <param name="SquaredError">The sum of squared errors of the log of variance.</param>
/// <param name="Qlike">The mean QLIKE loss; NaN without hours.</param>
public readonly record struct ModelSums(double SquaredError, double Qlike);

/// <summary>Graded hours, summed over one group.</summary>
public sealed record RecordSums
{
    /// <summary>What the group is of: <c>all</c>, <c>reason</c>, <c>vintage</c>, <c>day</c>,
    /// <c>volatility</c>, <c>fall_1</c> to <c>fall_3</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The reason, coefficients, day or tenth.</summary>
    public required string Name { get; init; }

    /// <summary>The number of hours.</summary>
    public required long Hours { get; init; }

    /// <summary>The number of hours in storms.</summary>
    public required long InStorms { get; init; }

    /// <summary>The number of graded hours.</summary>
    public required long Graded { get; init; }

    /// <summary>The number of graded horizons that do not overlap.</summary>
    public required long Independent { get; init; }

    /// <summary>The number of graded hours for which all models have a forecast.</summary>
    public required long Compared { get; init; }

    /// <summary>The first hour.</summary>
    public required Instant First { get; init; }

    /// <summary>The last hour.</summary>
    public required Instant Last { get; init; }

    /// <summary>The variance of the log of realised variance over the compared hours.</summary>
    public required double ComparedVariance { get; init; }

    /// <summary>The published forecast over the compared hours.</summary>
    public required ModelSums ComparedOwn { get; init; }

    /// <summary>The rivals over the compared hours, in the order of
    /// <see cref="ForecastRecord.Rivals"/>.</summary>
    public required IReadOnlyList<ModelSums> Rivals { get; init; }

    /// <summary>The variance of the log of realised variance over the graded hours.</summary>
    public required double GradedVariance { get; init; }

    /// <summary>The published forecast over the graded hours.</summary>
    public required ModelSums Own { get; init; }

    /// <summary>The mean expected variance over the horizon.</summary>
    public required double Expected { get; init; }

    /// <summary>The mean realised variance over the horizon.</summary>
    public required double Realised { get; init; }

    /// <summary>The number of graded hours with probabilities.</summary>
    public required long WithOdds { get; init; }

    /// <summary>The mean probability of a fall beyond 1, 2 and 5 %.</summary>
    public required IReadOnlyList<double> Predicted { get; init; }

    /// <summary>The share of hours with such a fall.</summary>
    public required IReadOnlyList<double> Observed { get; init; }

    /// <summary>The mean squared difference between probability and event.</summary>
    public required IReadOnlyList<double> Brier { get; init; }

    /// <summary>The number of horizons that do not overlap and have a value at risk.</summary>
    public required long Slots { get; init; }

    /// <summary>Losses beyond the value at risk of 95 and 99 %.</summary>
    public required IReadOnlyList<long> Hits { get; init; }

    /// <summary>
    /// For 95 and 99 %, pairs of successive horizons: none and none, none and hit, hit and none,
    /// hit and hit.
    /// </summary>
    public required IReadOnlyList<IReadOnlyList<long>> Successions { get; init; }

    internal static RecordSums Read(RowReader row) =>
        new()
        {
            Kind = row.String(),
            Name = row.String(),
            Hours = (long)row.UInt64(),
            InStorms = (long)row.UInt64(),
            Graded = (long)row.UInt64(),
            Independent = (long)row.UInt64(),
            Compared = (long)row.UInt64(),
            First = HourAt(row),
            Last = HourAt(row),
            ComparedVariance = row.Float64(),
            ComparedOwn = Model(row),
            Rivals = [Model(row), Model(row)],
            GradedVariance = row.Float64(),
            Own = Model(row),
            Expected = row.Float64(),
            Realised = row.Float64(),
            WithOdds = (long)row.UInt64(),
            Predicted = row.Array(number => number.Float64()),
            Observed = row.Array(number => number.Float64()),
            Brier = row.Array(number => number.Float64()),
            Slots = (long)row.UInt64(),
            Hits = row.Array(number => (long)number.UInt64()),
            Successions = [row.Array(number => (long)number.UInt64()), row.Array(number => (long)number.UInt64())],
        };

    private static Instant HourAt(RowReader row) => new(row.Int64() * 3600 * 1000);

    private static ModelSums Model(RowReader row) => new(row.Float64(), row.Float64());
}
