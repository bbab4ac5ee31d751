using System.Globalization;

namespace Remora.Soak;

/// <summary>
/// Samples memory, handles and threads of service, bridge and engine, and detects growth.
/// </summary>
internal sealed class Samples
{
    // The allowed rise of the line through the second half of the samples; more counts as a leak.
    private const double MemoryShare = 0.10;
    private const double Megabytes = 5; // the allowed rise if the share is less: the noise of a heap
    private const double Handles = 10;

    private readonly List<(double Minute, double?[] Values)> _rows = [];
    private readonly List<double?[]> _readings = []; // of the current sample

    /// <summary>The columns, in order.</summary>
    public static string[] Names { get; } =
    [
        "service MB",
        "heap MB",
        "service fds",
        "service threads",
        "bridge MB",
        "bridge fds",
        "bridge threads",
        "engine MB",
        "engine fds",
        "engine threads",
    ];

    /// <summary>Reads the current values.</summary>
    public void Read(int service, int? bridge, int? engine, double? heapBytes)
    {
        var reading = new List<double?> { Memory(service), heapBytes / 1e6, Files(service), Threads(service) };
        foreach (var id in new[] { bridge, engine })
            reading.AddRange([Memory(id), Files(id), Threads(id)]);
        _readings.Add([.. reading]);
    }

    /// <summary>
    /// Adds a sample of the values read since the last one: the median of each, because a value can
    /// be read during a fault or a merge; of the heap the minimum, which follows a collection.
    /// </summary>
    public void Add(double minute)
    {
        var row = Names
            .Select(
                (name, i) =>
                {
                    var known = _readings.Select(reading => reading[i]).OfType<double>().Order().ToList();
                    return known.Count == 0 ? (double?)null : known[name == "heap MB" ? 0 : known.Count / 2];
                }
            )
            .ToArray();
        _readings.Clear();
        _rows.Add((minute, row));
        if (_rows.Count == 1)
            Console.WriteLine("minute" + string.Concat(Names.Select(name => name.PadLeft(name.Length + 2))));
        Console.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"{minute, 6:F1}")
                + string.Concat(Names.Zip(row, (name, value) => Text(value).PadLeft(name.Length + 2)))
        );
    }

    /// <summary>
    /// Prints the trend of each column in the second half of the run; returns false if one rose.
    /// </summary>
    public bool Report()
    {
        var half = _rows.Skip(_rows.Count / 2).ToList();
        var isFlat = true;
        Console.WriteLine($"second half, {half.Count} samples: mean, slope an hour, rise of the line over it");
        for (var i = 0; i < Names.Length; i++)
        {
            var points = half.Where(row => row.Values[i] is not null)
                .Select(row => (X: row.Minute, Y: row.Values[i]!.Value))
                .ToList();
            if (points.Count < 3)
            {
                Console.WriteLine($"  {Names[i], -16} too few samples");
                continue;
            }
            var (mean, slope) = (points.Average(point => point.Y), Slope(points));
            var rise = slope * (points[^1].X - points[0].X);
            var flat =
                rise
                <= (
                    Names[i].EndsWith("MB", StringComparison.Ordinal)
                        ? Math.Max(mean * MemoryShare, Megabytes)
                        : Handles
                );
            isFlat &= flat;
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"  {Names[i], -16} {mean, 8:F1} {slope * 60, +8:+0.0;-0.0} {rise, +8:+0.0;-0.0}  "
                        + $"{(flat ? "flat" : "RISES")}"
                )
            );
        }
        return isFlat;
    }

    // Theil-Sen: the median of the slopes between all pairs. Outliers do not affect it; a leak
    // does.
    private static double Slope(List<(double X, double Y)> points)
    {
        var slopes = points
            .SelectMany((a, i) => points.Skip(i + 1).Select(b => (b.Y - a.Y) / (b.X - a.X)))
            .Order()
            .ToList();
        return slopes[slopes.Count / 2];
    }

    private static double? Memory(int? id) => Status(id, "VmRSS:") / 1000;

    private static double? Threads(int? id) => Status(id, "Threads:");

    private static double? Status(int? id, string name)
    {
        if (id is null)
            return null;
        try
        {
            var line = File.ReadLines($"/proc/{id}/status")
                .First(line => line.StartsWith(name, StringComparison.Ordinal));
            return double.Parse(
                line[name.Length..].Replace("kB", "", StringComparison.Ordinal),
                CultureInfo.InvariantCulture
            );
        }
        catch (IOException)
        {
            return null; // the process has ended
        }
    }

    private static double? Files(int? id)
    {
        try
        {
            return id is null ? null : Directory.GetFileSystemEntries($"/proc/{id}/fd").Length;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static string Text(double? value) =>
        value is { } number ? number.ToString("F0", CultureInfo.InvariantCulture) : "-";
}
