namespace Remora.ClickHouse.Rollups;

public enum RollupProblemKind
{
    /// <summary>A materialized view is detached, so that its target does not fill.</summary>
    DetachedView,

    /// <summary>A target has no materialized view that fills it.</summary>
    MissingView,

    /// <summary>A materialized view has no target, so that inserts into the source fail.</summary>
    MissingTarget,

    /// <summary>
    /// The query of a materialized view fails, so that inserts into the source fail.
    /// </summary>
    FailingView,

    /// <summary>
    /// Inserts failed in a materialized view in the last hour. Known only where the server writes
    /// <c>system.query_views_log</c>.
    /// </summary>
    FailedInserts,

    /// <summary>A mutation fails or does not finish.</summary>
    StuckMutation,

    /// <summary>A partition has many parts that are not merged.</summary>
    UnmergedParts,
}

/// <summary>Something that keeps a rollup from being filled.</summary>
/// <param name="Rollup">The rollup.</param>
/// <param name="Kind">The kind of problem.</param>
/// <param name="Object">The view or table.</param>
/// <param name="Text">What is wrong, and what to do.</param>
public sealed record RollupProblem(SqlName Rollup, RollupProblemKind Kind, string Object, string Text)
{
    public override string ToString() => Text;
}

/// <summary>Finds what keeps rollups from being filled, with a few fast queries.</summary>
internal sealed class RollupDiagnosis(RollupDatabase database, RollupDefinition definition)
{
    private readonly List<RollupProblem> _problems = [];

    /// <summary>
    /// Returns the problems of the chain that readers use; none before it exists, or when it has
    /// another definition.
    /// </summary>
    public async Task<IReadOnlyList<RollupProblem>> RunAsync(CancellationToken cancellation)
    {
        var marked = await database.MarkedAsync(definition.Name, cancellation);
        if (
            new RollupPlanner(database, definition).CurrentOf(marked) is not var (chain, hash)
            || hash != definition.Hash
        )
            return []; // a rebuild comes first
        var present = marked.Select(entry => entry.Name).ToHashSet();
        await ObjectsAsync(chain, present, cancellation);
        await QueriesAsync(chain, present, cancellation);
        await LoggedAsync(chain, cancellation);
        await MutationsAsync(chain, cancellation);
        await PartsAsync(chain, cancellation);
        return _problems;
    }

    private void Add(RollupProblemKind kind, string what, string text) =>
        _problems.Add(new(definition.Name, kind, what, text));

    private string Commands(string first) =>
        $"run 'remora rollup {first} {definition.File}', then 'remora rollup backfill {definition.File}'";

    private async Task ObjectsAsync(RollupChain chain, HashSet<SqlName> present, CancellationToken cancellation)
    {
        var detached = await DetachedAsync(cancellation);
        foreach (var interval in chain.Definition.Intervals)
        {
            var (view, target) = (chain.MaterializedView(interval), chain.Target(interval));
            if (!present.Contains(target))
                Add(
                    RollupProblemKind.MissingTarget,
                    target.Value,
                    detached.Contains(target.Value)
                        ? $"the table {target} is detached, so inserts into {definition.Source} fail or are not "
                            + $"counted: run 'ATTACH TABLE {target}', then 'remora rollup backfill {definition.File}'"
                        : $"the table {target} of the view {view} does not exist, so inserts into "
                            + $"{definition.Source} fail or are not counted: {Commands("apply")}"
                );
            if (present.Contains(view))
                continue;
            if (detached.Contains(view.Value))
                Add(
                    RollupProblemKind.DetachedView,
                    view.Value,
                    $"the view {view} is detached, so new rows do not reach {target}: run 'ATTACH TABLE {view}', then "
                        + $"'remora rollup backfill {definition.File}'"
                );
            else
                Add(
                    RollupProblemKind.MissingView,
                    target.Value,
                    $"the table {target} has lost its view {view}, so new rows do not reach it: {Commands("apply")}"
                );
        }
    }

    private async Task<HashSet<string>> DetachedAsync(CancellationToken cancellation)
    {
        // The database 'default' of an embedded engine cannot list them
        var lists = await database.Client.SingleAsync(
            "SELECT count() FROM system.databases WHERE name = currentDatabase() AND engine != 'Overlay'",
            row => row.UInt64(),
            null,
            cancellation
        );
        if (lists == 0)
            return [];
        var tables = await database.Client.ListAsync(
            "SELECT table FROM system.detached_tables WHERE database = currentDatabase()",
            row => row.String(),
            null,
            cancellation
        );
        return tables.ToHashSet(StringComparer.Ordinal);
    }

    // A view's query is checked when the view is created. A column that was dropped or renamed
    // later breaks it.
    private async Task QueriesAsync(RollupChain chain, HashSet<SqlName> present, CancellationToken cancellation)
    {
        var views = await database.Client.ListAsync(
            "SELECT name, as_select FROM system.tables WHERE database = currentDatabase() AND name IN "
                + "{names:Array(String)} ORDER BY name",
            row => (Name: row.String(), Query: row.String()),
            new QueryParameters().Add(
                "names",
                chain.Definition.Intervals.Select(interval => chain.MaterializedView(interval).Value)
            ),
            cancellation
        );
        foreach (var (name, query) in views)
            try
            {
                await database.DescribeAsync(query, cancellation);
            }
            catch (ClickHouseException e)
            {
                // Without a target of a shorter interval, the views above it fail too
                if (chain.Definition.Intervals.All(interval => present.Contains(chain.Target(interval))))
                    Add(
                        RollupProblemKind.FailingView,
                        name,
                        $"the query of the view {name} fails, and inserts into {definition.Source} with it: "
                            + $"{OneLine(e.Message)}. Restore what it reads; or change the definition and run 'remora "
                            + $"rollup rebuild {definition.File}'"
                    );
            }
    }

    private async Task LoggedAsync(RollupChain chain, CancellationToken cancellation)
    {
        var exists = await database.Client.SingleAsync(
            "SELECT count() FROM system.tables WHERE database = 'system' AND name = 'query_views_log'",
            row => row.UInt64(),
            null,
            cancellation
        );
        if (exists == 0)
            return;
        var names = chain.Definition.Intervals.ToDictionary(
            interval => $"{database.Client.Database}.{chain.MaterializedView(interval)}",
            StringComparer.Ordinal
        );
        var failed = await database.Client.ListAsync(
            "SELECT view_name, count(), argMax(exception, event_time) FROM system.query_views_log WHERE event_date >= "
                + "yesterday() AND event_time > now() - INTERVAL 1 HOUR AND startsWith(toString(status), 'Exception') "
                + "AND view_name IN {names:Array(String)} GROUP BY view_name ORDER BY view_name",
            row => (Name: row.String(), Count: row.UInt64(), Why: row.String()),
            new QueryParameters().Add("names", names.Keys),
            cancellation
        );
        foreach (var (name, count, why) in failed)
            Add(
                RollupProblemKind.FailedInserts,
                name,
                $"{count} inserts failed in the view {name} in the last hour; the last one: {OneLine(why)}. Mend the "
                    + $"cause, then run 'remora rollup backfill {definition.File}'"
            );
    }

    private async Task MutationsAsync(RollupChain chain, CancellationToken cancellation)
    {
        var mutations = await database.Client.ListAsync(
            "SELECT table, mutation_id, command, latest_fail_reason, toString(create_time) FROM system.mutations WHERE "
                + "database = currentDatabase() AND table IN {names:Array(String)} AND NOT is_done AND "
                + "(latest_fail_reason != '' OR create_time < now() - {patience:UInt32}) ORDER BY table, mutation_id",
            row => (row.String(), row.String(), row.String(), row.String(), row.String()),
            new QueryParameters()
                .Add("names", TablesOf(chain).Select(table => table.Value))
                .Add("patience", (long)database.Options.MutationPatience.TotalSeconds),
            cancellation
        );
        foreach (var (table, id, command, why, since) in mutations)
            Add(
                RollupProblemKind.StuckMutation,
                table,
                $"the mutation {id} of {table} ({OneLine(command)}) has not finished since {since}"
                    + $"{(why.Length > 0 ? ": " + OneLine(why) : "")}. Mend the cause; or run 'KILL MUTATION WHERE "
                    + $"mutation_id = ''{id}''' and give the statement again"
            );
    }

    private async Task PartsAsync(RollupChain chain, CancellationToken cancellation)
    {
        var crowded = await database.Client.ListAsync(
            "SELECT table, partition, count() AS parts FROM system.parts WHERE database = currentDatabase() AND table "
                + "IN {names:Array(String)} AND active GROUP BY table, partition HAVING parts > {most:UInt32} ORDER BY "
                + "table, partition",
            row => (row.String(), row.String(), row.UInt64()),
            new QueryParameters()
                .Add("names", TablesOf(chain).Select(table => table.Value))
                .Add("most", (long)database.Options.MostParts),
            cancellation
        );
        foreach (var (table, partition, parts) in crowded)
            Add(
                RollupProblemKind.UnmergedParts,
                table,
                $"{table} has {parts} parts in the partition {partition} that are not merged: write larger batches; "
                    + $"run 'SYSTEM START MERGES {table}' if merges were stopped, and 'remora rollup optimize "
                    + $"{definition.File}'"
            );
    }

    private static IEnumerable<SqlName> TablesOf(RollupChain chain) =>
        chain.Definition.Intervals.Select(chain.Target).Prepend(chain.Definition.Source);

    private static string OneLine(string text)
    {
        var line = string.Join(
            "; ",
            text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        );
        return line.Length > 300 ? line[..300] + " …" : line;
    }
}
