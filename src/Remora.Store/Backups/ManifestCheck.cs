using System.Globalization;
using Remora.Store.Schema;

namespace Remora.Store.Backups;

/// <summary>Checks the fields of a manifest that can be checked without a database.</summary>
internal static class ManifestCheck
{
    private const int HexDigits = 64;
    private const int LongestName = 200;

    /// <summary>Returns the first problem, starting with the field; null for none.</summary>
    public static string? ProblemOf(BackupManifest manifest) => Problems(manifest).FirstOrDefault();

    private static IEnumerable<string> Problems(BackupManifest manifest)
    {
        if (manifest.Format is < BackupManifest.FormatOfVersion01 or > BackupManifest.KnownFormat)
        {
            yield return $"format: {manifest.Format} is unknown; this program reads "
                + $"{BackupManifest.FormatOfVersion01} and {BackupManifest.KnownFormat}";
            yield break;
        }
        if (manifest.Schema < 1)
            yield return $"schema: it is {manifest.Schema}; expected a number from 1";
        if (manifest.Schema > SchemaFile.All[^1].Version)
            yield return $"schema: it is {manifest.Schema}; this version supports up to "
                + $"{SchemaFile.All[^1].Version}: the backup was made by a newer version of Remora";
        var all =
            manifest.Format == BackupManifest.FormatOfVersion01
                ? FilesOfVersion01(manifest)
                : Lists(manifest).Concat(Files(manifest)).Concat(Tables(manifest)).Concat(Attachments(manifest));
        foreach (var problem in all)
            yield return problem;
    }

    private static IEnumerable<string> Lists(BackupManifest manifest)
    {
        if (manifest.Tables is null)
            yield return "tables: it is missing";
        if (manifest.Views is null)
            yield return "views: it is missing";
        if (manifest.Attachments is null)
            yield return "attachments: it is missing";
    }

    private static IEnumerable<string> Files(BackupManifest manifest)
    {
        var tables = (manifest.Tables ?? []).Select(table => table?.Name).ToHashSet(StringComparer.Ordinal);
        return Each(
            manifest,
            (file, at) => tables.Contains(file.Table) ? [] : [$"{at}.table: '{file.Table}' is not in 'tables'"]
        );
    }

    private static IEnumerable<string> Each(BackupManifest manifest, Func<BackupFile, string, IEnumerable<string>> more)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < manifest.Files.Count; i++)
        {
            if (manifest.Files[i] is not { } file)
                yield return $"files[{i}]: it is null";
            else if (!names.Add(file.Name))
                yield return $"files[{i}].name: '{file.Name}' is listed twice";
            else
                foreach (var problem in File(file, $"files[{i}]").Concat(more(file, $"files[{i}]")))
                    yield return problem;
        }
    }

    private static IEnumerable<string> File(BackupFile file, string at)
    {
        if (!IsPlainName(file.Name))
            yield return $"{at}.name: '{file.Name}' is not a file name";
        if (file.Columns.Count == 0)
            yield return $"{at}.columns: it is empty";
        var columns = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < file.Columns.Count; i++)
        {
            if (string.IsNullOrEmpty(file.Columns[i]))
                yield return $"{at}.columns[{i}]: it is empty";
            else if (!columns.Add(file.Columns[i]))
                yield return $"{at}.columns[{i}]: '{file.Columns[i]}' is listed twice";
        }
        if (file.Rows < 0)
            yield return $"{at}.rows: it is {file.Rows}; expected a number from 0";
        if (!IsChecksum(file.Sha256))
            yield return $"{at}.sha256: it is not a SHA-256 in lower-case hexadecimal digits";
    }

    private static IEnumerable<string> Tables(BackupManifest manifest)
    {
        if (manifest is not { Tables: { } tables, Views: { } views })
            yield break;
        var rows = manifest
            .Files.GroupBy(file => file.Table)
            .ToDictionary(files => files.Key, files => files.Sum(file => (decimal)file.Rows), StringComparer.Ordinal);
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < tables.Count; i++)
        {
            if (tables[i] is not { Name.Length: > 0 } table)
                yield return $"tables[{i}].name: it is empty";
            else if (!names.Add(table.Name))
                yield return $"tables[{i}].name: '{table.Name}' is listed twice";
            else if (table.Definition.Length == 0)
                yield return $"tables[{i}].definition: it is empty";
            else if (rows.GetValueOrDefault(table.Name) is var sum && sum != table.Rows)
                yield return $"tables[{i}].rows: it is {table.Rows}, the files of '{table.Name}' have {sum}";
        }
        if (!names.Contains(SchemaSteps.Table))
            yield return $"tables: '{SchemaSteps.Table}' is missing";
        for (var i = 0; i < views.Count; i++)
        {
            if (views[i] is not { Name.Length: > 0 } view)
                yield return $"views[{i}].name: it is empty";
            else if (!names.Add(view.Name))
                yield return $"views[{i}].name: '{view.Name}' is listed twice";
        }
    }

    private static IEnumerable<string> Attachments(BackupManifest manifest)
    {
        if (manifest.Attachments is not { } files)
            yield break;
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < files.Count; i++)
        {
            if (files[i]?.Name is not { Length: > 0 } name || name.Split('/').Any(part => !IsPlainName(part)))
                yield return $"attachments[{i}].name: '{files[i]?.Name}' is not a path in the backup";
            else if (!names.Add(name))
                yield return $"attachments[{i}].name: '{name}' is listed twice";
            else if (!IsChecksum(files[i].Sha256))
                yield return $"attachments[{i}].sha256: it is not a SHA-256 in lower-case hexadecimal digits";
        }
    }

    private static IEnumerable<string> FilesOfVersion01(BackupManifest manifest) =>
        Each(
            manifest,
            (file, at) =>
                file.Rollup is null && StoreTable.All.All(table => table.Name.Value != file.Table)
                    ?
                    [
                        $"{at}.table: '{file.Table}' is not a table of a store; allowed are "
                            + $"{string.Join(", ", StoreTable.All.Select(table => table.Name))}",
                    ]
                : file.Rollup is not null
                && !VersionOneTable.IsLeftover(file.Table)
                && VersionOneTable.TryParse(file) is null
                    ? [$"{at}.table: '{file.Table}' is not a table of the rollup '{file.Rollup}'"]
                : []
        );

    private static bool IsPlainName(string? name) =>
        name is { Length: > 0 and <= LongestName } and not ("." or "..")
        && !name.Any(letter => letter is '/' or '\\' or ':' || char.IsControl(letter));

    private static bool IsChecksum(string text) => text.Length == HexDigits && text.All(char.IsAsciiHexDigitLower);
}

/// <summary>
/// The name of a rollup's table in a backup of version 0.1: <c>risk_1h_v1_tt</c>.
/// </summary>
/// <param name="Interval">The interval, for example <c>1h</c>.</param>
/// <param name="Version">The version of the rollup.</param>
internal sealed record VersionOneTable(string Interval, int Version)
{
    /// <summary>
    /// Whether version 0.1 took the table of a killed backup for a rollup's table.
    /// </summary>
    public static bool IsLeftover(string table) => table.StartsWith(CopyName.Held, StringComparison.Ordinal);

    public static VersionOneTable? TryParse(BackupFile file)
    {
        var prefix = file.Rollup + "_";
        if (!file.Table.StartsWith(prefix, StringComparison.Ordinal))
            return null;
        return
            file.Table[prefix.Length..].Split('_') is [{ Length: > 1 } interval, ['v', .. var version], "tt"]
            && int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new(interval, number)
            : null;
    }
}
