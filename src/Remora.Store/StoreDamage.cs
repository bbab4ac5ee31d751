using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Remora.ClickHouse;
using Remora.Supervision;

namespace Remora.Store;

/// <summary>
/// Finds damaged parts of the store: from queries that fail on them, from the error list of the
/// embedded engine (which includes merges), and among the parts that the engine detached at its
/// start.
/// </summary>
internal sealed partial class StoreDamage(MarketStore store, Incidents incidents)
{
    private const string Advice =
        "Check the disk, then stop the service and restore a backup: remora store restore FOLDER --replace";
    private const string SetAside = "set aside";
    private const int MostNamed = 3;

    // Folder of a part to its table
    private readonly ConcurrentDictionary<string, string> _suspects = new(StringComparer.Ordinal);

    /// <summary>Notes an error that names a part, which may be damaged.</summary>
    public void Note(string message)
    {
        if (PartPattern().Match(message) is { Success: true } match)
            _suspects[match.Groups["path"].Value] = match.Groups["table"].Value;
    }

    /// <summary>
    /// Checks whether noted parts still exist, and looks for further damaged parts.
    /// </summary>
    /// <param name="ownEngine">
    /// Whether the engine serves only this store, so that its errors belong to the store.
    /// </param>
    /// <param name="cancellation">Cancels the inspection.</param>
    public async Task InspectAsync(bool ownEngine, CancellationToken cancellation)
    {
        if (store.Client.Cluster is not null)
            return; // a server fetches what is damaged from another replica
        if (ownEngine)
        {
            var parameters = new QueryParameters().Add("part", StoreFault.InPart);
            var messages = await store.Client.ListAsync(
                $"SELECT last_error_message FROM system.errors WHERE code IN "
                    + $"({string.Join(", ", StoreFault.OfDamage)}) AND position(last_error_message, "
                    + $"{{part:String}}) > 0",
                row => row.String(),
                parameters,
                cancellation
            );
            foreach (var message in messages)
                Note(message);
        }
        foreach (var (path, table) in _suspects)
            await LookAtAsync(path, table, cancellation);
        await LookAtSetAsideAsync(cancellation);
    }

    private async Task LookAtAsync(string path, string table, CancellationToken cancellation)
    {
        var key = "damaged " + path;
        var parts = await store.Client.ListAsync(
            "SELECT name, rows FROM system.parts WHERE active AND database = currentDatabase() AND path = "
                + "{path:String}",
            row => (Name: row.String(), Rows: (long)row.UInt64()),
            new QueryParameters().Add("path", path),
            cancellation
        );
        if (parts is [var part])
        {
            incidents.Begin(
                key,
                $"{part.Rows} rows of {table} cannot be read, and queries that need them fail: the files of the "
                    + $"part {part.Name} are damaged. {Advice}"
            );
            return;
        }
        _suspects.TryRemove(path, out _);
        incidents.End(key, $"the damaged part of {table} is no longer in use");
    }

    private async Task LookAtSetAsideAsync(CancellationToken cancellation)
    {
        var parts = await store.Client.ListAsync(
            "SELECT concat(table, ' ', name) FROM system.detached_parts WHERE database = currentDatabase() AND "
                + "reason LIKE 'broken%' ORDER BY table, name",
            row => row.String(),
            null,
            cancellation
        );
        if (parts.Count > 0)
        {
            incidents.Begin(
                SetAside,
                $"the engine found {parts.Count} damaged parts when it started and set them aside, so their rows "
                    + $"are missing from all answers: "
                    + $"{string.Join(", ", parts.Take(MostNamed))}{(parts.Count > MostNamed ? " and more" : "")}. "
                    + $"{Advice}"
            );
        }
        else
        {
            incidents.End(SetAside, "no damaged parts are set aside any more");
        }
    }

    [GeneratedRegex(
        @"while reading from part (?<path>/[^\n]*?/) in table (?<table>[\w.]+)",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex PartPattern();
}
