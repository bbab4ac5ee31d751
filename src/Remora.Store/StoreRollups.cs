using Remora.ClickHouse.Rollups;
using Remora.Store.Schema;

namespace Remora.Store;

/// <summary>The rollup definitions that ship with the program.</summary>
internal static class StoreRollups
{
    private static IEnumerable<RollupDefinition> Files =>
        Shipped.Files("Rollups").Select(file => RollupFile.Parse(file.Text, file.Name));

    /// <summary>Returns the intervals of a rollup.</summary>
    public static IReadOnlyList<RollupInterval> IntervalsOf(string rollup) =>
        Files.Single(definition => definition.Name.Value == rollup).Intervals;

    public static IEnumerable<RollupDefinition> Definitions(SchemaDialect dialect, StoreRetention retention)
    {
        foreach (var definition in Files)
        {
            var days =
                definition.Source == StoreTable.Assessments.Name ? retention.AssessmentDays : retention.RequestDays;
            yield return definition with
            {
                Source = dialect.Local(definition.Source),
                SourceRetentionDays = days > 0 ? days : null,
                Retention =
                    retention.RollupDays > 0
                        ?
                        [
                            .. definition.Intervals.Select(interval => new RollupRetention(
                                interval,
                                retention.RollupDays
                            )),
                        ]
                        : [],
            };
        }
    }
}
