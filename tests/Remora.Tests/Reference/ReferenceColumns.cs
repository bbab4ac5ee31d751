using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Remora.Testing;

namespace Remora.Tests.Reference;

/// <summary>
/// TA-Lib's values for every series. A child process computes them once per run and writes them to
/// files.
/// </summary>
public sealed class ReferenceColumns : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("remora-reference-");
    private readonly Dictionary<string, Series> _series;

    public ReferenceColumns()
    {
        _series = Series.All().ToDictionary(s => s.Name);
        foreach (var series in _series.Values)
            Write(series);
        File.WriteAllText(
            PathOf("series.json"),
            JsonSerializer.Serialize(_series.Values.Select(s => new { name = s.Name, count = s.Candles.Length }))
        );
        Run();
    }

    /// <summary>Returns a series. Skips the test when its data is missing.</summary>
    public Series Require(string name)
    {
        Assert.SkipUnless(
            _series.ContainsKey(name),
            $"no real data for '{name}': set REMORA_SHARED to the folder of the shared data"
        );
        return _series[name];
    }

    /// <summary>
    /// Returns a column of the reference, one value per candle, NaN without a value.
    /// </summary>
    public double[] Column(Series series, string column) =>
        MemoryMarshal.Cast<byte, double>(File.ReadAllBytes(PathOf($"{series.Name}.{column}.f64"))).ToArray();

    public void Dispose() => _folder.Delete(recursive: true);

    private void Write(Series series)
    {
        double Price(double price) => Math.ScaleB(price, series.ReferenceExponent);
        double[] all =
        [
            .. series.Candles.Select(c => Price(c.High)),
            .. series.Candles.Select(c => Price(c.Low)),
            .. series.Candles.Select(c => Price(c.Close)),
            .. series.Returns(),
        ];
        File.WriteAllBytes(PathOf(series.Name + ".f64"), MemoryMarshal.AsBytes(all.AsSpan()).ToArray());
    }

    private void Run()
    {
        var script = Repository.PathOf("tests", "Remora.Tests", "Reference", "reference.mjs");
        using var process = Process.Start(
            new ProcessStartInfo("node", [script, _folder.FullName])
            {
                UseShellExecute = false,
                RedirectStandardError = true,
            }
        )!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"the reference could not be computed (is 'npm ci' done?): {errors}");
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);
}

/// <summary>The test classes that share one run of the reference.</summary>
[CollectionDefinition(nameof(ReferenceColumns))]
public sealed class ReferenceCollection : ICollectionFixture<ReferenceColumns>;
