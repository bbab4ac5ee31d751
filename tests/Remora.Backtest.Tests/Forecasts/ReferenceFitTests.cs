using Remora.Backtest.Forecasts;
using Remora.Csv;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Testing;

namespace Remora.Backtest.Tests.Forecasts;

/// <summary>
/// All quarterly fits of the real candles, against the coefficients of the reference and the
/// figures that were measured with it. With REMORA_WRITE_COEFFICIENTS=FILE the test writes the
/// fits.
/// </summary>
[Trait("speed", "slow")]
public sealed class ReferenceFitTests
{
    // R² of remora-2, HAR and HAR with hour of week at 1, 4 and 24 hours, 2021-07 to 2025-06; NaN
    // where the reference states none.
    private static readonly Dictionary<string, double[]> WalkForward = new()
    {
        ["BTC"] = [0.647, 0.575, double.NaN, 0.681, 0.560, 0.642, 0.666, 0.510, double.NaN],
        ["ETH"] = [0.645, 0.575, double.NaN, 0.693, 0.584, 0.651, 0.689, 0.564, double.NaN],
        ["SOL"] = [0.612, 0.536, double.NaN, 0.661, 0.555, 0.612, 0.606, 0.503, double.NaN],
    };

    // Rank correlations of the same models at 4 hours.
    private static readonly Dictionary<string, double[]> Ranks = new()
    {
        ["BTC"] = [0.808, 0.724, 0.788],
        ["ETH"] = [0.816, 0.742, 0.792],
        ["SOL"] = [0.806, 0.731, 0.778],
    };

    private static readonly string[] Models = ["remora-2", "har", "har_season"];

    [Fact]
    public void The_walk_forward_reproduces_the_reference()
    {
        (Pair, string)[] markets =
        [
            .. WalkForward.Keys.Select(coin =>
                (Pair.Parse($"{coin}/USDT"), SharedData.Require($"candles/{coin}USDT-5m.csv.gz"))
            ),
        ];
        var fits = FitJob.Run(
            new()
            {
                Markets = markets,
                Until = Generated.At("2025-06-30"),
                Calendar = ShippedCalendar.Dates,
            }
        );
        if (Environment.GetEnvironmentVariable("REMORA_WRITE_COEFFICIENTS") is { Length: > 0 } file)
            File.WriteAllBytes(file, CoefficientsFile.Write(fits));
        var reference = Repository.PathOf("tests", "Remora.Tests", "Forecasts", "reference-fit.json");
        Assert.Equal(CoefficientVintages.Shipped.All.Count, fits.All.Count);
        for (var i = 0; i < fits.All.Count; i++)
        {
            AssertSame(CoefficientVintages.Shipped.All[i], fits.All[i]);
            Assert.Equal(CoefficientVintages.Shipped.All[i].Range, fits.All[i].Range);
        }
        AssertSame(CoefficientsFile.Parse(File.ReadAllBytes(reference)).Newest, fits.Newest);

        // The fits of each time are what --refit uses.
        var evaluation = EvaluateJob.Run(
            new()
            {
                Markets = markets,
                From = WalkForwardStart,
                Coefficients = fits,
                Calendar = ShippedCalendar.Dates,
            }
        );
        Assert.Null(evaluation.InSample);
        foreach (var (coin, figures) in WalkForward)
        {
            var horizons = evaluation.Pairs[$"{coin}/USDT"];
            foreach (var horizon in Horizon.All)
            {
                var models = horizons[horizon.Name].Models;
                for (var m = 0; m < Models.Length; m++)
                {
                    var expected = figures[(horizon.Index * Models.Length) + m];
                    if (!double.IsNaN(expected))
                        Assert.Equal(expected, models[Models[m]].R2, 0.005);
                    if (horizon == Horizon.FourHours)
                        Assert.Equal(Ranks[coin][m], models[Models[m]].Ic, 0.005);
                }
                Assert.True(models["remora-2"].R2 > models["har_season"].R2, $"{coin} {horizon}");
                Assert.InRange(horizons[horizon.Name].Var["0.99"].Hits, 0.005, 0.016);
            }
            var fall = horizons["4h"].Drawdown["0.02"];
            Assert.True(fall.Reliability.Average(tenth => Math.Abs(tenth[0] - tenth[1])) < 0.02, coin);
        }
    }

    private static Instant WalkForwardStart => Generated.At("2021-07-01");

    private static void AssertSame(ForecastCoefficients want, ForecastCoefficients have)
    {
        Assert.Equal(want.ValidFrom, have.ValidFrom);
        foreach (var horizon in Horizon.All)
        {
            var (a, b) = (want[horizon], have[horizon]);
            Assert.Equal(a.Intercept, b.Intercept, 1e-6);
            Assert.Equal(a.Betas, b.Betas, (x, y) => Math.Abs(x - y) < 1e-6);
            Assert.Equal(a.HourOfWeek, b.HourOfWeek, (x, y) => Math.Abs(x - y) < 1e-6);
            Assert.Equal(a.Smear, b.Smear, 1e-6);
            Assert.Equal(a.ResidualDeviation, b.ResidualDeviation, 1e-6);
            // It is unknown to which fits the reference counts the outcomes at ends of quarters.
            AssertClose(a.Falls, b.Falls);
            AssertClose(a.Rises, b.Rises);
            AssertClose(a.HighReturns, b.HighReturns);
            AssertClose(a.LowReturns, b.LowReturns);
        }
    }

    private static void AssertClose(ResidualTable want, ResidualTable have) =>
        Assert.Equal(want.Sizes, have.Sizes, (x, y) => Math.Abs(x - y) < 5e-4);
}
