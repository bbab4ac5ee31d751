using System.Globalization;

namespace Remora.ClickHouse.Rollups;

/// <summary>A setting of ClickHouse that a definition sets.</summary>
public sealed record RollupSetting(string Name, long Value)
{
    private const long Bytes = 1L << 50;
    private const long Rows = 1_000_000_000;

    // The lowest and the highest value. 0 turns off a limit where ClickHouse says so.
    private static readonly Dictionary<string, (long Least, long Most)> Table = new(StringComparer.Ordinal)
    {
        ["min_bytes_for_wide_part"] = (0, Bytes),
        ["min_rows_for_wide_part"] = (0, Rows),
        ["max_parts_in_total"] = (1, 1_000_000),
        ["parts_to_delay_insert"] = (1, 1_000_000),
        ["parts_to_throw_insert"] = (1, 1_000_000),
        ["merge_selecting_sleep_ms"] = (100, 3_600_000),
        ["max_bytes_to_merge_at_max_space_in_pool"] = (1, Bytes),
    };

    private static readonly Dictionary<string, (long Least, long Most)> Load = new(StringComparer.Ordinal)
    {
        ["max_insert_block_size"] = (1, Rows),
        ["min_insert_block_size_rows"] = (0, Rows),
        ["min_insert_block_size_bytes"] = (0, Bytes),
        ["max_insert_threads"] = (1, 1024),
        ["max_memory_usage"] = (64 << 20, Bytes),
        ["max_bytes_before_external_group_by"] = (0, Bytes),
        ["max_bytes_before_external_sort"] = (0, Bytes),
        ["max_partitions_per_insert_block"] = (0, 1_000_000),
        ["throw_on_max_partitions_per_insert_block"] = (0, 1),
    };

    /// <summary>The settings of tables that a definition can set.</summary>
    public static IReadOnlyCollection<string> OfTables => Table.Keys;

    /// <summary>The settings of loads and backfills that a definition can set.</summary>
    public static IReadOnlyCollection<string> OfLoads => Load.Keys;

    /// <summary>The value in SQL.</summary>
    public string Text => Value.ToString(CultureInfo.InvariantCulture);

    public override string ToString() => $"{Name} = {Text}";

    /// <summary>Parses <c>name=value, name=value</c> of a key of the header.</summary>
    /// <exception cref="FormatException">
    /// A name is unknown or occurs twice, or a value is out of range.
    /// </exception>
    internal static IReadOnlyList<RollupSetting> Parse(string text, bool isOfTables)
    {
        var known = isOfTables ? Table : Load;
        var settings = new List<RollupSetting>();
        foreach (var item in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (item.Split('=', 2, StringSplitOptions.TrimEntries) is not [var name, var value])
                throw new FormatException($"'{item}' is not a setting: expected name=value");
            if (!known.TryGetValue(name, out var range))
                throw new FormatException($"unknown setting '{name}': expected one of {string.Join(", ", known.Keys)}");
            if (settings.Exists(setting => setting.Name == name))
                throw new FormatException($"the setting '{name}' occurs twice: set it once");
            if (
                !long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                || number < range.Least
                || number > range.Most
            )
                throw new FormatException(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"invalid value '{value}' of {name}: expected a whole number from {range.Least} to {range.Most}"
                    )
                );
            settings.Add(new(name, number));
        }
        return settings;
    }

    /// <summary>
    /// Returns the known settings of a table in the text of its engine, as
    /// <c>system.tables</c> contains it.
    /// </summary>
    internal static IReadOnlyList<RollupSetting> OfEngine(string engine)
    {
        const string start = " SETTINGS ";
        var at = engine.LastIndexOf(start, StringComparison.Ordinal);
        var settings = new List<RollupSetting>();
        foreach (var item in at < 0 ? [] : engine[(at + start.Length)..].Split(", "))
            if (
                item.Split(" = ", 2) is [var name, var value]
                && Table.ContainsKey(name)
                && long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            )
                settings.Add(new(name, number));
        return settings;
    }
}
