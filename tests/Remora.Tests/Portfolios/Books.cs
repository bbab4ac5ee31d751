using Remora.Forecasts;
using Remora.Markets;
using Remora.Portfolios;
using Remora.Testing;
using Remora.Tests.Forecasts;

namespace Remora.Tests.Portfolios;

/// <summary>Markets, correlations and positions for tests.</summary>
internal static class Books
{
    private static readonly string[] Pairs = ["ADA/USDT", "BTC/USDT", "ETH/USDT", "SOL/USDT", "XRP/USDT"];

    /// <summary>Made-up tables, different for each kind.</summary>
    public static PortfolioTables Tables { get; } =
        new(new(Table(1), Table(1.1), Table(0.9)), new(Table(1.2), Table(1.3), Table(0.8)));

    /// <summary>The reference coefficients with these tables, for any market.</summary>
    public static CoefficientVintages Vintages { get; } = new(Fits.Anywhere.Newest with { Portfolio = Tables });

    /// <summary>Markets with forecasts, ordered by their text.</summary>
    public static PortfolioMarket[] Markets { get; } =
    [.. Pairs.Select((pair, i) => MarketOf(pair, new Forecaster(Timeframe.FiveMinutes, Vintages).Play(Tape(i))))];

    public static PortfolioMarket MarketOf(string pair, Forecast? forecast) => new(Some.MarketOf(pair), forecast, 100);

    public static Position Position(int market, double weight) => new(Markets[market].Market.Pair, weight);

    /// <summary>
    /// Correlations of vectors drawn at random, so that all eigenvalues are positive.
    /// </summary>
    public static Correlations Correlations(Random random, bool arePossible = true)
    {
        var n = Markets.Length;
        var vectors = Enumerable
            .Range(0, n)
            .Select(_ => Enumerable.Range(0, n).Select(_ => random.NextDouble() - 0.3).ToArray())
            .ToArray();
        double Product(int i, int j) => vectors[i].Zip(vectors[j], (x, y) => x * y).Sum();
        var values = new List<double>();
        for (var i = 0; i < n; i++)
        for (var j = 0; j < i; j++)
            values.Add(
                arePossible ? Product(i, j) / Math.Sqrt(Product(i, i) * Product(j, j)) : (2 * random.NextDouble()) - 1
            );
        return new([.. Markets.Select(market => market.Market)], [.. values], [.. values.Select(_ => 300)], Some.Time);
    }

    /// <summary>Random positions; several in one pair at times.</summary>
    public static Position[] Positions(Random random, int most = 8) =>
        [
            .. Enumerable
                .Range(0, 1 + random.Next(most))
                .Select(_ => Position(random.Next(Markets.Length), (random.NextDouble() - 0.4) * 3)),
        ];

    public static PortfolioRisk Assess(
        Correlations correlations,
        IReadOnlyList<Position> positions,
        Horizon? horizon = null,
        Candidate? candidate = null,
        double? limit = null
    ) =>
        new PortfolioModel(correlations, Markets).Assess(
            positions,
            new(horizon ?? Horizon.OneDay) { Candidate = candidate, Limit = limit }
        )!;

    private static Candle[] Tape(int seed) => Some.Candles(seed, 600);

    private static LossTable Table(double scale) =>
        new(
            new([.. Fits.Reference.Newest[Horizon.OneDay].LowReturns.Sizes.Select(size => scale * size)]),
            new(new(1.5 * scale, 1.9 * scale), new(2.2 * scale, 2.6 * scale)),
            new(new(2.5 * scale, 3.5 * scale), new(3 * scale, 4.5 * scale)),
            500
        );
}
