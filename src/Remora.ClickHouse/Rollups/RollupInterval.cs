using System.Globalization;

namespace Remora.ClickHouse.Rollups;

/// <summary>The length of a rollup's buckets: seconds, minutes or hours that divide a day, or one day. So no bucket crosses a month.</summary>
public readonly record struct RollupInterval
{
    private static readonly (string Name, char Letter, int Seconds)[] Units = [("second", 's', 1), ("minute", 'm', 60), ("hour", 'h', 3600), ("day", 'd', 86400)];

    private readonly int _count;
    private readonly int _unit;

    private RollupInterval(int count, int unit) => (_count, _unit) = (count, unit);

    public TimeSpan Length => TimeSpan.FromSeconds(_count * (long)Units[_unit].Seconds);

    /// <summary>As in names: <c>6h</c>.</summary>
    public string Suffix => $"{_count.ToString(CultureInfo.InvariantCulture)}{Units[_unit].Letter}";

    /// <summary>As in SQL: <c>INTERVAL 6 HOUR</c>.</summary>
    public string Sql => $"INTERVAL {_count.ToString(CultureInfo.InvariantCulture)} {Units[_unit].Name.ToUpperInvariant()}";

    /// <summary>Reads <c>6 hours</c>.</summary>
    /// <exception cref="FormatException">It is no such length.</exception>
    public static RollupInterval Parse(string text)
    {
        var parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var unit = parts.Length == 2 ? Array.FindIndex(Units, unit => parts[1].Equals(unit.Name, StringComparison.OrdinalIgnoreCase) || parts[1].Equals(unit.Name + "s", StringComparison.OrdinalIgnoreCase)) : -1;
        if (unit < 0 || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count is < 1 or > 86400 || 86400 % ((long)count * Units[unit].Seconds) != 0)
            throw new FormatException($"'{text}' is no interval: allowed is a number of seconds, minutes or hours that divides a day, or 1 day");
        return new(count, unit);
    }

    /// <summary>Whether buckets of this length can be put together from buckets of a shorter one.</summary>
    public bool CanCascadeFrom(RollupInterval shorter) => shorter.Length < Length && Length.Ticks % shorter.Length.Ticks == 0;

    public override string ToString() => $"{_count.ToString(CultureInfo.InvariantCulture)} {Units[_unit].Name}{(_count == 1 ? "" : "s")}";
}
