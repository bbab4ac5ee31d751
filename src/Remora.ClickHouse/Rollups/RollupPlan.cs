namespace Remora.ClickHouse.Rollups;

/// <summary>The effect of applying a definition.</summary>
/// <param name="Version">The version that readers use, or would use.</param>
/// <param name="Statements">
/// The statements that create what is missing, in order; empty if nothing is missing.
/// </param>
/// <param name="IsChanged">
/// Whether readers use another definition, so that a rebuild is needed.
/// </param>
/// <param name="UnseenRows">
/// The number of source rows from before the new views. A backfill adds them.
/// </param>
/// <param name="Remarks">Notes for the operator.</param>
public sealed record RollupPlan(
    int Version,
    IReadOnlyList<string> Statements,
    bool IsChanged,
    long UnseenRows,
    IReadOnlyList<string> Remarks
)
{
    public bool IsNothingToDo => Statements.Count == 0 && !IsChanged;
}
