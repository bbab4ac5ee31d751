using System.Globalization;
using System.Text;

namespace Remora.ClickHouseHost;

/// <summary>
/// Allows interrupted batches to be inserted again. The engine records the token of a batch before
/// the part of the batch is in place. If it is killed between the two, it would treat a retry of
/// the batch as a duplicate, and the rows would be lost although they were acknowledged in the end.
/// So records without a part are removed before the engine opens a folder.
/// </summary>
internal static class InterruptedInserts
{
    private const string LogFolder = "deduplication_logs";
    private const string Added = "1";

    private readonly record struct Blocks(string Partition, long First, long Last);

    /// <returns>The number of removed records.</returns>
    public static int RemoveOrphans(string folder, string temporaryFile)
    {
        var tables = Path.Combine(folder, "store"); // data/ contains only links to it
        if (!Directory.Exists(tables))
            return 0;
        var removed = 0;
        var options = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 3 };
        foreach (var logs in Directory.EnumerateDirectories(tables, LogFolder, options))
        {
            var present = Directory
                .EnumerateDirectories(Path.GetDirectoryName(logs)!)
                .Select(Path.GetFileName)
                .Select(name => Parse(name!))
                .OfType<Blocks>()
                .ToLookup(part => part.Partition);
            foreach (var log in Directory.EnumerateFiles(logs))
                removed += RemoveOrphans(log, present, temporaryFile);
        }
        return removed;
    }

    private static int RemoveOrphans(string log, ILookup<string, Blocks> present, string temporaryFile)
    {
        var lines = File.ReadAllLines(log, Encoding.Latin1);
        var kept = lines.Where(IsTrue).ToList();
        if (kept.Count == lines.Length)
            return 0;
        File.WriteAllLines(temporaryFile, kept, Encoding.Latin1);
        File.Move(temporaryFile, log, overwrite: true);
        return lines.Length - kept.Count;

        // The part itself, or one into which it was merged.
        bool IsTrue(string line)
        {
            var fields = line.Split('\t');
            return fields.Length >= 3
                && (
                    fields[0] != Added
                    || (
                        Parse(fields[1]) is { } part
                        && present[part.Partition].Any(other => other.First <= part.First && other.Last >= part.Last)
                    )
                );
        }
    }

    // partition_first_last_level, optionally with the number of a mutation. Partition ids contain
    // no underscore.
    private static Blocks? Parse(string part)
    {
        var fields = part.Split('_');
        return
            fields.Length is 4 or 5
            && long.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            && long.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            ? new(fields[0], first, last)
            : null;
    }
}
