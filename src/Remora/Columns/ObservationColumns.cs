using Remora.Markets;

namespace Remora.Columns;

/// <summary>The columns of observations.</summary>
public static class ObservationColumns
{
    private const ColumnUse Use = ColumnUse.Table | ColumnUse.Row;

    /// <summary>All columns.</summary>
    public static IReadOnlyList<Column<Observation>> All { get; } =
    [
        Column.Text<Observation>("signal", Use, observation => RemoraJson.NameOf(observation.Signal)),
        Column.Text<Observation>("base", Use, observation => observation.Base) with
        {
            IsOptional = true,
        },
        Column.Text<Observation>("source", Use, observation => observation.Source),
        Column.Number<Observation>("value", Use, observation => observation.Value),
        Column.Time<Observation>("held_at", Use, observation => observation.HeldAt),
        Column.Time<Observation>("knowable_at", Use, observation => observation.KnowableAt),
        Column.Integer<Observation>(
            "time_to_live_ms",
            Use,
            observation => (long)observation.TimeToLive.TotalMilliseconds
        ),
    ];
}
