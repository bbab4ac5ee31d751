using Remora.Feeds.Exchanges;
using Remora.Feeds.Time;
using Remora.Markets;

namespace Remora.Feeds.Candles;

/// <summary>The closed candles of a market, requested twice and compared.</summary>
/// <param name="Candles">The number of valid closed candles in both answers.</param>
/// <param name="Newest">The close time of the newest of them; null if there is none.</param>
/// <param name="Different">How many of them have other prices in the second answer.</param>
/// <param name="FirstDifference">The open time of the first of these; null if there is
/// none.</param>
public sealed record CandleTrial(int Candles, Instant? Newest, int Different, Instant? FirstDifference)
{
    /// <summary>The number of candles that a trial requests.</summary>
    public const int Count = 100;

    /// <summary>Requests the last closed candles twice.</summary>
    /// <param name="exchange">The exchange.</param>
    /// <param name="pair">The pair on this exchange.</param>
    /// <param name="timeframe">The length of the candles.</param>
    /// <param name="clock">The clock of the candles.</param>
    /// <param name="cancellation">Cancels the requests.</param>
    /// <exception cref="ExchangeException">A request failed, or its response is
    /// invalid.</exception>
    public static async Task<CandleTrial> RunAsync(
        ICandleSource exchange,
        Pair pair,
        Timeframe timeframe,
        TimeProvider clock,
        CancellationToken cancellation
    )
    {
        var now = clock.Now();
        var since = now.Floor(timeframe.Length) - (timeframe.Length * Count);
        var request = new CandleRequest(pair, timeframe, since, Count, Urgency.FirstAnswer);
        var first = await ClosedAsync();
        var comparison = CandleComparison.Of(first, await ClosedAsync());
        return new(
            comparison.Common,
            comparison.Last is { } last ? last.Known.OpenTime + timeframe.Length : null,
            comparison.Different.Count,
            comparison.Different is [var different, ..] ? different.Known.OpenTime : null
        );

        // A candle that has closed just now can still change.
        async Task<IReadOnlyList<Candle>> ClosedAsync() =>
            [
                .. (await exchange.CandlesAsync(request, cancellation))
                    .Where(candle => candle.Check(timeframe, now) == CandleFault.None)
                    .OrderBy(candle => candle.OpenTime),
            ];
    }
}
