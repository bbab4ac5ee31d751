using System.Globalization;
using System.IO.Compression;
using Remora.Markets;
using Xunit;

namespace Remora.Testing;

/// <summary>
/// Real market data outside the repository: the folder that REMORA_SHARED names, or
/// <c>../shared</c> beside the repository. A test that requires a missing file is skipped, with the
/// reason.
/// </summary>
public static class SharedData
{
    /// <summary>The folder, which may be missing.</summary>
    public static string Folder { get; } =
        Environment.GetEnvironmentVariable("REMORA_SHARED") is { Length: > 0 } named
            ? named
            : Path.Combine(Repository.Root, "..", "shared");

    /// <summary>
    /// Returns the full path of a file such as <c>candles/BTCUSDT-5m.csv.gz</c>, or skips the test.
    /// </summary>
    public static string Require(string name) => RequireFile("data", name);

    /// <summary>
    /// Returns the full path of a file beside the data, such as <c>forecast/reference.c</c> among
    /// the reference programs, or skips the test.
    /// </summary>
    public static string RequireReference(string name) => RequireFile("spikes", name);

    private static string RequireFile(string folder, string name)
    {
        var path = Path.GetFullPath(Path.Combine(Folder, folder, name));
        Assert.SkipUnless(File.Exists(path), $"no {name}: set REMORA_SHARED to the folder of the shared data");
        return path;
    }

    /// <summary>Whether a file exists, for data that only one of many test cases uses.</summary>
    public static bool Has(string name) => File.Exists(Path.Combine(Folder, "data", name));

    /// <summary>
    /// The folder of Python wheels, for tests that use a Python tool; null without one, in which
    /// case PyPI is used.
    /// </summary>
    public static string? Wheels =>
        Directory.Exists(Path.Combine(Folder, "wheels")) ? Path.GetFullPath(Path.Combine(Folder, "wheels")) : null;

    /// <summary>
    /// Reads the candles of a file <c>timestamp,open,high,low,close,volume</c> that open before a
    /// moment, by default all.
    /// </summary>
    public static Candle[] Candles(string name, Instant? until = null)
    {
        var candles = new List<Candle>(500_000);
        foreach (var row in Rows(name))
        {
            var text = row.AsSpan();
            var time = new Instant(long.Parse(Next(ref text), CultureInfo.InvariantCulture));
            if (time >= until)
                break;
            candles.Add(
                new(time, Number(ref text), Number(ref text), Number(ref text), Number(ref text), Number(ref text))
            );
        }
        return [.. candles];
    }

    /// <summary>
    /// Reads the first column as moments and another column, by its position, as numbers.
    /// </summary>
    public static IReadOnlyList<(Instant Time, double Value)> Column(string name, int column) =>
        [
            .. Rows(name)
                .Select(row => row.Split(','))
                .Select(cells =>
                    (
                        new Instant(long.Parse(cells[0], CultureInfo.InvariantCulture)),
                        double.Parse(cells[column], CultureInfo.InvariantCulture)
                    )
                ),
        ];

    private static IEnumerable<string> Rows(string name)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(Require(name)), CompressionMode.Decompress));
        reader.ReadLine();
        while (reader.ReadLine() is { Length: > 0 } row)
            yield return row;
    }

    private static double Number(ref ReadOnlySpan<char> text) =>
        double.Parse(Next(ref text), CultureInfo.InvariantCulture);

    private static ReadOnlySpan<char> Next(ref ReadOnlySpan<char> text)
    {
        var comma = text.IndexOf(',');
        var cell = comma < 0 ? text : text[..comma];
        text = comma < 0 ? default : text[(comma + 1)..];
        return cell;
    }
}
