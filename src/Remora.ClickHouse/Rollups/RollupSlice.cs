using System.Globalization;

namespace Remora.ClickHouse.Rollups;

/// <summary>A stretch of time, end excluded.</summary>
internal readonly record struct RollupSlice(DateTimeOffset From, DateTimeOffset To)
{
    public QueryParameters Parameters => new QueryParameters().Add("from", From).Add("to", To);

    /// <summary>The condition that a time lies in the slice whose parameters are bound.</summary>
    public static string Condition(string time) => $"{time} >= {{from:DateTime('UTC')}} AND {time} < {{to:DateTime('UTC')}}";

    /// <summary>The whole of a partition, by its id.</summary>
    public static RollupSlice OfPartition(string id, RollupPartition kind)
    {
        var number = int.Parse(id, NumberStyles.None, CultureInfo.InvariantCulture);
        var from = kind == RollupPartition.Month ? new DateTimeOffset(number / 100, number % 100, 1, 0, 0, 0, TimeSpan.Zero) : new DateTimeOffset(number, 1, 1, 0, 0, 0, TimeSpan.Zero);
        return new(from, kind == RollupPartition.Month ? from.AddMonths(1) : from.AddYears(1));
    }

    /// <summary>The id of the partition that begins with the slice.</summary>
    public string IdOf(RollupPartition kind) => From.ToString(kind == RollupPartition.Month ? "yyyyMM" : "yyyy", CultureInfo.InvariantCulture);

    /// <summary>The first partition that lies wholly behind a moment begins here.</summary>
    public static DateTimeOffset NextPartition(DateTimeOffset moment, RollupPartition kind)
    {
        var from = kind == RollupPartition.Month ? new DateTimeOffset(moment.Year, moment.Month, 1, 0, 0, 0, TimeSpan.Zero) : new DateTimeOffset(moment.Year, 1, 1, 0, 0, 0, TimeSpan.Zero);
        return from == moment ? from : kind == RollupPartition.Month ? from.AddMonths(1) : from.AddYears(1);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{From:yyyy-MM-dd HH:mm:ss} to {To:yyyy-MM-dd HH:mm:ss}");
}
