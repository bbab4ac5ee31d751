using FsCheck.Fluent;
using Remora.Forecasts;
using Remora.Portfolios;
using Remora.Risk;

namespace Remora.Tests.Portfolios;

public sealed class PortfolioLaws
{
    private static void ForAll(Action<Random> law, int times = 200) =>
        Prop.ForAll(Any.Seed, seed => law(new(seed))).MustHold(times);

    [Fact]
    public void Shares_add_up_to_the_volatility() =>
        ForAll(random =>
        {
            var positions = Books.Positions(random);
            var risk = Books.Assess(Books.Correlations(random, arePossible: random.Next(3) > 0), positions);
            Assert.Equal(risk.Book.Volatility, risk.Positions.Sum(one => one.Share), 1e-12);
            Assert.Equal(positions, risk.Positions.Select(one => one.Position));
            if (risk.Book.Volatility == 0)
                return;
            Assert.Equal(100, risk.Positions.Sum(one => one.SharePercent), 1e-9);
            Assert.True(risk.Book.Volatility <= risk.AddedVolatility * (1 + 1e-12));
            Assert.True(risk.IndependentBets >= 1 - 1e-12);
        });

    /// <summary>Also when it has several positions in the pair, and others that cancel.</summary>
    [Fact]
    public void A_book_of_one_pair_is_the_forecast_of_the_pair() =>
        ForAll(random =>
        {
            var (market, side, horizon) = (
                random.Next(Books.Markets.Length),
                random.Next(2) == 0 ? 1 : -1,
                random.Next(2) == 0 ? Horizon.FourHours : Horizon.OneDay
            );
            var other = (market + 1) % Books.Markets.Length;
            Position[] cancelled = random.Next(2) == 0 ? [] : [Books.Position(other, 1.3), Books.Position(other, -1.3)];
            var risk = Books.Assess(
                Books.Correlations(random),
                [Books.Position(market, 0.75 * side), .. cancelled, Books.Position(market, 0.25 * side)],
                horizon
            );
            var forecast = Books.Markets[market].Forecast![horizon];
            Assert.Equal(forecast.Volatility, risk.Book.Volatility);
            Assert.Equal(BookKind.OneMarket, risk.Book.Kind);
            Assert.Equal(1, risk.IndependentBets);
            foreach (var level in LossTable.Levels)
            {
                var losses = risk.Book.Of(level);
                if (side > 0)
                {
                    Assert.Equal(forecast.ValueAtRiskAt(level), losses.ValueAtRisk);
                    Assert.Equal(forecast.ExpectedShortfallAt(level), losses.ExpectedShortfall);
                }
                else
                {
                    // A short loses what the price gains.
                    Assert.Equal(forecast.ReturnAt(level), losses.ValueAtRisk, 1e-12);
                    Assert.True(losses.ExpectedShortfall > losses.ValueAtRisk);
                }
            }
            Assert.Equal(risk.Book, risk.AtCorrelationOne);
        });

    [Fact]
    public void The_opposite_positions_cancel_a_book() =>
        ForAll(random =>
        {
            var positions = Books.Positions(random);
            var risk = Books.Assess(
                Books.Correlations(random),
                [.. positions, .. positions.Select(one => one with { Weight = -one.Weight })]
            );
            Assert.Equal(BookKind.Flat, risk.Book.Kind);
            Assert.Equal(0, risk.Book.Volatility);
            Assert.Equal(default, risk.Book.At95);
            Assert.Equal(default, risk.Book.At99);
            Assert.True(double.IsNaN(risk.IndependentBets));
            Assert.All(risk.Positions, one => Assert.Equal(0, one.Share));
            Assert.All(risk.Stress, day => Assert.Equal(0, day.Change));
        });

    [Fact]
    public void A_permutation_changes_no_bit() =>
        ForAll(random =>
        {
            var correlations = Books.Correlations(random, arePossible: random.Next(3) > 0);
            var positions = Books.Positions(random);
            var order = Enumerable.Range(0, positions.Length).ToArray();
            random.Shuffle(order);
            var one = Books.Assess(correlations, positions);
            var other = new PortfolioModel(correlations, Books.Markets.Reverse()).Assess(
                [.. order.Select(i => positions[i])],
                new(Horizon.OneDay)
            )!;
            Assert.Equal(one.Book, other.Book);
            Assert.Equal(one.AtCorrelationOne, other.AtCorrelationOne);
            Assert.Equal(one.Stress.Select(day => day.AtLow), other.Stress.Select(day => day.AtLow));
            for (var i = 0; i < order.Length; i++)
            {
                Assert.Equal(one.Positions[order[i]].Share, other.Positions[i].Share);
                Assert.Equal(one.Positions[order[i]].Closed, other.Positions[i].Closed);
            }
        });

    [Fact]
    public void Markets_without_a_position_change_nothing() =>
        ForAll(random =>
        {
            var correlations = Books.Correlations(random);
            var positions = Books.Positions(random, 4);
            var held = positions.Select(one => one.Pair).ToHashSet();
            var alone = new PortfolioModel(
                correlations,
                Books.Markets.Where(market => held.Contains(market.Market.Pair))
            ).Assess(positions, new(Horizon.OneDay))!;
            Assert.Equal(Books.Assess(correlations, positions).Book, alone.Book);
        });

    [Fact]
    public void A_closed_position_leaves_the_book_without_it() =>
        ForAll(random =>
        {
            var correlations = Books.Correlations(random);
            var positions = Books.Positions(random);
            var risk = Books.Assess(correlations, positions);
            for (var i = 0; i < positions.Length; i++)
            {
                var rest = Books.Assess(correlations, [.. positions.Where((_, k) => k != i)]).Book;
                Assert.Equal(rest.Volatility, risk.Positions[i].Closed.Volatility, 1e-12);
                Assert.Equal(rest.Kind, risk.Positions[i].Closed.Kind);
                Assert.Equal(rest.At95.ValueAtRisk, risk.Positions[i].Closed.At95.ValueAtRisk, 1e-12);
            }
        });

    /// <summary>It fits itself, and nothing larger does.</summary>
    [Fact]
    public void The_largest_position_is_the_last_that_fits() =>
        ForAll(
            random =>
            {
                var correlations = Books.Correlations(random);
                Position[] positions = random.Next(8) == 0 ? [] : Books.Positions(random, 4);
                var (pair, side) = (Books.Markets[random.Next(Books.Markets.Length)].Market.Pair, (Side)random.Next(2));
                var limit = 0.01 + (0.2 * random.NextDouble());
                double Loss(double size) =>
                    Books
                        .Assess(correlations, positions, candidate: new(pair, side) { Size = size }, limit: limit)
                        .Candidate!.After!.At95.ValueAtRisk;
                var answer = Books.Assess(correlations, positions, candidate: new(pair, side), limit: limit).Candidate!;
                Assert.Null(answer.After);
                var largest = answer.LargestSize;
                if (largest > 0)
                    Assert.InRange(Loss(largest), 0, limit * (1 + 1e-9));
                var from = Math.Max(largest, 1e-6);
                foreach (var factor in new[] { 1.0001, 1.01, 1.1, 1.5, 2, 3, 10, 100 })
                    Assert.True(Loss(from * factor) > limit * (1 - 1e-9), $"{largest} x {factor}");
                var now = Books.Assess(correlations, positions).Book.Volatility;
                var slightly = Books
                    .Assess(correlations, positions, candidate: new(pair, side) { Size = 1e-6 })
                    .Candidate!.After!;
                if (Math.Abs(slightly.Volatility - now) > 1e-12)
                    Assert.Equal(slightly.Volatility < now, answer.IsHedge);
            },
            150
        );

    [Fact]
    public void Clipped_correlations_have_no_negative_eigenvalue() =>
        ForAll(random =>
        {
            var n = 2 + random.Next(7);
            var values = new double[n * n];
            for (var i = 0; i < n; i++)
            {
                values[(i * n) + i] = 1;
                for (var j = 0; j < i; j++)
                    values[(i * n) + j] = values[(j * n) + i] = (2 * random.NextDouble()) - 1;
            }
            var matrix = new CorrelationMatrix([.. values], n);
            for (var i = 0; i < n; i++)
            {
                Assert.Equal(1, matrix[i, i]);
                for (var j = 0; j < n; j++)
                {
                    Assert.InRange(matrix[i, j], -1, 1);
                    Assert.Equal(matrix[j, i], matrix[i, j]);
                    if (!matrix.IsClipped)
                        Assert.Equal(values[(i * n) + j], matrix[i, j]);
                }
            }
            var lowest = double.MaxValue;
            for (var draw = 0; draw < 100; draw++)
            {
                var x = Enumerable.Range(0, n).Select(_ => random.NextDouble() - 0.5).ToArray();
                double Form(Func<int, int, double> of) =>
                    Enumerable.Range(0, n).Sum(i => Enumerable.Range(0, n).Sum(j => x[i] * x[j] * of(i, j)));
                Assert.True(Form((i, j) => matrix[i, j]) > -1e-10);
                lowest = Math.Min(lowest, Form((i, j) => values[(i * n) + j]));
            }
            if (lowest < -1e-6)
                Assert.True(matrix.IsClipped);
        });
}
