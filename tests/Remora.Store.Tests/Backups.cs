using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Remora.ClickHouse;
using Remora.Markets;
using Remora.Store.Backups;
using Remora.Store.Tables;
using Remora.Testing;

namespace Remora.Store.Tests;

/// <summary>What tests of backup and restore share.</summary>
internal static class Backups
{
    public static Task InsertAsync(MarketStore store, IEnumerable<Candle> candles) =>
        store.Client.InsertAsync(
            StoreTable.Candles.Name,
            StoreTable.Candles.Columns,
            candles,
            (row, candle) => StoreTable.Candles.Write(row, Recorded.Stored(candle), 1)
        );

    /// <summary>
    /// Candles, assessments, requests and so rollups, over two months; the seed tells one store
    /// from another.
    /// </summary>
    public static async Task FillAsync(MarketStore store, int seed, int rows = 400)
    {
        await InsertAsync(store, Some.Candles(seed, rows, start: Some.Time));
        var assessments = Recorded
            .Assessments(Some.Btc, rows, seed)
            .Select((assessment, i) => assessment.At(Some.Time + TimeSpan.FromHours(3 * i), Risk.Side.Long))
            .ToList();
        await store.Client.InsertAsync(
            StoreTable.Assessments.Name,
            StoreTable.Assessments.Columns,
            assessments,
            (row, each) => StoreTable.Assessments.Write(row, BothSides.Of(each), (ulong)seed)
        );
        await store.Client.InsertAsync(
            StoreTable.Requests.Name,
            StoreTable.Requests.Columns,
            Enumerable.Range(0, rows),
            (row, i) => StoreTable.Requests.Write(row, Recorded.Request(i * seed), (ulong)i + 1)
        );
    }

    /// <summary>
    /// Names, rows and a hash of everything the database holds, but for the states of rollups, of
    /// which there are the values that they give.
    /// </summary>
    public static async Task<string> FingerprintAsync(ClickHouseClient client)
    {
        var names = await client.ListAsync(
            "SELECT name, engine FROM system.tables WHERE database = currentDatabase() AND engine != "
                + "'MaterializedView' AND NOT endsWith(name, '_states') ORDER BY name",
            row => (Name: row.String(), Engine: row.String())
        );
        if (names.Count == 0)
            return "";
        // A part of states that is merged has fewer rows of the same meaning.
        var questions = names.Select(table =>
            table.Engine == "AggregatingMergeTree"
                ? $"SELECT {SqlText(table.Name)}, 0::UInt64, 0::UInt64"
                : $"SELECT {SqlText(table.Name)}, count(), sum(cityHash64(toString(tuple(*)))) FROM "
                    + $"{StoreCatalog.Quote(table.Name)}{(table.Engine == "ReplacingMergeTree" ? " FINAL" : "")}"
        );
        var rows = await client.ListAsync(
            string.Join(" UNION ALL ", questions),
            row => (Name: row.String(), Text: $"{row.UInt64()} {row.UInt64()}")
        );
        var text = new StringBuilder();
        foreach (var (name, found) in rows.OrderBy(row => row.Name, StringComparer.Ordinal))
            text.Append(name).Append(' ').Append(found).Append('\n');
        return text.ToString();

        static string SqlText(string name) => $"'{name.Replace("'", "''", StringComparison.Ordinal)}'";
    }

    /// <summary>Nothing of a backup or restore is left in the database.</summary>
    public static async Task AssertNothingIsLeftAsync(ClickHouseClient client)
    {
        var left = await client.ListAsync(
            "SELECT name FROM system.tables WHERE database = currentDatabase() AND (name = 'store_job' OR "
                + "startsWith(name, 'backup_of_') OR startsWith(name, 'restore_of_'))",
            row => row.String()
        );
        Assert.Empty(left);
    }

    /// <summary>
    /// Prepares a store as a start of the service does, which tries again while it is busy: the
    /// engine takes a moment to notice that the holder of a lock has gone.
    /// </summary>
    public static async Task<StorePreparation> PrepareAsync(MarketStore store)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                var prepared = await store.PrepareAsync();
                var left =
                    await store.Client.SingleAsync(
                        "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name = 'store_job'",
                        row => row.UInt64()
                    ) > 0;
                if (!left || attempt == 40)
                    return prepared;
            }
            catch (StoreBusyException) when (attempt < 40)
            {
                // each attempt has waited for some seconds already
            }
        }
    }

    /// <summary>
    /// Changes the manifest of a backup, and its checksum with it, as somebody with a text editor
    /// and patience would.
    /// </summary>
    public static async Task EditAsync(string folder, Action<JsonObject> edit)
    {
        var manifest = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "manifest.json")))!.AsObject();
        edit(manifest);
        await WriteManifestAsync(folder, manifest.ToJsonString());
    }

    /// <summary>Replaces the manifest, and its checksum where the backup has one.</summary>
    public static async Task WriteManifestAsync(string folder, string json)
    {
        var path = Path.Combine(folder, "manifest.json");
        await File.WriteAllTextAsync(path, json);
        if (File.Exists(path + ".sha256"))
            await File.WriteAllTextAsync(
                path + ".sha256",
                Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(json))) + "  manifest.json\n"
            );
    }

    /// <summary>Copies a backup.</summary>
    public static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
