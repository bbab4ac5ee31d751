using System.Text;
using Remora.Backtest.Forecasts;
using Remora.Backtest.Portfolios;
using Remora.Backtest.Report;
using Remora.Csv;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Portfolios;
using Remora.Testing;

namespace Remora.Backtest.Tests.Portfolios;

/// <summary>The tables and figures of books on the real candles.</summary>
[Trait("speed", "slow")]
public sealed class ReferencePortfolioTests
{
    private static readonly string[] Coins = ["BTC", "ETH", "SOL"];

    // R² of the log of variance, 24 h ahead, 2023-01 to 2025-06, as the reference program prints it
    // with the reference coefficients: equal longs, BTC long against ETH short, ETH and SOL long
    // against BTC short.
    private static readonly Dictionary<string, double[]> OneDay = new()
    {
        ["sample covariance, 30 days"] = [0.07, 0.36, 0.10],
        [CovarianceModel.RiskMetrics] = [0.17, 0.43, 0.22],
        ["EWMA of 2 days"] = [0.26, 0.46, 0.35],
        ["remora-2, constant correlation"] = [0.60, 0.62, 0.47],
        [CovarianceModel.Remora] = [0.60, 0.66, 0.50],
    };

    // The same 4 h ahead.
    private static readonly Dictionary<string, double[]> FourHours = new()
    {
        ["sample covariance, 30 days"] = [0.10, 0.31, 0.11],
        [CovarianceModel.RiskMetrics] = [0.16, 0.38, 0.21],
        ["EWMA of 2 days"] = [0.27, 0.45, 0.35],
        ["remora-2, constant correlation"] = [0.65, 0.62, 0.55],
        [CovarianceModel.Remora] = [0.65, 0.65, 0.56],
    };

    [Fact]
    public void The_reference_coefficients_reproduce_the_reference_figures()
    {
        var reference = Repository.PathOf("tests", "Remora.Tests", "Forecasts", "reference-fit.json");
        var evaluation = PortfolioEvaluateJob.Run(
            new()
            {
                Markets = Markets,
                From = Generated.At("2023-01-01"),
                Coefficients = CoefficientsFile.Parse(File.ReadAllBytes(reference)),
                Calendar = ShippedCalendar.Dates,
                EachOnItsHours = true,
            }
        );
        foreach (var (horizon, models) in new[] { ("4h", FourHours), ("24h", OneDay) })
        {
            foreach (var (model, figures) in models)
            {
                var rows = evaluation.Variances.Where(row => row.Horizon == horizon && row.Model == model).ToArray();
                for (var book = 0; book < figures.Length; book++)
                    Assert.Equal(figures[book], rows[book].R2, 0.01);
            }
        }
        var added = evaluation
            .Variances.Where(row => row is { Horizon: "24h", Model: CovarianceModel.Added })
            .ToArray();
        Assert.Equal([0.14, -3.03, -0.91], added.Take(3).Select(row => row.Bias), (x, y) => Math.Abs(x - y) < 0.01);
        var own = evaluation.Variances.Where(row => row is { Horizon: "24h", Model: CovarianceModel.Remora }).ToArray();
        Assert.Equal([-0.04, 0.03, 0.04], own.Take(3).Select(row => row.Bias), (x, y) => Math.Abs(x - y) < 0.01);
    }

    /// <summary>With REMORA_WRITE_DOCS=1 the test writes the document.</summary>
    [Fact]
    public void The_published_results_are_those_of_the_shipped_coefficients()
    {
        var text = PortfolioEvaluationText.Of(
            PortfolioEvaluateJob.Run(
                new()
                {
                    Markets = Markets,
                    From = Generated.At("2021-07-01"),
                    Calendar = ShippedCalendar.Dates,
                }
            )
        );
        var path = Repository.PathOf("docs", "portfolio-results.md");
        if (Environment.GetEnvironmentVariable("REMORA_WRITE_DOCS") == "1")
            File.WriteAllText(path, text);
        Assert.Equal(File.ReadAllText(path), text);
    }

    /// <summary>
    /// With REMORA_WRITE_COEFFICIENTS=FILE the test writes the shipped fits with the tables.
    /// </summary>
    [Fact]
    public void The_shipped_tables_are_those_of_the_shipped_fits()
    {
        var fits = PortfolioFit.AddTables(
            CoefficientVintages.Shipped,
            FitJob.Read(Markets, Remora.Backtest.Data.CandleFile.Read, default),
            ShippedCalendar.Dates,
            default
        );
        var written = CoefficientsFile.Write(fits);
        if (Environment.GetEnvironmentVariable("REMORA_WRITE_COEFFICIENTS") is { Length: > 0 } file)
            File.WriteAllBytes(file, written);
        Assert.Equal(
            Encoding.UTF8.GetString(CoefficientsFile.Write(CoefficientVintages.Shipped)),
            Encoding.UTF8.GetString(written)
        );
        Assert.All(fits.All, fit => Assert.NotNull(fit.Portfolio));
    }

    private static (Pair, string)[] Markets =>
        [.. Coins.Select(coin => (Pair.Parse($"{coin}/USDT"), SharedData.Require($"candles/{coin}USDT-5m.csv.gz")))];
}
