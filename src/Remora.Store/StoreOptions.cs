namespace Remora.Store;

/// <summary>Options of the store.</summary>
public sealed record StoreOptions
{
    /// <summary>The retention of each table.</summary>
    public StoreRetention Retention { get; init; } = new();

    /// <summary>
    /// The time of a query above which a rollup counts as slow; null for that of its definition.
    /// </summary>
    public TimeSpan? SlowAfter { get; init; }
}

/// <summary>
/// The retention of rows in days, by the time that a row describes; 0 keeps rows forever.
/// ClickHouse drops a part after all of its rows are too old, so rows may remain for up to one more
/// partition (a month; a year for candles). Rollups are kept forever unless
/// <see cref="RollupDays"/> is set.
/// </summary>
public sealed record StoreRetention
{
    /// <summary>The maximum of each number of days.</summary>
    public const int MostDays = 10_000;

    /// <summary>Retention of candles, in days.</summary>
    public int CandleDays { get; init; }

    /// <summary>
    /// Retention of observations, in days. Fewer than <see cref="RequiredHistory.Observations"/>
    /// remove values that are needed after a start to compute changes.
    /// </summary>
    public int ObservationDays { get; init; }

    /// <summary>Retention of assessments, in days. Their rollups remain.</summary>
    public int AssessmentDays { get; init; }

    /// <summary>Retention of requests, in days. Their rollups remain.</summary>
    public int RequestDays { get; init; } = 90;

    /// <summary>Retention of all intervals of rollups, in days.</summary>
    public int RollupDays { get; init; }

    /// <summary>
    /// Retention of the requests per query by the minute, in days. 0: they are not counted, and
    /// their rollup is dropped.
    /// </summary>
    public int QueryMinuteDays { get; init; }

    /// <summary>
    /// Returns the retention of a rollup in days, 0 for no limit; null if the store does not have
    /// it.
    /// </summary>
    internal int? DaysOf(string rollup) =>
        rollup != StoreRollups.QueryMinutes ? RollupDays
        : QueryMinuteDays > 0 ? QueryMinuteDays
        : null;

    /// <summary>Checks all values.</summary>
    /// <exception cref="StoreException">A value is out of range; the message names it.</exception>
    public void Check()
    {
        Check(CandleDays, 0, nameof(CandleDays));
        Check(ObservationDays, RequiredHistory.Observations.Days, nameof(ObservationDays));
        Check(AssessmentDays, 0, nameof(AssessmentDays));
        Check(RequestDays, 0, nameof(RequestDays));
        Check(RollupDays, 0, nameof(RollupDays));
        Check(QueryMinuteDays, 0, nameof(QueryMinuteDays));
    }

    private static void Check(int days, int least, string name)
    {
        if (days is < 0 or > MostDays || (days > 0 && days < least))
            throw new StoreException(
                $"{name} is {days}: expected {Math.Max(least, 1)} to {MostDays} days, or 0 for no limit"
            );
    }
}
