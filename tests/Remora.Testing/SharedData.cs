using System.Globalization;
using System.IO.Compression;
using Remora.Markets;
using Xunit;

namespace Remora.Testing;

/// <summary>
/// Real market data that is not part of the repository: the folder that REMORA_SHARED names, or <c>../shared</c> beside the repository.
/// A test that asks for a file that is not there is skipped, and says so.
/// </summary>
public static class SharedData
{
    private static readonly string Folder =
        Environment.GetEnvironmentVariable("REMORA_SHARED") is { Length: > 0 } named ? named : Path.Combine(Repository.Root, "..", "shared");

    /// <summary>The full path of a file such as <c>candles/BTCUSDT-5m.csv.gz</c>.</summary>
    public static string Require(string name)
    {
        var path = Path.GetFullPath(Path.Combine(Folder, "data", name));
        Assert.SkipUnless(File.Exists(path), $"no {name}: set REMORA_SHARED to the folder of the shared data");
        return path;
    }

    /// <summary>Whether a file is there, for data that one test of many uses.</summary>
    public static bool Has(string name) => File.Exists(Path.Combine(Folder, "data", name));

    /// <summary>The folder of Python wheels, for tests that use a tool of Python; null where there is none, and PyPI has to do.</summary>
    public static string? Wheels => Directory.Exists(Path.Combine(Folder, "wheels")) ? Path.GetFullPath(Path.Combine(Folder, "wheels")) : null;

    /// <summary>All candles of a file <c>timestamp,open,high,low,close,volume</c>.</summary>
    public static Candle[] Candles(string name)
    {
        var candles = new List<Candle>(500_000);
        foreach (var row in Rows(name))
        {
            var text = row.AsSpan();
            var time = new Instant(long.Parse(Next(ref text), CultureInfo.InvariantCulture));
            candles.Add(new(time, Number(ref text), Number(ref text), Number(ref text), Number(ref text), Number(ref text)));
        }
        return [.. candles];
    }

    /// <summary>The first column as a moment and another, by its place, as a number.</summary>
    public static IReadOnlyList<(Instant Time, double Value)> Column(string name, int column) =>
    [
        .. Rows(name).Select(row => row.Split(',')).Select(cells =>
            (new Instant(long.Parse(cells[0], CultureInfo.InvariantCulture)), double.Parse(cells[column], CultureInfo.InvariantCulture))),
    ];

    private static IEnumerable<string> Rows(string name)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(Require(name)), CompressionMode.Decompress));
        reader.ReadLine();
        while (reader.ReadLine() is { Length: > 0 } row) yield return row;
    }

    private static double Number(ref ReadOnlySpan<char> text) => double.Parse(Next(ref text), CultureInfo.InvariantCulture);

    private static ReadOnlySpan<char> Next(ref ReadOnlySpan<char> text)
    {
        var comma = text.IndexOf(',');
        var cell = comma < 0 ? text : text[..comma];
        text = comma < 0 ? default : text[(comma + 1)..];
        return cell;
    }
}
