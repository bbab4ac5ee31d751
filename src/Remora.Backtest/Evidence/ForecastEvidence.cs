using Remora.Backtest.Chance;
using Remora.Backtest.Forecasts;
using Remora.Forecasts;
using Remora.Markets;

namespace Remora.Backtest.Evidence;

/// <summary>
/// The evidence for the forecast and the policy by it: every forecast is made with the coefficients
/// that were valid at its time, from the first fit on.
/// </summary>
/// <param name="From">The first moment of a forecast.</param>
/// <param name="Until">The end of the last outcome.</param>
/// <param name="Pairs">The forecasts beside simpler ones, per pair and horizon.</param>
/// <param name="Stops">How often stops were touched.</param>
/// <param name="Sizes">The position scale beside constant stakes.</param>
/// <param name="Gates">Gates at equal blocked time; null without entries or without the score of
/// <c>remora-1</c>.</param>
public sealed record ForecastEvidence(
    Instant From,
    Instant Until,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, HorizonEvaluation>> Pairs,
    IReadOnlyList<StopRow> Stops,
    IReadOnlyList<SizeRow> Sizes,
    GateComparisonFigures? Gates
)
{
    /// <summary>Computes the evidence; null when no hour can be judged.</summary>
    internal static ForecastEvidence? Of(
        IReadOnlyList<EvidenceMarket> markets,
        ForecastCalendar calendar,
        Instant until,
        ulong seed,
        Action<int> done,
        CancellationToken cancellation
    )
    {
        var vintages = CoefficientVintages.Shipped;
        var from = vintages.All[0].ValidFrom;
        var end = markets.Select(m => m.Market.Candles[^1].OpenTime + Timeframe.FiveMinutes.Length).Append(from).Max();
        var last = until < end ? until : end;
        if (markets.Count == 0 || from >= last)
            return null;

        var forecasts = new Forecast?[markets.Count][];
        var rivals = new Rivals[markets.Count];
        SideBySide.For(
            markets.Count,
            i =>
            {
                forecasts[i] = markets[i].Market.Forecasts(vintages, calendar, last, cancellation);
                rivals[i] = new(markets[i].Market.Hours);
                done(i);
            },
            cancellation
        );
        var evaluations = new HorizonEvaluation[markets.Count * Horizon.Count];
        SideBySide.For(
            evaluations.Length,
            i =>
            {
                var (m, horizon) = (i / Horizon.Count, Horizon.All[i % Horizon.Count]);
                evaluations[i] = new HorizonJudge(
                    markets[m].Market,
                    horizon,
                    forecasts[m],
                    rivals[m].Of(horizon)
                ).Judge(from, last, inSample: false);
            },
            cancellation
        );
        if (evaluations.All(evaluation => evaluation.Hours == 0))
            return null;

        var sizes = new SizeRow[markets.Count][];
        var stops = new StopRow[markets.Count][];
        SideBySide.For(
            markets.Count,
            m =>
            {
                var market = markets[m].Market;
                sizes[m] =
                [
                    .. SizeComparison.Of(market, forecasts[m], from, last, Draws.SeedFor(seed, $"{market.Pair}|sizes")),
                ];
                stops[m] = [.. StopTouches.Of(market, forecasts[m], from, last)];
            },
            cancellation
        );
        return new(
            from,
            last,
            markets
                .Select((market, m) => (market, m))
                .ToDictionary(
                    pair => pair.market.Market.Pair.ToString(),
                    IReadOnlyDictionary<string, HorizonEvaluation> (pair) =>
                        Horizon.All.ToDictionary(h => h.Name, h => evaluations[(pair.m * Horizon.Count) + h.Index])
                ),
            [.. stops.SelectMany(rows => rows)],
            [.. sizes.SelectMany(rows => rows)],
            CompareGates(markets, forecasts, from, last, seed)
        );
    }

    private static GateComparisonFigures? CompareGates(
        IReadOnlyList<EvidenceMarket> markets,
        Forecast?[][] forecasts,
        Instant from,
        Instant until,
        ulong seed
    )
    {
        var comparison = new GateComparison();
        for (var m = 0; m < markets.Count; m++)
        {
            var (market, own) = (markets[m], forecasts[m]);
            if (market.Score is not { } score)
                return null;
            double[] volatility = [.. own.Select(f => f is null ? double.NaN : f[Horizon.FourHours].Volatility)];
            comparison.Add(
                market.Market.Pair.ToString(),
                market.Market.Hours,
                [volatility, score, market.AtrRatio, market.Realized],
                from,
                until
            );
        }
        return comparison.Compare(Draws.SeedFor(seed, "gates at equal blocked time"));
    }
}
