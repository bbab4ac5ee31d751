using Remora.ClickHouse;
using Remora.Markets;

namespace Remora.Store.Tables;

/// <summary>The requested part of a table.</summary>
/// <param name="From">The start, inclusive; null for the beginning.</param>
/// <param name="To">The end, exclusive; null for no end.</param>
/// <param name="Limit">
/// The maximum number of rows; null for all. The next page starts after the time of the last row.
/// </param>
/// <param name="NewestFirst">
/// Whether the newest rows come first, and so are the ones within the limit.
/// </param>
public readonly record struct Span(
    Instant? From = null,
    Instant? To = null,
    int? Limit = null,
    bool NewestFirst = false
)
{
    // The limits of a DateTime64(3) that a DateTime can hold too. Beyond them, comparisons wrap
    // around. Not 0, which the servers of a cluster send to each other as '0' and cannot read.
    private static readonly Instant Earliest = new(1000);
    private static readonly Instant Latest = new(4_294_967_295_000);

    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1); // the resolution of every time in the store

    /// <summary>Returns a span up to and including a moment.</summary>
    /// <param name="last">The last moment.</param>
    /// <param name="from">The first moment; null for the beginning.</param>
    public static Span UpTo(Instant last, Instant? from = null) => new(from, last + Moment);

    internal string Where(string column, QueryParameters parameters)
    {
        parameters.Add("from", Clamp(From ?? Earliest)).Add("to", Clamp(To ?? Latest));
        return $"{column} >= {{from:DateTime64(3, 'UTC')}} AND {column} < {{to:DateTime64(3, 'UTC')}}";
    }

    internal string Order(string columns, QueryParameters parameters)
    {
        var direction = NewestFirst ? " DESC" : "";
        var order = $" ORDER BY {string.Join(", ", columns.Split(',').Select(column => column.Trim() + direction))}";
        if (Limit is not { } limit)
            return order;
        parameters.Add("limit", (long)limit);
        return order + " LIMIT {limit:UInt64}";
    }

    private static DateTimeOffset Clamp(Instant instant) =>
        (
            instant < Earliest ? Earliest
            : instant > Latest ? Latest
            : instant
        ).ToDateTimeOffset();
}
