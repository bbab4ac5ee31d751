using Remora.ClickHouse.Rollups;
using Remora.Store.Schema;

namespace Remora.Store;

/// <summary>The rollup definitions that ship with the program.</summary>
internal static class StoreRollups
{
    public static IEnumerable<RollupDefinition> Definitions(SchemaDialect dialect, StoreRetention retention)
    {
        foreach (var (name, text) in Shipped.Files("Rollups"))
        {
            var definition = RollupFile.Parse(text, name);
            var days = definition.Source == StoreTable.Assessments.Name ? retention.AssessmentDays : retention.RequestDays;
            yield return definition with
            {
                Source = dialect.Local(definition.Source),
                SourceRetentionDays = days > 0 ? days : null,
                Retention = retention.RollupDays > 0 ? [.. definition.Intervals.Select(interval => new RollupRetention(interval, retention.RollupDays))] : [],
            };
        }
    }
}
