using System.Collections.Frozen;
using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Remora.ClickHouse.Rollups;

/// <summary>Options of a load.</summary>
public sealed record RollupLoadOptions
{
    /// <summary>
    /// Whether to bypass the views, for very large loads. The states of the new rows are computed
    /// separately and moved in with the rows.
    /// </summary>
    public bool IsDetached { get; init; }

    /// <summary>
    /// The earliest allowed time of a row. A row outside the range fails the load before any row is
    /// loaded.
    /// </summary>
    public DateTimeOffset? Earliest { get; init; }

    public DateTimeOffset? Latest { get; init; }

    /// <summary>
    /// What tells the files from others, for example a hash of their content. Null for their names,
    /// sizes and times of change.
    /// </summary>
    public string? Identity { get; init; }

    /// <summary>Further SQL conditions for every row, by name.</summary>
    public IReadOnlyDictionary<string, string> Checks { get; init; } =
        new Dictionary<string, string>(StringComparer.Ordinal);
}

/// <summary>The result of a load.</summary>
/// <param name="Rows">The number of rows in the files.</param>
/// <param name="WasDoneBefore">
/// Whether the same files were loaded before, so that nothing was done.
/// </param>
public sealed record RollupLoadReport(string Load, long Rows, bool WasDoneBefore);

/// <summary>
/// Loads files into a staging table without views, checks the rows there, and moves them to the
/// source in one of two ways. A journal records the steps: after an interruption, loading the same
/// files again continues, and no file is loaded twice.
/// </summary>
internal sealed class RollupLoader(
    RollupDatabase database,
    RollupShards shards,
    IReadOnlyList<RollupChain> chains,
    RollupLoadOptions options
)
{
    /// <summary>The extensions of files that can be loaded, for messages.</summary>
    public const string KnownFormats =
        "expected .parquet, .csv, .tsv, .json, .jsonl, .ndjson, .feather, .arrow or .native, optionally with .gz";

    private static readonly FrozenDictionary<string, string> Formats = new Dictionary<string, string>
    {
        [".parquet"] = "Parquet",
        [".csv"] = "CSVWithNames",
        [".tsv"] = "TSVWithNames",
        [".json"] = "JSONEachRow",
        [".jsonl"] = "JSONEachRow",
        [".ndjson"] = "JSONEachRow",
        [".feather"] = "Arrow",
        [".arrow"] = "Arrow",
        [".native"] = "Native",
    }.ToFrozenDictionary();

    // Codes of ClickHouse's errors that no file causes: unknown table, files and sockets of the
    // server, timeouts, limits, read-only, lost connections and replicas, shutdown, cancelled,
    // access, Keeper.
    private static readonly FrozenSet<int> FaultsOfServer = FrozenSet.ToFrozenSet([
        0,
        60,
        74,
        75,
        81,
        159,
        160,
        164,
        198,
        202,
        209,
        210,
        236,
        241,
        242,
        243,
        252,
        279,
        285,
        319,
        394,
        497,
        516,
        999,
    ]);

    private readonly RollupDefinition _definition = chains[0].Definition;

    private SqlName Staging => SqlName.Of($"{_definition.Source}_staging");

    public async Task<RollupLoadReport> RunAsync(
        IReadOnlyList<string> files,
        IProgress<RollupProgress>? progress,
        CancellationToken cancellation
    )
    {
        var load = Identify(files);
        var journal = new RollupSteps(database, load);
        var done = await journal.DoneAsync(cancellation);
        if (done.FirstOrDefault(step => step.StartsWith("done ", StringComparison.Ordinal)) is { } finished)
            return new(load, long.Parse(finished[5..], CultureInfo.InvariantCulture), WasDoneBefore: true);
        if (!done.Contains(RollupSteps.Staged(_definition.Source)))
        {
            // The staging table is for one load at a time
            await RollupSteps.RequireNoOpenLoadAsync(database, _definition.Source, cancellation);
            await StageAsync(files, journal, progress, cancellation);
        }
        var isMoved = done.Contains("moved");
        foreach (var shard in isMoved ? [] : shards.All)
            await shard.SyncAsync(Staging, cancellation);
        var rows = await TotalAsync(done, journal, cancellation);
        foreach (var shard in isMoved ? [] : shards.All)
            await (
                options.IsDetached
                    ? MoveBesideAsync(shard, journal, done, progress, cancellation)
                    : InsertAsync(shard, load, journal, done, rows, progress, cancellation)
            );
        await journal.MarkAsync("moved", cancellation);
        progress?.Report(new("load", "clean up", rows, rows));
        await database.RunAsync(chains[0].Drop(Staging, isView: false), cancellation);
        progress?.Report(new("load", "clean up states", rows, rows));
        foreach (var chain in chains)
        foreach (var interval in chain.Definition.Intervals)
            await database.RunAsync(chain.Drop(chain.LoadFill(interval), isView: false), cancellation);
        await journal.MarkAsync(string.Create(CultureInfo.InvariantCulture, $"done {rows}"), cancellation);
        progress?.Report(new("load", "done", rows, rows));
        return new(load, rows, WasDoneBefore: false);
    }

    private string Identify(IReadOnlyList<string> files)
    {
        var text = new StringBuilder(_definition.Source.Value).Append(options.IsDetached ? " detached" : "");
        // Other blocks would have other tokens
        text.AppendJoin("", _definition.LoadSettings.Where(IsOfBlocks).Select(setting => $" {setting}"));
        if (options.Identity is { } identity)
            text.Append(CultureInfo.InvariantCulture, $"\n{identity}");
        foreach (var file in options.Identity is null ? files : [])
        {
            var info = new FileInfo(file);
            if (!info.Exists)
                throw new RollupException($"the file '{file}' does not exist");
            text.Append(CultureInfo.InvariantCulture, $"\n{info.Name} {info.Length} {info.LastWriteTimeUtc.Ticks}");
        }
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..16];
    }

    private static bool IsOfBlocks(RollupSetting setting) =>
        setting.Name.Contains("insert_block", StringComparison.Ordinal);

    private async Task StageAsync(
        IReadOnlyList<string> files,
        RollupSteps journal,
        IProgress<RollupProgress>? progress,
        CancellationToken cancellation
    )
    {
        var chain = chains[0];
        await database.RunAsync(
            $"CREATE TABLE IF NOT EXISTS {Staging.Quoted}{chain.OnCluster} AS {_definition.Source.Quoted}",
            cancellation
        );
        await KeepPartsAsync(Staging, cancellation);
        foreach (var shard in shards.All)
            await shard.RunAsync($"TRUNCATE TABLE {Staging.Quoted} SYNC", cancellation);
        var target = await LoadTarget.OfAsync(database, _definition.Source, Staging, cancellation);
        var settings = LoadTarget.Settings(shards.All);
        for (var i = 0; i < files.Count; i++)
        {
            progress?.Report(new("stage", Path.GetFileName(files[i]), i, files.Count));
            await StageAsync(files[i], target, settings, cancellation);
        }
        await database.SyncEverywhereAsync(Staging, cancellation);
        await CheckAsync(cancellation);
        await journal.MarkAsync(RollupSteps.Staged(_definition.Source), cancellation);
    }

    private async Task StageAsync(
        string path,
        string target,
        Dictionary<string, string> settings,
        CancellationToken cancellation
    )
    {
        var (format, isPacked) = FormatOf(path);
        await using var file = File.OpenRead(path);
        await using var content = isPacked ? new GZipStream(file, CompressionMode.Decompress) : (Stream)file;
        try
        {
            await database.Client.InsertStreamAsync(
                $"INSERT INTO {target} FORMAT {format}",
                content,
                new QueryOptions { Timeout = Timeout.InfiniteTimeSpan, Settings = settings },
                cancellation
            );
        }
        catch (Exception e) when (ReasonOf(e) is { } reason)
        {
            throw new RefusedFileException(reason, e);
        }
    }

    // Null if the server, not the file, is the reason.
    private static string? ReasonOf(Exception? e) =>
        e switch
        {
            null => null,
            InvalidDataException => e.Message,
            ClickHouseException fault => FaultsOfServer.Contains(fault.Code) ? null : fault.Message,
            _ => ReasonOf(e.InnerException),
        };

    private async Task CheckAsync(CancellationToken cancellation)
    {
        var time = _definition.QualifiedTime;
        var from = $"{Staging.Quoted} AS {_definition.Alias}";
        foreach (var shard in shards.All)
            await shard.SyncAsync(Staging, cancellation);
        if (await CountAsync(from, null) == 0)
            throw new RefusedFileException("the files have no rows");
        await NoneAsync(
            $"{time} = defaultValueOfTypeName(toTypeName({time}))",
            null,
            $"without a value of '{_definition.Time}'"
        );
        if (options.Earliest is { } earliest)
            await NoneAsync(
                $"{time} < {{t:DateTime64(6)}}",
                new QueryParameters().Add("t", earliest),
                $"earlier than {earliest:u}"
            );
        if (options.Latest is { } latest)
            await NoneAsync(
                $"{time} > {{t:DateTime64(6)}}",
                new QueryParameters().Add("t", latest),
                $"later than {latest:u}"
            );
        foreach (var (name, condition) in options.Checks)
            await NoneAsync($"NOT ifNull({condition}, false)", null, $"rejected by the check '{name}'");

        async Task NoneAsync(string condition, QueryParameters? parameters, string what)
        {
            var count = await CountAsync($"{from} WHERE {condition}", parameters);
            if (count > 0)
                throw new RefusedFileException($"{count} rows of the files are {what}; no rows were loaded");
        }

        Task<long> CountAsync(string rows, QueryParameters? parameters) =>
            SumAsync(shard => shard.CountAsync(rows, cancellation, parameters));
    }

    private async Task<long> SumAsync(Func<RollupDatabase, Task<long>> count)
    {
        var sum = 0L;
        foreach (var shard in shards.All)
            sum += await count(shard);
        return sum;
    }

    // A partition that is moved again, because a server was lost in the middle, is known by its
    // parts.
    private async Task KeepPartsAsync(SqlName table, CancellationToken cancellation)
    {
        if (database.Client.Cluster is not null)
            await database.RunAsync(
                $"ALTER TABLE {table.Quoted}{chains[0].OnCluster} MODIFY SETTING "
                    + "max_bytes_to_merge_at_max_space_in_pool = 1, max_bytes_to_merge_at_min_space_in_pool = 1",
                cancellation
            );
    }

    private async Task<long> TotalAsync(HashSet<string> done, RollupSteps journal, CancellationToken cancellation)
    {
        if (done.FirstOrDefault(step => step.StartsWith("rows ", StringComparison.Ordinal)) is { } known)
            return long.Parse(known[5..], CultureInfo.InvariantCulture);
        var rows = await SumAsync(shard => shard.CountAsync(Staging.Quoted, cancellation));
        await journal.MarkAsync(string.Create(CultureInfo.InvariantCulture, $"rows {rows}"), cancellation);
        return rows;
    }

    // Inserts through the views, in large blocks. Each chunk has its own token, so a chunk that was
    // inserted but not recorded yet counts once.
    private async Task InsertAsync(
        RollupDatabase shard,
        string load,
        RollupSteps journal,
        HashSet<string> done,
        long total,
        IProgress<RollupProgress>? progress,
        CancellationToken cancellation
    )
    {
        var columns = string.Join(
            ", ",
            (await database.ColumnsToCopyAsync(_definition, cancellation)).Select(column =>
                $"{_definition.Alias}.{column.Quoted}"
            )
        );
        var names = columns.Replace($"{_definition.Alias}.", "", StringComparison.Ordinal);
        var moved = 0L;
        progress?.Report(new("load", "begin", moved, total));
        foreach (
            var (slice, rows) in await RowChunks.ListAsync(
                shard,
                $"{Staging.Quoted} AS {_definition.Alias}",
                _definition.QualifiedTime,
                parameters: null,
                cancellation
            )
        )
        {
            var step = $"{shard.Place}chunk {slice}";
            if (!done.Contains(step))
            {
                var sql =
                    $"INSERT INTO {_definition.Source.Quoted} ({names}) SELECT {columns} FROM {Staging.Quoted} AS "
                    + $"{_definition.Alias} WHERE {RollupSlice.Condition(_definition.QualifiedTime)} ORDER BY ALL";
                await shard.RunAsync(sql, cancellation, slice.Parameters, token: $"load-{load}-{slice}");
                await journal.MarkAsync(step, cancellation);
            }
            moved += rows;
            progress?.Report(new("load", shard.Place + slice, moved, total));
        }
    }

    // Moving partitions bypasses the views, while rows of other writers still pass through them.
    // The states of the new rows are moved too.
    private async Task MoveBesideAsync(
        RollupDatabase shard,
        RollupSteps journal,
        HashSet<string> done,
        IProgress<RollupProgress>? progress,
        CancellationToken cancellation
    )
    {
        var computed = $"{shard.Place}computed";
        if (!done.Contains(computed))
        {
            var total = await shard.CountAsync(Staging.Quoted, cancellation);
            foreach (var chain in chains)
            {
                foreach (var interval in chain.Definition.Intervals)
                    if (!await shard.ExistsAsync(chain.LoadFill(interval), cancellation))
                    {
                        await shard.RunAsync(chain.CreateLike(chain.LoadFill(interval), interval), cancellation);
                        await KeepPartsAsync(chain.LoadFill(interval), cancellation);
                    }
                var all = new RollupSlice(
                    DateTimeOffset.UnixEpoch,
                    new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero)
                );
                var rows = await new PartitionFill(shard, chain).RunAsync(
                    Staging,
                    all,
                    condition: null,
                    parameters: null,
                    chain.LoadFill,
                    (part, of) => progress?.Report(new("compute", chain.Definition.Name.Value, part, of)),
                    cancellation
                );
                if (chain.Definition.Where is null && rows != total)
                    throw new RollupException($"{Staging} has {total} rows, of which {rows} lie between 1970 and 2100");
            }
            await journal.MarkAsync(computed, cancellation);
        }
        await MoveAllAsync(shard, Staging, _definition.Source, progress, cancellation);
        foreach (var chain in chains)
        foreach (var interval in chain.Definition.Intervals)
            await MoveAllAsync(shard, chain.LoadFill(interval), chain.Target(interval), progress, cancellation);
    }

    private static async Task MoveAllAsync(
        RollupDatabase shard,
        SqlName from,
        SqlName to,
        IProgress<RollupProgress>? progress,
        CancellationToken cancellation
    )
    {
        await shard.SyncAsync(from, cancellation);
        var partitions = await shard.Client.ListAsync(
            "SELECT DISTINCT partition_id FROM system.parts WHERE database = currentDatabase() AND table = "
                + "{t:String} AND active ORDER BY partition_id",
            row => row.String(),
            new QueryParameters().Add("t", from.Value),
            cancellation
        );
        for (var i = 0; i < partitions.Count; i++)
        {
            progress?.Report(new("move", $"{shard.Place}{to} {partitions[i]}", i, partitions.Count));
            await shard.RunAsync(
                $"ALTER TABLE {from.Quoted} MOVE PARTITION ID '{PartitionId(partitions[i])}' TO TABLE {to.Quoted}",
                cancellation
            );
            await shard.SyncEverywhereAsync(to, cancellation);
        }
    }

    private static string PartitionId(string id) =>
        id.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_')
            ? id
            : throw new RollupException($"'{id}' is not a partition id");

    /// <summary>Whether the name of a file ends like one of a known format.</summary>
    public static bool IsKnownFormat(string file) => Formats.ContainsKey(ExtensionOf(file));

    private static (string Format, bool IsPacked) FormatOf(string file) =>
        Formats.TryGetValue(ExtensionOf(file), out var format)
            ? (format, IsPacked(file))
            : throw new RefusedFileException($"unknown file extension '{ExtensionOf(file)}': {KnownFormats}");

    private static bool IsPacked(string file) => file.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);

    private static string ExtensionOf(string file) =>
        Path.GetExtension(IsPacked(file) ? file[..^3] : file).ToLowerInvariant();
}
