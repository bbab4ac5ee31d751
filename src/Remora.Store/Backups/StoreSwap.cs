using Remora.ClickHouse;
using Remora.ClickHouse.Rollups;

namespace Remora.Store.Backups;

/// <summary>
/// Replaces the current tables with the restored ones, each in one step, and then updates the
/// schema. After an interruption it runs again: the id of a table shows whether it was replaced
/// already.
/// </summary>
internal static class StoreSwap
{
    /// <returns>Lines for the operator.</returns>
    public static async Task<IReadOnlyList<string>> FinishAsync(
        MarketStore store,
        StoreJobDetail detail,
        IProgress<BackupProgress>? progress,
        CancellationToken cancellation
    )
    {
        var catalog = new StoreCatalog(store.Client);
        var steps = detail.Tables.Count + store.Rollups.Count + 1;
        if (!detail.KeepsOthers)
            await DropOtherViewsAsync(catalog, store, detail, cancellation);
        for (var i = 0; i < detail.Tables.Count; i++)
        {
            progress?.Report(new($"replace {detail.Tables[i]}", i, steps));
            await ReplaceAsync(catalog, detail.Tables[i], detail.Ids[i], cancellation);
        }
        await DropOtherTablesAsync(catalog, detail, cancellation);
        progress?.Report(new("make views", detail.Tables.Count, steps));
        var remarks = new List<string>(await MakeViewsAsync(catalog, detail, cancellation));
        remarks.AddRange(MoveFiles(detail));

        // Uses the retention of the restored tables: without the service's settings, the default
        // would delete rows.
        var restored = await MarketStore.OpenAsync(store.Client, store.Time, cancellation);
        await restored.PrepareTablesAsync(cancellation);
        for (var i = 0; i < restored.Rollups.Count; i++)
        {
            progress?.Report(new($"fill {restored.Rollups[i].Definition.Name}", detail.Tables.Count + 1 + i, steps));
            if (await FillAsync(restored.Rollups[i], cancellation) is { } remark)
                remarks.Add(remark);
        }
        progress?.Report(new("done", steps, steps));
        return remarks;
    }

    // Keeps identical views, and with them the rows in their queues.
    private static async Task DropOtherViewsAsync(
        StoreCatalog catalog,
        MarketStore store,
        StoreJobDetail detail,
        CancellationToken cancellation
    )
    {
        var wanted = detail.Views.ToDictionary(view => view.Name, view => view.Statement, StringComparer.Ordinal);
        foreach (var view in (await catalog.EntriesAsync(cancellation)).Values.Where(entry => entry.IsView))
        {
            var isWanted =
                wanted.TryGetValue(view.Name, out var statement)
                && statement == BackupStatement.WithoutDatabase(view.Create, store.Client.Database);
            if (!isWanted)
                await catalog.DropViewAsync(view.Name, cancellation);
        }
    }

    private static async Task ReplaceAsync(
        StoreCatalog catalog,
        string table,
        string id,
        CancellationToken cancellation
    )
    {
        var staged = CopyName.Staged + table;
        var entries = await catalog.EntriesAsync(cancellation);
        var present = entries.GetValueOrDefault(table);
        if (present?.Uuid == id)
            return;
        if (entries.GetValueOrDefault(staged)?.Uuid != id)
            throw new StoreException(
                $"the restored table '{staged}' is missing, so the restore cannot be completed: run 'remora store "
                    + $"restore' again"
            );
        await catalog.RunAsync(
            present is null
                ? $"RENAME TABLE {StoreCatalog.Quote(staged)} TO {StoreCatalog.Quote(table)}"
                : $"EXCHANGE TABLES {StoreCatalog.Quote(staged)} AND {StoreCatalog.Quote(table)}",
            cancellation
        );
    }

    private static async Task DropOtherTablesAsync(
        StoreCatalog catalog,
        StoreJobDetail detail,
        CancellationToken cancellation
    )
    {
        var wanted = detail.Tables.Append(StoreJob.Table).ToHashSet(StringComparer.Ordinal);
        var replaced = detail.Tables.Select(table => CopyName.Staged + table).ToHashSet(StringComparer.Ordinal);
        foreach (var entry in (await catalog.EntriesAsync(cancellation)).Values)
        {
            var isOther =
                !detail.KeepsOthers && entry is { HasRows: true, IsInner: false } && !wanted.Contains(entry.Name);
            if (isOther || replaced.Contains(entry.Name))
                await catalog.DropAsync(entry.Name, cancellation);
        }
    }

    // A view may read another one, so those that cannot be made yet are tried again as long as
    // others can.
    private static async Task<IReadOnlyList<string>> MakeViewsAsync(
        StoreCatalog catalog,
        StoreJobDetail detail,
        CancellationToken cancellation
    )
    {
        var entries = await catalog.EntriesAsync(cancellation);
        var missing = detail.Views.Where(view => !entries.ContainsKey(view.Name)).ToList();
        while (missing.Count > 0)
        {
            var errors = new List<string>();
            var still = new List<BackupView>();
            foreach (var view in missing)
            {
                try
                {
                    await catalog.RunAsync(view.Statement, cancellation);
                }
                catch (ClickHouseException e)
                {
                    still.Add(view);
                    errors.Add($"the view '{view.Name}' could not be created: {e.Message}");
                }
            }
            if (still.Count == missing.Count)
                return errors;
            missing = still;
        }
        return [];
    }

    private static IEnumerable<string> MoveFiles(StoreJobDetail detail)
    {
        foreach (var file in detail.Files)
        {
            if (detail.Machine != Environment.MachineName)
            {
                yield return $"'{file.From}' on {detail.Machine} must be renamed to '{file.To}'";
                continue;
            }
            if (File.Exists(file.From))
                File.Move(file.From, file.To, overwrite: true);
        }
    }

    // What a rollup lacks: rows that came between the tables of a backup of a busy store, and
    // states that the backup has of another definition.
    private static async Task<string?> FillAsync(Rollup rollup, CancellationToken cancellation)
    {
        if ((await rollup.PlanAsync(cancellation)).IsChanged)
            return MarketStore.ChangedRemark(rollup);
        try
        {
            var filled = (await rollup.BackfillAsync(cancellation: cancellation)).Filled;
            return filled.Count > 0
                ? $"the rollup '{rollup.Definition.Name}' was computed from the rows for {string.Join(", ", filled)}"
                : null;
        }
        catch (RollupException e)
        {
            return $"the rollup '{rollup.Definition.Name}' was not compared with its rows: {e.Message}";
        }
    }
}
