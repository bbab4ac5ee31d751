using System.Globalization;

namespace Remora.Server.Access;

/// <summary>
/// The operating system's limit of open files for this process. Connections must leave some free:
/// .NET needs one to start a thread, and ends the process with "Out of memory." if it gets none.
/// </summary>
public static class OpenFileLimit
{
    /// <summary>
    /// Files kept free of connections: for the runtime, store, feeds and child processes.
    /// </summary>
    public const int Reserve = 384;

    private const int Fewest = 16;
    private const string Limits = "/proc/self/limits",
        Row = "Max open files";

    /// <summary>
    /// Returns the limit; null if there is none or the system does not report it.
    /// </summary>
    public static long? Current()
    {
        if (!File.Exists(Limits))
            return null;
        var line = File.ReadLines(Limits).FirstOrDefault(text => text.StartsWith(Row, StringComparison.Ordinal));
        var soft = line?[Row.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return long.TryParse(soft, CultureInfo.InvariantCulture, out var limit) ? limit : null;
    }

    /// <summary>Returns the number of connections below a limit, at most those wanted.</summary>
    /// <param name="limit">The limit; null for none.</param>
    /// <param name="wanted">The setting <c>max_connections</c>.</param>
    public static int Connections(long? limit, int wanted) =>
        limit is { } files ? (int)Math.Min(wanted, Math.Max(files - Reserve, Fewest)) : wanted;
}
