using Remora.Forecasts;
using Remora.Markets;
using Remora.Portfolios;
using Remora.Risk;
using Remora.Testing;
using Remora.Tests.Forecasts;

namespace Remora.Tests.Portfolios;

public sealed class PortfolioModelTests
{
    private const int Ada = 0,
        Btc = 1,
        Eth = 2;

    private static readonly Correlations Some3 = Books.Correlations(new(7));

    [Theory]
    [InlineData(1, 0.6, BookKind.NetLong)]
    [InlineData(-1, -0.6, BookKind.NetShort)]
    [InlineData(1, -1, BookKind.Hedged)]
    public void The_losses_come_from_the_table_of_the_kind_of_book(double first, double second, BookKind kind)
    {
        var weights = new[] { first, second };
        var risk = Books.Assess(Some3, [Books.Position(Btc, scaled(0)), Books.Position(Eth, scaled(1))]);
        var table = Books.Tables.OneDay.Of(kind)!;
        Assert.Equal(kind, risk.Book.Kind);
        Assert.Equal(risk.Book.Volatility * table.Losses.SizeAt(0.05), risk.Book.At95.ValueAtRisk, 1e-15);
        Assert.Equal(risk.Book.Volatility * table.Losses.MeanBeyond(0.01), risk.Book.At99.ExpectedShortfall, 1e-12);
        Assert.Equal(risk.Book.Volatility * table.At95.ValueAtRisk.Low, risk.IntervalsAt95.ValueAtRisk.Low);
        Assert.Equal(
            risk.Book.Volatility * table.At99.ExpectedShortfall.High,
            risk.IntervalsAt99.ExpectedShortfall.High
        );
        Assert.Equal(2, risk.Gross * 2 / risk.Positions.Sum(one => Math.Abs(one.Position.Weight)), 1e-12);
        // Equal risk for equal numbers.
        double scaled(int i) => weights[i] / Books.Markets[Btc + i].Forecast![Horizon.OneDay].Volatility;
    }

    [Fact]
    public void At_correlation_one_a_long_book_is_its_volatilities_added()
    {
        var risk = Books.Assess(Some3, [Books.Position(Btc, 1), Books.Position(Eth, 2), Books.Position(Ada, 0.5)]);
        Assert.Equal(risk.AddedVolatility, risk.AtCorrelationOne.Volatility, 1e-15);
        Assert.True(risk.AtCorrelationOne.At95.ValueAtRisk > risk.Book.At95.ValueAtRisk);
    }

    [Fact]
    public void Unknown_positions_are_left_out_and_named()
    {
        var warming = Books.MarketOf("DOGE/USDT", null);
        var model = new PortfolioModel(Some3, [.. Books.Markets, warming]);
        Position[] positions = [new(Pair.Parse("PEPE/USDT"), 1), Books.Position(Btc, 1), new(warming.Market.Pair, -2)];
        var risk = model.Assess(positions, new(Horizon.OneDay))!;
        Assert.Equal(
            [new(positions[0].Pair, 1, UnknownReason.NotTracked), new(positions[2].Pair, -2, UnknownReason.NoForecast)],
            risk.Unknown
        );
        Assert.Equal(Books.Assess(Some3, [positions[1]]).Book, risk.Book);
        Assert.Null(model.Assess([positions[0], positions[2]], new(Horizon.OneDay)));
        var asked = new PortfolioQuestion(Horizon.OneDay) { Candidate = new(positions[0].Pair, Side.Long) };
        Assert.Null(model.Assess([positions[1]], asked)!.Candidate);
        Assert.Null(model.Assess([], asked));
        // The first entry into an empty book.
        var first = Books.Assess(Some3, [], candidate: new(Books.Markets[Eth].Market.Pair, Side.Long), limit: 0.04);
        Assert.Equal(0, first.Book.Volatility);
        Assert.Equal(
            0.04 / Books.Markets[Eth].Forecast![Horizon.OneDay].ValueAtRiskAt(0.95),
            first.Candidate!.LargestSize,
            1e-9
        );
    }

    [Fact]
    public void The_first_market_of_a_pair_that_has_a_forecast_is_used()
    {
        var (known, other) = (Books.Markets[Btc], Books.Markets[Eth]);
        var silent = new PortfolioMarket(Some.MarketOf("BTC/USDT", exchange: "kraken"), null, 1);
        var later = new PortfolioMarket(Some.MarketOf("BTC/USDT", exchange: "okx"), other.Forecast, 1);
        var risk = new PortfolioModel(Some3, [silent, known, later]).Assess(
            [Books.Position(Btc, 1)],
            new(Horizon.FourHours)
        )!;
        Assert.Equal(known.Market, risk.Positions[0].Market);
    }

    [Fact]
    public void Correlations_without_enough_common_hours_are_assumed_and_named()
    {
        var risk = Books.Assess(Correlations.None, [Books.Position(Btc, 1), Books.Position(Eth, -1)]);
        var assumed = Assert.Single(risk.Assumed);
        Assert.Equal((0.8, 0), (assumed.Value, assumed.Hours));
        var (a, b) = (Sigma(Btc), Sigma(Eth));
        Assert.Equal(Math.Sqrt((a * a) + (b * b) - (1.6 * a * b)), risk.Book.Volatility, 1e-12);
        Assert.Equal(0.8, Correlations.AssumedFor(Pair.Parse("BTC/USDT"), Pair.Parse("ETH/EUR")));
        Assert.Equal(0.8, Correlations.AssumedFor(Pair.Parse("ETH/BTC"), Pair.Parse("SOL/BTC")));
        Assert.Equal(0, Correlations.AssumedFor(Pair.Parse("BTC/USDT"), Pair.Parse("ETH/BTC")));
    }

    [Fact]
    public void A_stop_and_a_liquidation_price_have_the_chances_of_the_forecast()
    {
        var forecast = Books.Markets[Btc].Forecast!;
        var pair = Books.Markets[Btc].Market.Pair;
        Position[] positions =
        [
            new(pair, 1) { Stop = 95, Liquidation = 100 }, // the price is 100
            new(pair, -1) { Stop = 104, Liquidation = 250 },
            new(pair, 1),
        ];
        var risk = Books.Assess(Some3, positions);
        Assert.Equal(forecast[Horizon.FourHours].ProbabilityOfFall(0.05), risk.Positions[0].Stop!.FourHours, 1e-12);
        Assert.Equal(forecast[Horizon.OneDay].ProbabilityOfFall(0.05), risk.Positions[0].Stop!.OneDay, 1e-12);
        Assert.Equal(new(1, 1), risk.Positions[0].Liquidation);
        Assert.Equal(forecast[Horizon.OneDay].ProbabilityOfRise(0.04), risk.Positions[1].Stop!.OneDay, 1e-12);
        Assert.InRange(risk.Positions[1].Liquidation!.OneDay, 1e-12, 0.01);
        Assert.Null(risk.Positions[2].Stop);
    }

    [Fact]
    public void A_book_goes_through_the_named_days()
    {
        var risk = Books.Assess(Some3, [Books.Position(Btc, 1), Books.Position(Eth, -0.5), Books.Position(Ada, 2)]);
        Assert.Equal(
            ["2020-03-12", "2021-05-19", "2022-06-13", "2022-11-08"],
            risk.Stress.Select(day => day.Day.ToString("yyyy-MM-dd", null))
        );
        var day = risk.Stress[0];
        Assert.Equal(
            [MoveSource.Beta, MoveSource.Measured, MoveSource.Measured],
            day.Moves.Select(move => move.Source)
        );
        Assert.Equal(-0.395048, day.Moves[1].Change);
        var beta = Some3.Between(Books.Markets[Ada].Market, Books.Markets[Btc].Market).Value * Sigma(Ada) / Sigma(Btc);
        Assert.Equal(Math.Pow(1 - 0.395048, beta) - 1, day.Moves[0].Change, 1e-12);
        Assert.Equal(-0.395048 + (0.5 * 0.445969) + (2 * day.Moves[0].Change), day.Change, 1e-12);
        // SOL did not trade on the first day.
        var sol = Books.Assess(Some3, [Books.Position(3, 1)]);
        Assert.Equal(
            [MoveSource.Beta, MoveSource.Measured, MoveSource.Measured, MoveSource.Measured],
            sol.Stress.Select(result => result.Moves[0].Source)
        );
        var without = new PortfolioModel(Some3, [Books.Markets[Ada]]).Assess(
            [Books.Position(Ada, 1)],
            new(Horizon.OneDay)
        )!;
        Assert.Equal(MoveSource.Unknown, without.Stress[0].Moves[0].Source);
        Assert.True(double.IsNaN(without.Stress[0].Change));
    }

    [Fact]
    public void Losses_are_unknown_outside_the_tested_range_or_without_tables()
    {
        var narrow = new CoefficientVintages(Books.Vintages.Newest with { Range = new(1, double.MaxValue, 1000, 0) });
        var outside = Books.MarketOf(
            "DOGE/USDT",
            new Forecaster(Timeframe.FiveMinutes, narrow).Play(Some.Candles(9, 400))
        );
        var model = new PortfolioModel(Some3, [.. Books.Markets, outside]);
        PortfolioRisk Of(double weight) =>
            model.Assess(
                [
                    Books.Position(Btc, 1 / Sigma(Btc)),
                    new(outside.Market.Pair, weight / outside.Forecast![Horizon.OneDay].Volatility),
                ],
                new(Horizon.OneDay)
            )!;
        Assert.Equal([outside.Market], Of(0.5).OutsideTestedRange);
        Assert.True(Of(0.5).Book.At95.ValueAtRisk > 0);
        Assert.True(double.IsNaN(Of(1.5).Book.At95.ValueAtRisk));
        Assert.True(Of(1.5).Book.Volatility > 0);
        var bare = Books.MarketOf("ETH/USDT", Fits.Forecaster().Play(Some.Candles(1, 400)));
        var other = Books.MarketOf("BTC/USDT", Fits.Forecaster().Play(Some.Candles(2, 400)));
        var risk = new PortfolioModel(Correlations.None, [bare, other]).Assess(
            [Books.Position(Btc, 1), Books.Position(Eth, 1)],
            new(Horizon.OneDay) { Limit = 0.1, Candidate = new(Pair.Parse("ETH/USDT"), Side.Long) }
        )!;
        Assert.True(risk.Book.Volatility > 0);
        Assert.True(double.IsNaN(risk.Book.At99.ExpectedShortfall));
        Assert.True(double.IsNaN(risk.Candidate!.LargestSize));
    }

    [Theory]
    [InlineData(double.NaN, "positions[0].weight")]
    [InlineData(0, "positions[0].weight")]
    [InlineData(double.PositiveInfinity, "positions[0].weight")]
    [InlineData(1e10, "positions[0].weight")]
    public void A_weight_that_is_not_allowed_is_named(double weight, string name) =>
        Assert.StartsWith(
            name,
            Assert.Throws<ArgumentException>(() => Books.Assess(Some3, [Books.Position(Btc, weight)])).Message
        );

    [Fact]
    public void Other_numbers_that_are_not_allowed_are_named()
    {
        static void Refuses(string name, Action act) =>
            Assert.StartsWith(name, Assert.ThrowsAny<ArgumentException>(act).Message, StringComparison.Ordinal);
        var position = Books.Position(Btc, 1);
        Refuses("positions[0].stop", () => Books.Assess(Some3, [position with { Stop = -1 }]));
        Refuses("positions[0].liquidation", () => Books.Assess(Some3, [position with { Liquidation = double.NaN }]));
        Refuses("limit", () => Books.Assess(Some3, [position], limit: 0));
        Refuses(
            "candidate.size",
            () => Books.Assess(Some3, [], candidate: new(position.Pair, Side.Long) { Size = -1 })
        );
        Refuses("horizon", () => Books.Assess(Some3, [position], Horizon.OneHour));
        Refuses("positions", () => Books.Assess(Some3, [.. Enumerable.Repeat(position, 201)]));
        Assert.NotNull(Books.Assess(Some3, [.. Enumerable.Repeat(position, 200)]));
    }

    private static double Sigma(int market) => Books.Markets[market].Forecast![Horizon.OneDay].Volatility;
}
