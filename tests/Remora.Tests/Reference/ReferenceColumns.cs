using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Remora.Testing;

namespace Remora.Tests.Reference;

/// <summary>What TA-Lib makes of every series: computed once per run by a child process, read from files.</summary>
public sealed class ReferenceColumns : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("remora-reference-");
    private readonly Dictionary<string, Series> _series;

    public ReferenceColumns()
    {
        _series = Series.All().ToDictionary(s => s.Name);
        foreach (var series in _series.Values) Write(series);
        File.WriteAllText(PathOf("series.json"), JsonSerializer.Serialize(_series.Values.Select(s => new { name = s.Name, count = s.Candles.Length })));
        Run();
    }

    /// <summary>A series; skips the test where its data is not there.</summary>
    public Series Require(string name)
    {
        Assert.SkipUnless(_series.ContainsKey(name), $"no real data for '{name}': set REMORA_SHARED to the folder of the shared data");
        return _series[name];
    }

    /// <summary>A column of the reference, one value per candle, NaN where it has none.</summary>
    public double[] Column(Series series, string column) => MemoryMarshal.Cast<byte, double>(File.ReadAllBytes(PathOf($"{series.Name}.{column}.f64"))).ToArray();

    public void Dispose() => _folder.Delete(recursive: true);

    private void Write(Series series)
    {
        double Price(double price) => Math.ScaleB(price, series.ReferenceExponent);
        double[] all =
        [
            .. series.Candles.Select(c => Price(c.High)), .. series.Candles.Select(c => Price(c.Low)), .. series.Candles.Select(c => Price(c.Close)),
            .. series.Returns(),
        ];
        File.WriteAllBytes(PathOf(series.Name + ".f64"), MemoryMarshal.AsBytes(all.AsSpan()).ToArray());
    }

    private void Run()
    {
        var script = Repository.PathOf("tests", "Remora.Tests", "Reference", "reference.mjs");
        using var process = Process.Start(new ProcessStartInfo("node", [script, _folder.FullName]) { UseShellExecute = false, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"the reference could not be computed (is 'npm ci' done?): {errors}");
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);
}

/// <summary>The classes that share one run of the reference.</summary>
[CollectionDefinition(nameof(ReferenceColumns))]
public sealed class ReferenceCollection : ICollectionFixture<ReferenceColumns>;
