using Remora.Backtest.Data;
using Remora.Backtest.Forecasts;
using Remora.Backtest.Portfolios;
using Remora.Backtest.Report;
using Remora.Forecasts;
using Remora.Markets;
using Remora.Portfolios;

namespace Remora.Backtest.Tests.Portfolios;

public sealed class PortfolioFitTests
{
    private static readonly string[] Coins = ["BTC", "ETH"];
    private static readonly Instant First = Generated.At("2024-05-01");
    private static readonly Instant Second = Generated.At("2024-05-15");
    private const int Days = 150;

    private static readonly CoefficientVintages Vintages = new(
        CoefficientVintages.Shipped.All[0] with
        {
            ValidFrom = First,
            Portfolio = null,
        },
        CoefficientVintages.Shipped.Newest with
        {
            ValidFrom = Second,
            Portfolio = null,
        }
    );

    private static readonly IReadOnlyList<ForecastMarket> Markets = MarketsOf(_ => { });

    [Fact]
    public void Tables_are_reproducible_and_do_not_look_ahead()
    {
        var tables = Fit(Markets);
        Assert.All(tables, Assert.NotNull);
        Assert.Equal(Written(Markets), Written(Markets));
        // Prices after the first vintage became valid change its tables in nothing, those after the
        // second change neither.
        var later = MarketsOf(candles => Multiply(candles, Second, 1.3));
        Assert.Equal(Written(Markets), Written(later));
        var between = MarketsOf(candles => Multiply(candles, First + TimeSpan.FromDays(3), 1.3));
        Assert.Equal(Written(Markets)[0], Written(between)[0]);
        Assert.NotEqual(Written(Markets)[1], Written(between)[1]);
    }

    [Fact]
    public void Tables_contain_their_intervals()
    {
        foreach (var tables in Fit(Markets))
        {
            foreach (var horizon in PortfolioTables.Horizons)
            {
                foreach (var kind in new[] { BookKind.NetLong, BookKind.NetShort, BookKind.Hedged })
                {
                    var table = tables!.Of(horizon)!.Of(kind)!;
                    Assert.InRange(table.Days, 90, Days);
                    foreach (var level in LossTable.Levels)
                    {
                        var bounds = table.Of(level).ValueAtRisk;
                        Assert.InRange(table.Losses.SizeAt(1 - level), bounds.Low, bounds.High);
                        Assert.True(bounds.Low < bounds.High);
                        Assert.True(table.Of(level).ExpectedShortfall.Low > bounds.Low);
                    }
                }
            }
        }
    }

    [Fact]
    public void One_pair_or_a_short_past_has_no_tables()
    {
        Assert.All(Fit([Markets[0]]), Assert.Null);
        var few = Markets
            .Select(market =>
            {
                var candles = market.Candles.Where(candle => candle.OpenTime >= Generated.At("2024-03-01")).ToArray();
                return market with { Candles = candles, Hours = MarketHours.Of(candles) };
            })
            .ToArray();
        Assert.All(Fit(few), Assert.Null);
    }

    [Fact]
    public void An_evaluation_judges_all_models_on_the_same_hours()
    {
        var fits = PortfolioFit.AddTables(Vintages, Markets, ForecastCalendar.Empty, default);
        var evaluation = Evaluate(fits);
        foreach (var rows in evaluation.Variances.GroupBy(row => (row.Horizon, row.Book)))
        {
            Assert.Equal(6, rows.Count());
            Assert.Single(rows.Select(row => row.Hours).Distinct());
            Assert.True(rows.First().Hours > 24 * 20);
        }
        // The mirror of a book has its variance.
        Assert.Equal(
            evaluation.Variances.Where(row => row.Book == "equal longs").Select(row => row.R2),
            evaluation.Variances.Where(row => row.Book == "equal shorts").Select(row => row.R2)
        );
        Assert.All(evaluation.Losses.Where(row => row.Level == 0.95), row => Assert.InRange(row.Hits, 0, 0.25));
        Assert.Equal(["long", "long and short"], evaluation.Sizes.Select(row => row.Books).Distinct());
        Assert.All(evaluation.Sizes.Where(row => row.Sizes == "constant"), row => Assert.Equal(1, row.EqualStake));
        Assert.Contains("## Sizes", PortfolioEvaluationText.Of(evaluation), StringComparison.Ordinal);
        var late = Assert.Throws<BacktestException>(() => Evaluate(fits, Generated.At("2025-01-01")));
        Assert.StartsWith("nothing to evaluate", late.Message, StringComparison.Ordinal);
    }

    private static PortfolioEvaluation Evaluate(CoefficientVintages fits, Instant? from = null) =>
        PortfolioEvaluateJob.Run(
            new()
            {
                Markets = [.. Coins.Select(coin => (Pair.Parse($"{coin}/USDT"), coin))],
                Reader = (file, _) => new(Timeframe.FiveMinutes, Markets[Array.IndexOf(Coins, file)].Candles, 0),
                From = from ?? First,
                Coefficients = fits,
            }
        );

    private static PortfolioTables?[] Fit(IReadOnlyList<ForecastMarket> markets) =>
        [
            .. PortfolioFit
                .AddTables(Vintages, markets, ForecastCalendar.Empty, default)
                .All.Select(fit => fit.Portfolio),
        ];

    private static string[] Written(IReadOnlyList<ForecastMarket> markets) =>
        [
            .. System
                .Text.Encoding.UTF8.GetString(
                    CoefficientsFile.Write(PortfolioFit.AddTables(Vintages, markets, ForecastCalendar.Empty, default))
                )
                .Split('\n')
                .Where(line => line.Contains("portfolio", StringComparison.Ordinal)),
        ];

    private static void Multiply(Candle[] candles, Instant from, double factor)
    {
        for (var i = 0; i < candles.Length; i++)
        {
            var x = candles[i];
            if (x.OpenTime >= from && i % 2 == 0)
                candles[i] = x with { High = x.High * factor, Close = x.Close * factor };
        }
    }

    // Two tapes that share half of their returns.
    private static IReadOnlyList<ForecastMarket> MarketsOf(Action<Candle[]> change)
    {
        var one = Generated.Candles(Days * 288, 1).Candles.ToArray();
        var two = Generated.Candles(Days * 288, 2).Candles.ToArray();
        for (var i = 0; i < two.Length; i++)
        {
            var factor = Math.Sqrt(one[i].Close * one[i].Open) / 40_000;
            var x = two[i];
            two[i] = new(x.OpenTime, x.Open * factor, x.High * factor, x.Low * factor, x.Close * factor, x.Volume);
        }
        change(one);
        change(two);
        return
        [
            new(Pair.Parse("BTC/USDT"), one, MarketHours.Of(one)),
            new(Pair.Parse("ETH/USDT"), two, MarketHours.Of(two)),
        ];
    }
}
