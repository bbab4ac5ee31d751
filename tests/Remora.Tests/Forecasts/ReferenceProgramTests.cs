using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Tests.Forecasts;

/// <summary>The model's reference program and its numbers, beside the repository.</summary>
public sealed class ReferenceProgramTests
{
    private const string Candles = "candles/ETHUSDT-5m.csv.gz";
    private const double Tolerance = 1e-9;

    /// <summary>
    /// Six years of candles, at every hour and horizon, with and without the calendar.
    /// </summary>
    [Theory, Trait("speed", "slow")]
    [InlineData(false)]
    [InlineData(true)]
    public void The_engine_agrees_with_it(bool hasCalendar)
    {
        var candles = SharedData.Candles(Candles);
        string[] files = hasCalendar
            ? [SharedData.Require("outside/us-events.csv"), SharedData.Require("outside/us-holidays.csv")]
            : [];
        var forecaster = new Forecaster(
            Timeframe.FiveMinutes,
            Fits.Reference,
            hasCalendar ? Fits.SharedCalendar() : null
        );
        var expected = RunReference(files);
        var (next, worst) = (0, 0.0);
        foreach (var candle in candles)
        {
            var forecast = forecaster.Apply(candle);
            if (next == expected.Count || forecast?.AsOf.UnixMilliseconds != expected[next].Time)
                continue;
            for (var h = 0; h < Horizon.Count; h++)
                worst = Math.Max(
                    worst,
                    Math.Abs(forecast[Horizon.All[h]].GetLogVariance() - expected[next].LogVariances[h])
                );
            next++;
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{next} hours, largest difference {worst}");
        Assert.Equal(expected.Count, next);
        Assert.True(next > 34_000, $"{next} hours");
        Assert.InRange(worst, 0, Tolerance);
    }

    [Fact]
    public void Its_numbers_are_those_of_the_tests()
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(SharedData.RequireReference("forecast/reference.json")));
        foreach (var horizon in Horizon.All)
        {
            var (fit, reference) = (
                Fits.Reference.Newest[horizon],
                json.RootElement.GetProperty("horizons").GetProperty($"{horizon.Hours}")
            );
            Assert.Equal(reference.GetProperty("intercept").GetDouble(), fit.Intercept);
            Assert.Equal(Numbers(reference.GetProperty("beta")), fit.Betas);
            Assert.Equal(Numbers(reference.GetProperty("scale")), fit.Scales);
            Assert.Equal(Numbers(reference.GetProperty("hour_of_week")), fit.HourOfWeek);
            Assert.Equal(
                Numbers(reference.GetProperty("clip")),
                fit.Clips.SelectMany(clip => new[] { clip.Low, clip.High })
            );
            Assert.Equal(reference.GetProperty("smear").GetDouble(), fit.Smear);
            Assert.Equal(reference.GetProperty("residual_sd").GetDouble(), fit.ResidualDeviation);
            var tables = reference.GetProperty("residual_quantiles");
            Assert.Equal(Numbers(tables.GetProperty("dd")), fit.Falls.Sizes);
            Assert.Equal(Numbers(tables.GetProperty("up")), fit.Rises.Sizes);
            Assert.Equal(Numbers(tables.GetProperty("ret")), fit.HighReturns.Sizes);
            Assert.Equal(Numbers(tables.GetProperty("ret_low")).Select(size => -size), fit.LowReturns.Sizes);
        }
    }

    private static IEnumerable<double> Numbers(JsonElement json) =>
        json.ValueKind switch
        {
            JsonValueKind.Object => json.EnumerateObject().SelectMany(property => Numbers(property.Value)),
            JsonValueKind.Array => json.EnumerateArray().SelectMany(Numbers),
            _ => [json.GetDouble()],
        };

    private static List<(long Time, double[] LogVariances)> RunReference(string[] calendars)
    {
        var source = SharedData.RequireReference("forecast/reference.c");
        var parameters = SharedData.RequireReference("forecast/reference.par");
        var folder = Directory.CreateTempSubdirectory("remora-reference-");
        try
        {
            var program = Path.Combine(folder.FullName, "reference");
            var input = Path.Combine(folder.FullName, "candles.csv");
            Assert.SkipUnless(Path.Exists("/usr/bin/gcc"), "no gcc: the reference program cannot be compiled");
            Run("/usr/bin/gcc", ["-O2", "-o", program, source, "-lm"]);
            using (var gzip = new GZipStream(File.OpenRead(SharedData.Require(Candles)), CompressionMode.Decompress))
            using (var file = File.Create(input))
                gzip.CopyTo(file);
            string[] command = ["\"$0\" \"$@\" < candles.csv", program, parameters, .. calendars];
            return
            [
                .. Run("/bin/sh", ["-c", .. command], folder.FullName)
                    .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                    .Select(line => line.Split(' '))
                    .Select(row =>
                        (
                            long.Parse(row[0], CultureInfo.InvariantCulture),
                            row.Skip(1).Select(x => double.Parse(x, CultureInfo.InvariantCulture)).ToArray()
                        )
                    ),
            ];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string Run(string program, string[] arguments, string? folder = null)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, WorkingDirectory = folder ?? "" }
        )!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }
}
