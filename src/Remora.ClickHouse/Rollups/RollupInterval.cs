using System.Globalization;

namespace Remora.ClickHouse.Rollups;

/// <summary>
/// The length of a rollup's buckets: seconds, minutes or hours that divide a day, one day, one
/// month or one year. So no bucket crosses a partition.
/// </summary>
public readonly record struct RollupInterval
{
    private const int Day = 86400;

    // A month and a year have nominal lengths that divide each other. EndOf returns the exact end.
    private static readonly (string Name, string Letters, int Seconds)[] Units =
    [
        ("second", "s", 1),
        ("minute", "m", 60),
        ("hour", "h", 3600),
        ("day", "d", Day),
        ("month", "mo", 30 * Day),
        ("year", "y", 360 * Day),
    ];

    private readonly int _count;
    private readonly int _unit;

    private RollupInterval(int count, int unit) => (_count, _unit) = (count, unit);

    /// <summary>The length; approximate for a month or a year.</summary>
    public TimeSpan Length => TimeSpan.FromSeconds(_count * (long)Units[_unit].Seconds);

    /// <summary>The form in names, for example <c>6h</c>.</summary>
    public string Suffix => $"{_count.ToString(CultureInfo.InvariantCulture)}{Units[_unit].Letters}";

    /// <summary>The form in SQL, for example <c>INTERVAL 6 HOUR</c>.</summary>
    public string Sql =>
        $"INTERVAL {_count.ToString(CultureInfo.InvariantCulture)} {Units[_unit].Name.ToUpperInvariant()}";

    /// <summary>Whether it is a year, which is longer than monthly partitions.</summary>
    public bool IsYear => Units[_unit].Name == "year";

    /// <summary>Returns the end of the bucket that starts at a time.</summary>
    public DateTimeOffset EndOf(DateTimeOffset bucket) =>
        Units[_unit].Name switch
        {
            "month" => bucket.AddMonths(1),
            "year" => bucket.AddYears(1),
            _ => bucket + Length,
        };

    /// <summary>Parses text such as <c>6 hours</c>.</summary>
    /// <exception cref="FormatException">The text is not a valid length.</exception>
    public static RollupInterval Parse(string text)
    {
        var parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var unit =
            parts.Length == 2
                ? Array.FindIndex(
                    Units,
                    unit =>
                        parts[1].Equals(unit.Name, StringComparison.OrdinalIgnoreCase)
                        || parts[1].Equals(unit.Name + "s", StringComparison.OrdinalIgnoreCase)
                )
                : -1;
        if (
            unit < 0
            || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            || count is < 1 or > Day
            || (Units[unit].Seconds > Day ? count != 1 : Day % ((long)count * Units[unit].Seconds) != 0)
        )
            throw new FormatException(
                $"'{text}' is not an interval: expected a number of seconds, minutes or hours that divides a day, "
                    + $"or 1 day, 1 month or 1 year"
            );
        return new(count, unit);
    }

    /// <summary>
    /// Returns whether buckets of this length can be aggregated from buckets of a shorter one.
    /// </summary>
    public bool CanCascadeFrom(RollupInterval shorter) =>
        shorter.Length < Length && Length.Ticks % shorter.Length.Ticks == 0;

    public override string ToString() =>
        $"{_count.ToString(CultureInfo.InvariantCulture)} {Units[_unit].Name}{(_count == 1 ? "" : "s")}";
}
