using System.Globalization;
using System.Text;

namespace Remora.ClickHouseHost.Engine;

/// <summary>
/// Makes batches that were cut off acceptable again. The engine notes a batch's token before the batch's part is in place; killed between
/// the two, it would take the batch, sent again, for one it has, and the rows would be lost though they were acknowledged in the end. So
/// before the engine opens a folder, notes whose part is nowhere are struck out.
/// </summary>
internal static class InterruptedInserts
{
    private const string LogFolder = "deduplication_logs";
    private const string Added = "1";

    private readonly record struct Blocks(string Partition, long First, long Last);

    /// <returns>How many notes were struck out.</returns>
    public static int Forget(string folder, string temporaryFile)
    {
        var tables = Path.Combine(folder, "store"); // data/ beside it only links here
        if (!Directory.Exists(tables)) return 0;
        var forgotten = 0;
        var options = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 3 };
        foreach (var logs in Directory.EnumerateDirectories(tables, LogFolder, options))
        {
            var present = Directory.EnumerateDirectories(Path.GetDirectoryName(logs)!).Select(Path.GetFileName).Select(name => Parse(name!)).OfType<Blocks>().ToLookup(part => part.Partition);
            foreach (var log in Directory.EnumerateFiles(logs)) forgotten += Forget(log, present, temporaryFile);
        }
        return forgotten;
    }

    private static int Forget(string log, ILookup<string, Blocks> present, string temporaryFile)
    {
        var lines = File.ReadAllLines(log, Encoding.Latin1);
        var kept = lines.Where(IsTrue).ToList();
        if (kept.Count == lines.Length) return 0;
        File.WriteAllLines(temporaryFile, kept, Encoding.Latin1);
        File.Move(temporaryFile, log, overwrite: true);
        return lines.Length - kept.Count;

        // The part itself, or one it was merged into.
        bool IsTrue(string line)
        {
            var fields = line.Split('\t');
            return fields.Length >= 3 && (fields[0] != Added || (Parse(fields[1]) is { } part && present[part.Partition].Any(other => other.First <= part.First && other.Last >= part.Last)));
        }
    }

    // partition_first_last_level, with the number of a mutation behind it perhaps; partitions have no underscore in their ids.
    private static Blocks? Parse(string part)
    {
        var fields = part.Split('_');
        return fields.Length is 4 or 5
            && long.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            && long.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            ? new(fields[0], first, last)
            : null;
    }
}
