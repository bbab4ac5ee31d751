using Microsoft.Extensions.Logging.Abstractions;
using Remora.Markets;
using Remora.Risk;
using Remora.Server.Answers;
using Remora.Server.Portfolios;
using Remora.Testing;

namespace Remora.Server.Tests.Portfolios;

/// <summary>Tracked markets that move together, in this process.</summary>
internal static class SomeBooks
{
    public const int Day = 288;

    /// <summary>BTC and ETH, 18 days of candles each; SOL is tracked and has none.</summary>
    public static (AssessmentBoard Board, CorrelationKeeper Correlations) Warm()
    {
        var sol = Some.MarketOf("SOL/USDT");
        var engine = new RemoraEngine([BuiltInPolicies.Default], []);
        var keeper = new CorrelationKeeper(engine.Correlations, null, NullLogger.Instance);
        var board = new AssessmentBoard(
            [Some.Btc, Some.Eth, sol],
            engine.Policies,
            new ManualClock(Some.Time.ToDateTimeOffset())
        );
        foreach (var market in new[] { Some.Btc, Some.Eth })
        {
            var recovered = MarketEvent.Recovered(market, new([], [], CandlesOf(market, 18 * Day)));
            board.Publish(market, 0, engine.Apply(recovered)!);
            keeper.Applied(recovered, isBusy: false);
        }
        return (board, keeper);
    }

    /// <summary>
    /// Returns candles until <see cref="Some.Time"/>. Those of ETH move by two thirds as those of
    /// BTC.
    /// </summary>
    public static Candle[] CandlesOf(MarketId market, int count)
    {
        var bitcoin = Some.CandlesUntil(count, Some.Time);
        var own = market.Pair.Base == "BTC" ? bitcoin : Some.CandlesUntil(count, Some.Time, seed: 2);
        return [.. bitcoin.Zip(own, Mixed)];
    }

    private static Candle Mixed(Candle one, Candle other)
    {
        double Of(double x, double y) => Math.Exp(((2 * Math.Log(x)) + Math.Log(y)) / 3);
        return one with
        {
            Volume = 1e4, // a turnover as those of the markets that forecasts were fitted on
            Open = Of(one.Open, other.Open),
            High = Of(one.High, other.High),
            Low = Of(one.Low, other.Low),
            Close = Of(one.Close, other.Close),
        };
    }
}
