namespace Remora.ClickHouse.Rollups;

/// <summary>
/// Checks a definition with ClickHouse, and compares it with the existing objects.
/// </summary>
internal sealed class RollupPlanner(RollupDatabase database, RollupDefinition definition)
{
    /// <summary>Returns the chain that readers use; null if there is none.</summary>
    public async Task<(RollupChain Chain, string Hash)?> CurrentAsync(CancellationToken cancellation) =>
        CurrentOf(await database.MarkedAsync(definition.Name, cancellation));

    /// <exception cref="RollupException">No chain exists, or it has another definition.</exception>
    public async Task<RollupChain> RequireCurrentAsync(CancellationToken cancellation)
    {
        var current =
            await CurrentAsync(cancellation)
            ?? throw new RollupException($"the rollup '{definition.Name}' does not exist: apply it first");
        return current.Hash == definition.Hash
            ? current.Chain
            : throw new RollupException(
                $"the rollup '{definition.Name}' has another definition in the database: rebuild it first"
            );
    }

    /// <summary>
    /// Returns the plan if there is nothing to create: everything exists, or readers use another
    /// definition. Otherwise null.
    /// </summary>
    public async Task<RollupPlan?> FinishedAsync(CancellationToken cancellation) =>
        Finished(ChainOf(await database.MarkedAsync(definition.Name, cancellation)), []);

    // Existing objects were checked when they were created. ClickHouse checks the definition only
    // before something is created from it.
    public async Task<RollupPlan> PlanAsync(CancellationToken cancellation)
    {
        var found = ChainOf(await database.MarkedAsync(definition.Name, cancellation));
        var remarks = await RemarksAsync(cancellation);
        var (chain, present) = (found.Chain, found.Present);
        if (found.IsChanged)
            await CheckAsync(cancellation);
        if (Finished(found, remarks) is { } finished)
            return finished;
        var columns = await CheckAsync(cancellation);
        var statements = Statements(chain, columns)
            .Where(entry => !present.Contains(entry.Name))
            .Select(entry => entry.Sql)
            .Concat(found.Settings.Select(setting => setting.Sql))
            .ToList();
        remarks.AddRange(found.Settings.Select(setting => setting.Difference));
        var isNew = !present.Contains(chain.MaterializedView(definition.Intervals[0]));
        return new(
            chain.Version,
            statements,
            IsChanged: false,
            isNew ? await CountRowsAsync(cancellation) : 0,
            remarks
        );
    }

    /// <summary>
    /// Returns the statements: first targets, then views from the longest interval to the shortest.
    /// When rows start to flow, all later stages exist.
    /// </summary>
    public static IEnumerable<(SqlName Name, string Sql)> Statements(
        RollupChain chain,
        IReadOnlyDictionary<RollupInterval, IReadOnlyList<DescribedColumn>> columns
    )
    {
        var intervals = chain.Definition.Intervals;
        foreach (var interval in intervals)
            yield return (chain.Target(interval), chain.CreateTarget(interval, columns[interval]));
        foreach (var interval in intervals.Reverse())
            yield return (chain.MaterializedView(interval), chain.CreateMaterializedView(interval));
        foreach (var interval in intervals)
        foreach (var (name, create) in chain.Views(interval))
            yield return (name, create(name));
    }

    /// <summary>
    /// Returns the columns of each target as ClickHouse describes the queries that fill it. Changes
    /// nothing.
    /// </summary>
    /// <exception cref="RollupDefinitionException">
    /// ClickHouse rejects a part of the definition.
    /// </exception>
    public async Task<IReadOnlyDictionary<RollupInterval, IReadOnlyList<DescribedColumn>>> CheckAsync(
        CancellationToken cancellation
    )
    {
        var chain = new RollupChain(definition, 1, database.Client);
        var (first, from) = (definition.Intervals[0], definition.FromClause(definition.Source));
        try
        {
            // The intervals differ in their buckets only, which all have the same type.
            var columns = await database.DescribeAsync(chain.StatesOfRows(first, definition.Source), cancellation);
            if (definition.Intervals.Count > 1)
                await database.DescribeAsync(
                    $"SELECT {string.Join(", ", definition.Intervals.Select(BucketOf))} FROM {from}",
                    cancellation
                );
            return definition.Intervals.ToDictionary(each => each, IReadOnlyList<DescribedColumn> (_) => columns);
        }
        catch (ClickHouseException whole)
        {
            foreach (var interval in definition.Intervals)
                await FindAsync(interval, cancellation);
            throw new RollupDefinitionException(definition.File, definition.SourceLine, whole.Message);
        }
    }

    private string BucketOf(RollupInterval interval) =>
        $"toStartOfInterval({definition.QualifiedTime}, {interval.Sql}, 'UTC')";

    // The chain that readers use or will use, its objects, and whether it has another definition.
    private FoundChain ChainOf(List<MarkedObject> marked)
    {
        var current = CurrentOf(marked);
        var chain =
            current?.Chain
            ?? new(definition, marked.Count == 0 ? 1 : marked.Max(entry => entry.Mark.Version), database.Client);
        if (current is null && marked.Any(entry => entry.Mark.Definition != definition.Hash))
            chain = new(definition, chain.Version + 1, database.Client);
        return new(
            chain,
            [.. marked.Select(entry => entry.Name)],
            current is { } used && used.Hash != definition.Hash,
            [
                .. definition
                    .Intervals.Select(chain.Target)
                    .SelectMany(target =>
                        marked.Find(entry => entry.Name == target) is { } live
                            ? chain.Settings(target, live.Settings)
                            : []
                    ),
            ]
        );
    }

    private sealed record FoundChain(
        RollupChain Chain,
        HashSet<SqlName> Present,
        bool IsChanged,
        IReadOnlyList<(string Difference, string Sql)> Settings
    );

    private static RollupPlan? Finished(FoundChain found, IReadOnlyList<string> remarks) =>
        found.IsChanged ? new(found.Chain.Version + 1, [], IsChanged: true, UnseenRows: 0, remarks)
        : found.Settings.Count == 0 && Names(found.Chain).All(found.Present.Contains)
            ? new(found.Chain.Version, [], IsChanged: false, UnseenRows: 0, remarks)
        : null;

    private static IEnumerable<SqlName> Names(RollupChain chain) =>
        chain.Definition.Intervals.SelectMany(interval =>
            (SqlName[])
                [
                    chain.Target(interval),
                    chain.MaterializedView(interval),
                    .. chain.Views(interval).Select(view => view.Name),
                ]
        );

    /// <summary>Returns the chain that readers use, of the objects of the rollup.</summary>
    public (RollupChain Chain, string Hash)? CurrentOf(List<MarkedObject> marked)
    {
        var views = marked.Where(entry => entry.Engine == "View").ToList();
        var version = views.Count == 0 ? 0 : views.Max(entry => entry.Mark.Version);
        return version == 0
            ? null
            : (
                new(definition, version, database.Client),
                views.First(entry => entry.Mark.Version == version).Mark.Definition
            );
    }

    private Task<long> CountRowsAsync(CancellationToken cancellation) =>
        database.CountAsync(
            definition.FromClause(definition.Source) + (definition.Where is { } condition ? $" WHERE {condition}" : ""),
            cancellation
        );

    // Checks the parts one by one to find the line of an error.
    private async Task FindAsync(RollupInterval interval, CancellationToken cancellation)
    {
        var from = $"FROM {definition.FromClause(definition.Source)}";
        await TryAsync($"SELECT 1 {from}", definition.SourceLine);
        await TryAsync($"SELECT {BucketOf(interval)} {from}", definition.TimeLine);
        foreach (var key in definition.Keys)
            await TryAsync($"SELECT {key.Expression} {from}", key.Line);
        foreach (var aggregate in definition.Aggregates)
            await TryAsync($"SELECT {aggregate.State} {from}", aggregate.Line);

        async Task TryAsync(string sql, int line)
        {
            try
            {
                await database.DescribeAsync(sql, cancellation);
            }
            catch (ClickHouseException e)
            {
                throw new RollupDefinitionException(definition.File, line, e.Message);
            }
        }
    }

    private async Task<List<string>> RemarksAsync(CancellationToken cancellation)
    {
        var remarks = new List<string>();
        var made = await database.Client.ListAsync(
            "SELECT create_table_query FROM system.tables WHERE database = currentDatabase() AND name = {t:String}",
            row => row.String(),
            new QueryParameters().Add("t", definition.Source.Value),
            cancellation
        );
        if (
            made is [var sql]
            && !sql.Contains("non_replicated_deduplication_window", StringComparison.Ordinal)
            && !sql.Contains("Replicated", StringComparison.Ordinal)
        )
            remarks.Add(
                $"{definition.Source} has no deduplication window: a batch that is sent again counts twice (ALTER "
                    + $"TABLE … MODIFY SETTING non_replicated_deduplication_window = 1000)"
            );
        if (definition.LoadSettings.Count > 0)
            remarks.Add($"loads and backfills use {string.Join(", ", definition.LoadSettings)}");
        if (definition.Ingested is null)
            remarks.Add(
                $"the definition has no ingested column: stop inserts into {definition.Source} while the rollup is "
                    + $"rebuilt"
            );
        return remarks;
    }
}
