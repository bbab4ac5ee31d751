using Remora.Backtest.Data;
using Remora.Markets;

namespace Remora.Backtest.Tests;

/// <summary>Real market data, which the repository does not carry: in the folder that REMORA_SHARED names, or in <c>shared</c> beside the repository.</summary>
internal static class SharedData
{
    private static readonly string? Root = Find();
    private static readonly Dictionary<string, CandleTape> Series = [];
    private static readonly Lock Gate = new();

    /// <summary>The path of a file; skips the test, visibly, where it is not there.</summary>
    public static string Path(params string[] parts)
    {
        var path = Root is null ? null : System.IO.Path.Combine([Root, "data", .. parts]);
        if (path is null || !(File.Exists(path) || Directory.Exists(path)))
            Assert.Skip($"needs {string.Join('/', parts)} of the shared data (REMORA_SHARED, or ../shared beside the repository)");
        return path;
    }

    /// <summary>Candles, read once for all tests.</summary>
    public static CandleTape Candles(string name)
    {
        var path = Path("candles", name);
        lock (Gate)
        {
            if (!Series.TryGetValue(name, out var series)) Series[name] = series = CandleFile.Read(path);
            return series;
        }
    }

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("REMORA_SHARED") is { Length: > 0 } named) return named;
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(System.IO.Path.Combine(folder.FullName, "Remora.slnx"))) folder = folder.Parent;
        var shared = folder?.Parent is { } parent ? System.IO.Path.Combine(parent.FullName, "shared") : null;
        return Directory.Exists(shared) ? shared : null;
    }
}
