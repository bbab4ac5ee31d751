namespace Remora.Store;

/// <summary>How the store is kept.</summary>
public sealed record StoreOptions
{
    /// <summary>How long each table keeps its rows.</summary>
    public StoreRetention Retention { get; init; } = new();
}

/// <summary>
/// For how many days rows are kept, by the time they tell of; 0 is for ever. Whole parts are dropped once everything in them is older, so
/// rows may stay up to a partition longer (a month; a year for candles). Rollups are kept for ever unless they are given days of their own.
/// </summary>
public sealed record StoreRetention
{
    /// <summary>The most days that can be asked for.</summary>
    public const int MostDays = 10_000;

    /// <summary>Days of candles.</summary>
    public int CandleDays { get; init; }

    /// <summary>Days of outside values. Fewer than 45 would lose what the changes are measured against at start.</summary>
    public int ObservationDays { get; init; }

    /// <summary>Days of assessments; what they were rolled up to is kept.</summary>
    public int AssessmentDays { get; init; }

    /// <summary>Days of requests; what they were rolled up to is kept.</summary>
    public int RequestDays { get; init; } = 90;

    /// <summary>Days of rollups, the longest intervals too.</summary>
    public int RollupDays { get; init; }

    /// <summary>Checks the numbers.</summary>
    /// <exception cref="StoreException">One is out of range; the message names it.</exception>
    public void Check()
    {
        Check(CandleDays, 0, nameof(CandleDays));
        Check(ObservationDays, 45, nameof(ObservationDays));
        Check(AssessmentDays, 0, nameof(AssessmentDays));
        Check(RequestDays, 0, nameof(RequestDays));
        Check(RollupDays, 0, nameof(RollupDays));
    }

    private static void Check(int days, int least, string name)
    {
        if (days is < 0 or > MostDays || (days > 0 && days < least))
            throw new StoreException($"{name} is {days}: allowed is 0 (for ever){(least > 0 ? $", or {least}" : ", or 1")} to {MostDays} days");
    }
}
