using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Portfolios;
using Remora.Testing;
using Remora.Tests.Forecasts;

namespace Remora.Tests.Portfolios;

/// <summary>
/// The reference program of portfolios, beside the repository: correlations of BTC, ETH and SOL and
/// the volatility of equal longs over 24 hours, with the reference coefficients and the shared
/// calendar. Its dump begins in 2021 without a past.
/// </summary>
public sealed class ReferenceCorrelationTests
{
    private const double Tolerance = 1e-9;
    private static readonly string[] Coins = ["BTC", "ETH", "SOL"];
    private static readonly Instant Begin = Some.At("2021-01-01");

    /// <summary>Rows of its dump, each 67th hour and those of a day without volume.</summary>
    [Fact]
    public void The_first_months_agree_with_its_dump() =>
        Agrees(ReadDump(File.ReadLines(SampleFile)), Some.At("2021-06-01"), 60);

    [Fact, Trait("speed", "slow")]
    public void All_years_agree_with_its_dump() => Agrees(ReadDump(File.ReadLines(SampleFile)), Instant.MaxValue, 400);

    /// <summary>
    /// Runs the program, which requires gcc and a Python with pandas and SciPy: REMORA_PYTHON or
    /// python3.
    /// </summary>
    [Fact, Trait("speed", "slow")]
    public void Every_hour_agrees_with_it()
    {
        var program = SharedData.RequireReference("portfolio/portfolio.py");
        var source = SharedData.RequireReference("forecast/reference.c");
        var parameters = SharedData.RequireReference("forecast/reference.par");
        string[] calendar =
        [
            SharedData.Require("outside/us-events.csv"),
            SharedData.Require("outside/us-holidays.csv"),
        ];
        var python = Environment.GetEnvironmentVariable("REMORA_PYTHON") is { Length: > 0 } named ? named : "python3";
        Assert.SkipUnless(Path.Exists("/usr/bin/gcc"), "no gcc: the reference program cannot be compiled");
        Assert.SkipUnless(
            Run("/bin/sh", ["-c", "\"$0\" -c 'import pandas, scipy'", python], "") == 0,
            "no Python with pandas and SciPy: set REMORA_PYTHON"
        );
        var folder = Directory.CreateTempSubdirectory("remora-reference-");
        try
        {
            var reference = Path.Combine(folder.FullName, "reference");
            Assert.Equal(0, Run("/usr/bin/gcc", ["-O2", "-o", reference, source, "-lm"], ""));
            foreach (var coin in Coins)
            {
                var input = Path.Combine(folder.FullName, "candles.csv");
                using (var gzip = new GZipStream(File.OpenRead(FileOf(coin)), CompressionMode.Decompress))
                using (var file = File.Create(input))
                    gzip.CopyTo(file);
                string[] command = ["\"$0\" \"$@\" < candles.csv > " + coin + ".f", reference, parameters, .. calendar];
                Assert.Equal(0, Run("/bin/sh", ["-c", .. command], folder.FullName));
            }
            var dump = Path.Combine(folder.FullName, "dump.csv");
            string[] arguments =
            [
                "-c",
                "\"$0\" \"$@\" > /dev/null 2>&1",
                python,
                program,
                Path.GetDirectoryName(FileOf("BTC"))!,
                folder.FullName,
                dump,
            ];
            Assert.Equal(0, Run("/bin/sh", arguments, folder.FullName));
            Agrees(ReadDump(File.ReadLines(dump)), Instant.MaxValue, 25_000);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string SampleFile => Repository.PathOf("tests", "Remora.Tests", "Portfolios", "reference-dump.csv");

    private static string FileOf(string coin) => SharedData.Require($"candles/{coin}USDT-5m.csv.gz");

    private static void Agrees(Dictionary<long, double[]> dump, Instant until, int atLeast)
    {
        var calendar = Fits.SharedCalendar();
        var tracker = new CorrelationTracker();
        var coins = Coins.Select(coin => new Coin(coin, calendar, until, tracker)).ToArray();
        var (worst, compared) = (0.0, 0);
        for (var time = Begin; time < until && !coins.All(coin => coin.IsAtEnd); time += TimeSpan.FromHours(1))
        {
            foreach (var coin in coins)
                coin.PlayUntil(time);
            if (!dump.TryGetValue(time.UnixMilliseconds, out var expected))
                continue;
            var snapshot = tracker.Snapshot();
            var at = 0;
            for (var i = 0; i < coins.Length; i++)
            {
                for (var j = i + 1; j < coins.Length; j++, at++)
                {
                    var found = snapshot.Between(coins[i].Market, coins[j].Market);
                    Assert.Equal(double.IsNaN(expected[at]), found.IsAssumed);
                    if (!found.IsAssumed)
                        worst = Math.Max(worst, Math.Abs(found.Value - expected[at]));
                }
            }
            if (double.IsNaN(expected[at]))
                continue;
            compared++;
            var risk = new PortfolioModel(
                snapshot,
                coins.Select(coin => new PortfolioMarket(coin.Market, coin.At(time), double.NaN))
            ).Assess([.. coins.Select(coin => new Position(coin.Market.Pair, 1.0 / 3))], new(Horizon.OneDay))!;
            Assert.Empty(risk.Unknown);
            Assert.False(risk.IsClipped);
            worst = Math.Max(worst, Math.Abs(risk.Book.Volatility - expected[at]));
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{compared} hours, largest difference {worst}");
        Assert.True(compared >= atLeast, $"{compared} hours");
        Assert.InRange(worst, 0, Tolerance);
    }

    private static Dictionary<long, double[]> ReadDump(IEnumerable<string> lines) =>
        lines
            .Skip(1)
            .Select(line => line.Split(','))
            .ToDictionary(
                cells => long.Parse(cells[0], CultureInfo.InvariantCulture),
                cells =>
                    cells
                        .Skip(1)
                        .Select(cell =>
                            cell.Length == 0 ? double.NaN : double.Parse(cell, CultureInfo.InvariantCulture)
                        )
                        .ToArray()
            );

    private static int Run(string program, string[] arguments, string folder)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardError = true }
        )!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode;
    }

    /// <summary>A coin whose hours count from the begin of the dump.</summary>
    private sealed class Coin
    {
        private readonly Candle[] _candles;
        private readonly Forecaster _forecaster;
        private readonly StandardizedHours _counted = new(12);
        private readonly CorrelationTracker _tracker;
        private int _next;

        public Coin(string name, ForecastCalendar calendar, Instant until, CorrelationTracker tracker)
        {
            Market = Some.MarketOf($"{name}/USDT");
            _candles = SharedData.Candles($"candles/{name}USDT-5m.csv.gz", until);
            _forecaster = new(Timeframe.FiveMinutes, Fits.Reference, calendar);
            _tracker = tracker;
            tracker.Track(Market, _counted);
        }

        public MarketId Market { get; }

        public bool IsAtEnd => _next == _candles.Length;

        public Forecast? At(Instant time) => _forecaster.Current is { } now && now.AsOf == time ? now : null;

        public void PlayUntil(Instant time)
        {
            for (; !IsAtEnd && _candles[_next].OpenTime + Timeframe.FiveMinutes.Length <= time; _next++)
            {
                _forecaster.Apply(_candles[_next]);
                if (_forecaster.Hours.Newest is not { } newest || newest <= Begin || newest == _counted.Newest)
                    continue;
                Assert.True(_forecaster.Hours.TryGet(StandardizedHours.HourOf(newest), out var returns));
                _counted.Add(newest, returns);
                _tracker.Update(Market);
            }
        }
    }
}
