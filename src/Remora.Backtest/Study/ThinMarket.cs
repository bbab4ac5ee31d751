using Remora.Backtest.Chance;
using Remora.Backtest.History;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Backtest.Study;

/// <summary>
/// A market with little or no trading, made from real candles: a slice with no earlier history (a
/// new listing), a slice that ends (a delisting), or candles of which only some have trades (a pair
/// on a small exchange).
/// </summary>
/// <param name="Name">What it shows.</param>
/// <param name="Pair">The pair.</param>
/// <param name="Candles">The candle file.</param>
/// <param name="From">The first candle; the engine receives none before it.</param>
/// <param name="To">The end of the candles.</param>
/// <param name="TradedShare">The share of the candles that have trades, (0, 1]. Each of them has a
/// single price, the close of the real candle.</param>
/// <param name="QuietFrom">From this moment on no candle has trades: each one has the last price
/// and no volume. Null for never.</param>
/// <param name="SendsQuiet">Whether the exchange sends candles without trades, flat and without
/// volume, or leaves them out.</param>
/// <param name="Exchange">The exchange's CCXT id.</param>
public sealed record ThinMarket(
    string Name,
    Pair Pair,
    string Candles,
    Instant From,
    Instant To,
    double TradedShare = 1,
    Instant? QuietFrom = null,
    bool SendsQuiet = true,
    string Exchange = "binance"
)
{
    /// <summary>Whether the candles are the real ones, unchanged.</summary>
    internal bool IsReal => TradedShare == 1 && QuietFrom is null;

    internal void Check()
    {
        StudyFile.Require(From < To, "thin_markets", $"'from' before 'to' ({Name})");
        StudyFile.Require(TradedShare is > 0 and <= 1, "thin_markets", $"'traded_share' above 0 to 1 ({Name})");
    }

    /// <summary>Returns the candles that the engine receives.</summary>
    /// <param name="real">The real candles.</param>
    /// <param name="seed">The seed that chooses the candles with trades.</param>
    internal IReadOnlyList<Candle> Thin(IReadOnlyList<Candle> real, ulong seed)
    {
        var made = new List<Candle>();
        var last = double.NaN;
        foreach (var candle in real)
        {
            if (candle.OpenTime < From || candle.OpenTime >= To)
                continue;
            var position = (ulong)candle.OpenTime.UnixMilliseconds;
            var traded = candle.OpenTime < QuietFrom.GetValueOrDefault(Instant.MaxValue);
            if (traded && TradedShare < 1)
                traded = Draws.Unit(seed, position) < TradedShare;
            if (!traded && (!SendsQuiet || double.IsNaN(last)))
                continue;
            var price = traded ? candle.Close : last;
            made.Add(
                traded && TradedShare == 1
                    ? candle
                    : new(candle.OpenTime, price, price, price, price, traded ? candle.Volume : 0)
            );
            last = price;
        }
        return made;
    }

    /// <summary>Replays the market through the engine.</summary>
    internal ThinMarketFigures Run(
        CandleTape series,
        IReadOnlyList<Observation> observations,
        RiskPolicy policy,
        ulong seed
    )
    {
        var id = new MarketId(Exchange, Pair, series.Timeframe);
        var candles = Thin(series.Candles, Draws.SeedFor(seed, "thin|" + Name));
        if (candles.Count == 0)
            throw new BacktestException($"thin_markets: {Name} has no candles from {From} to {To}");
        var tape = new Tape(id, candles, observations);
        var first = candles[0].OpenTime;
        var (states, confidence, blocked) = (new int[4], 0.0, 0);
        Instant? known = null,
            ok = null;
        Assessment? last = null;
        var options = new HistoryOptions
        {
            Policies = [policy],
            Each = assessment =>
            {
                last = assessment;
                states[(int)assessment.State]++;
                confidence += assessment.RiskConfidence;
                blocked += assessment.SafeToTrade ? 0 : 1;
                if (!double.IsNaN(assessment.RiskScore))
                    known ??= assessment.AssessedAt;
                if (assessment.State == AssessmentState.Ok)
                    ok ??= assessment.AssessedAt;
            },
        };
        HistoryBuilder.Build(tape, options);
        var slots = ((candles[^1].OpenTime - first) / series.Timeframe.Length) + 1;
        return new(
            Name,
            id.ToString(),
            IsReal,
            first,
            candles[^1].OpenTime,
            candles.Count,
            1 - (candles.Count / slots),
            candles.Count(c => c.Volume == 0) / (double)candles.Count,
            (known - first)?.TotalDays,
            (ok - first)?.TotalDays,
            states[(int)AssessmentState.Ok] / (double)candles.Count,
            confidence / candles.Count,
            blocked / (double)candles.Count,
            [.. Later(last!, series.Timeframe)]
        );
    }

    // After the last candle, when nothing more arrives.
    private static IEnumerable<LaterAnswer> Later(Assessment last, Timeframe timeframe)
    {
        foreach (var frames in new[] { 0, 2, 6, 12, 288 })
        {
            var then = last.At(last.AssessedAt + (frames * timeframe.Length), Side.Long);
            yield return new(
                frames * timeframe.Length.TotalMinutes,
                then.State,
                then.SafeToTrade,
                then.RiskConfidence,
                then.RiskScore,
                then.BlockedBy
            );
        }
    }
}

/// <summary>What the engine answers for a thin market.</summary>
/// <param name="Name">What the market shows.</param>
/// <param name="Market">The market.</param>
/// <param name="Real">Whether its candles are real and unchanged.</param>
/// <param name="First">Open time of the first candle.</param>
/// <param name="Last">Open time of the last candle.</param>
/// <param name="Candles">The number of candles.</param>
/// <param name="Missing">Share of the candles between them that is missing, [0, 1].</param>
/// <param name="WithoutVolume">Share of the candles without volume, [0, 1].</param>
/// <param name="DaysToScore">Days from the first candle to the first score; null without
/// one.</param>
/// <param name="DaysToOk">Days from the first candle to the first answer in state ok; null without
/// one.</param>
/// <param name="OkShare">Share of the answers in state ok, [0, 1].</param>
/// <param name="MeanConfidence">Mean confidence of the answers, [0, 1].</param>
/// <param name="BlockedShare">Share of the answers that block, [0, 1].</param>
/// <param name="After">The answers after the last candle, when no other arrives.</param>
public sealed record ThinMarketFigures(
    string Name,
    string Market,
    bool Real,
    Instant First,
    Instant Last,
    int Candles,
    double Missing,
    double WithoutVolume,
    double? DaysToScore,
    double? DaysToOk,
    double OkShare,
    double MeanConfidence,
    double BlockedShare,
    IReadOnlyList<LaterAnswer> After
);

/// <summary>An answer after the last candle.</summary>
/// <param name="Minutes">Minutes since the last candle closed.</param>
/// <param name="State">Whether the answer can be relied on.</param>
/// <param name="SafeToTrade">Whether entries are allowed.</param>
/// <param name="Confidence">How complete and fresh the inputs are, [0, 1].</param>
/// <param name="RiskScore">The score, [0, 1]; NaN while unknown.</param>
/// <param name="BlockedBy">The reasons that block entries.</param>
public sealed record LaterAnswer(
    double Minutes,
    AssessmentState State,
    bool SafeToTrade,
    double Confidence,
    double RiskScore,
    IReadOnlyList<string> BlockedBy
);
