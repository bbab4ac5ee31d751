using Remora.ClickHouse;
using Remora.Markets;

namespace Remora.Store.Tables;

/// <summary>Which part of a table is asked for.</summary>
/// <param name="From">The first moment; null from the beginning.</param>
/// <param name="To">The first moment after it; null to the end.</param>
/// <param name="Limit">The most rows; null for all. A next page begins behind the last row's time.</param>
/// <param name="NewestFirst">In which order, and so which rows a limit keeps.</param>
public readonly record struct Span(Instant? From = null, Instant? To = null, int? Limit = null, bool NewestFirst = false)
{
    // The engine's own bounds of a DateTime64(3) that a DateTime also holds; beyond them a comparison would wrap.
    private static readonly Instant Earliest = new(0);
    private static readonly Instant Latest = new(4_294_967_295_000);

    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1); // the resolution of every time in the store

    /// <summary>Everything up to a moment, and the moment itself.</summary>
    /// <param name="last">The last moment.</param>
    /// <param name="from">The first moment; null from the beginning.</param>
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
        if (Limit is not { } limit) return order;
        parameters.Add("limit", (long)limit);
        return order + " LIMIT {limit:UInt64}";
    }

    private static DateTimeOffset Clamp(Instant instant) => (instant < Earliest ? Earliest : instant > Latest ? Latest : instant).ToDateTimeOffset();
}
