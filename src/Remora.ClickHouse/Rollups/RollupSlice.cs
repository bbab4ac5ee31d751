using System.Globalization;

namespace Remora.ClickHouse.Rollups;

/// <summary>A range of time, without its end.</summary>
internal readonly record struct RollupSlice(DateTimeOffset From, DateTimeOffset To)
{
    public QueryParameters Parameters => new QueryParameters().Add("from", From).Add("to", To);

    /// <summary>
    /// Returns the condition that a time is in the slice of the query parameters.
    /// </summary>
    public static string Condition(string time) =>
        $"{time} >= {{from:DateTime('UTC')}} AND {time} < {{to:DateTime('UTC')}}";

    /// <summary>Returns the slice of a partition id.</summary>
    public static RollupSlice OfPartition(string id, RollupPartition kind)
    {
        var number = int.Parse(id, NumberStyles.None, CultureInfo.InvariantCulture);
        var from =
            kind == RollupPartition.Month
                ? new DateTimeOffset(number / 100, number % 100, 1, 0, 0, 0, TimeSpan.Zero)
                : new DateTimeOffset(number, 1, 1, 0, 0, 0, TimeSpan.Zero);
        return new(from, kind == RollupPartition.Month ? from.AddMonths(1) : from.AddYears(1));
    }

    /// <summary>Returns the id of the partition that starts with the slice.</summary>
    public string IdOf(RollupPartition kind) =>
        From.ToString(kind == RollupPartition.Month ? "yyyyMM" : "yyyy", CultureInfo.InvariantCulture);

    /// <summary>Returns the start of the first partition that is entirely after a moment.</summary>
    public static DateTimeOffset NextPartition(DateTimeOffset moment, RollupPartition kind)
    {
        var from =
            kind == RollupPartition.Month
                ? new DateTimeOffset(moment.Year, moment.Month, 1, 0, 0, 0, TimeSpan.Zero)
                : new DateTimeOffset(moment.Year, 1, 1, 0, 0, 0, TimeSpan.Zero);
        return from == moment ? from
            : kind == RollupPartition.Month ? from.AddMonths(1)
            : from.AddYears(1);
    }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{From:yyyy-MM-dd HH:mm:ss} to {To:yyyy-MM-dd HH:mm:ss}");
}
