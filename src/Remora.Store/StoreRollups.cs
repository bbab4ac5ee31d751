using Remora.ClickHouse.Rollups;
using Remora.Store.Schema;

namespace Remora.Store;

/// <summary>The rollup definitions that ship with the program.</summary>
internal static class StoreRollups
{
    /// <summary>The rollup of requests per query by the minute, which is optional.</summary>
    public const string QueryMinutes = "query_minutes";

    private static IEnumerable<RollupDefinition> Files =>
        Shipped.Files("Rollups").Select(file => RollupFile.Parse(file.Text, file.Name));

    /// <summary>Returns the intervals of a rollup.</summary>
    public static IReadOnlyList<RollupInterval> IntervalsOf(string rollup) =>
        Files.Single(definition => definition.Name.Value == rollup).Intervals;

    /// <summary>Returns the rollups that a store with these options has.</summary>
    public static IEnumerable<RollupDefinition> Definitions(SchemaDialect dialect, StoreOptions options)
    {
        var retention = options.Retention;
        foreach (var definition in All(dialect, options))
            if (retention.DaysOf(definition.Name.Value) is not null)
                yield return definition;
    }

    /// <summary>Returns a rollup that <see cref="Definitions"/> lacks, for dropping it.</summary>
    public static RollupDefinition? Unused(SchemaDialect dialect, StoreOptions options) =>
        All(dialect, options).FirstOrDefault(definition => options.Retention.DaysOf(definition.Name.Value) is null);

    private static IEnumerable<RollupDefinition> All(SchemaDialect dialect, StoreOptions options)
    {
        var retention = options.Retention;
        foreach (var definition in Files)
        {
            var days =
                definition.Source == StoreTable.Assessments.Name ? retention.AssessmentDays : retention.RequestDays;
            var kept = retention.DaysOf(definition.Name.Value) ?? 0;
            yield return definition with
            {
                Source = dialect.Local(definition.Source),
                SlowAfter = options.SlowAfter ?? definition.SlowAfter,
                SourceRetentionDays = days > 0 ? days : null,
                Retention =
                    kept > 0 ? [.. definition.Intervals.Select(interval => new RollupRetention(interval, kept))] : [],
            };
        }
    }
}
