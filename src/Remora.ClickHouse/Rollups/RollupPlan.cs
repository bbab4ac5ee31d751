namespace Remora.ClickHouse.Rollups;

/// <summary>What applying a definition would do.</summary>
/// <param name="Version">The version readers have, or would have.</param>
/// <param name="Statements">What is missing, in the order in which it is made; empty when everything is there.</param>
/// <param name="IsChanged">Readers have another definition: a rebuild makes the new one beside it.</param>
/// <param name="UnseenRows">Rows of the source that new views have not seen: a backfill brings them in.</param>
/// <param name="Remarks">What an operator should know.</param>
public sealed record RollupPlan(int Version, IReadOnlyList<string> Statements, bool IsChanged, long UnseenRows, IReadOnlyList<string> Remarks)
{
    public bool IsNothingToDo => Statements.Count == 0 && !IsChanged;
}
