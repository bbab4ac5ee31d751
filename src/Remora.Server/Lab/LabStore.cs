using System.Collections.Concurrent;
using Remora.Backtest.Lab;
using Remora.Markets;
using Remora.Store;
using Remora.Store.Tables;

namespace Remora.Server.Lab;

/// <summary>The past of the lab in the store. Failures are those of the store.</summary>
/// <param name="store">The store.</param>
/// <param name="clock">Decides how long the reach of a market is kept.</param>
public sealed class LabStore(MarketStore store, TimeProvider clock) : ILabPast
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(5);
    private readonly ConcurrentDictionary<MarketId, (long At, Instant First, Instant End)> _reach = new();

    /// <inheritdoc/>
    public async Task<(Instant First, Instant End)?> ReachAsync(MarketId market, CancellationToken cancellation)
    {
        if (_reach.TryGetValue(market, out var known) && clock.GetElapsedTime(known.At) < KeptFor)
            return (known.First, known.End);
        return await WithinAsync<(Instant, Instant)?>(
            async deadline =>
            {
                if (await store.Candles.Of(market, new Span(Limit: 1)).ListAsync(deadline) is not [var first])
                    return null;
                var last = await store.Candles.LatestAsync(market, cancellation: deadline);
                var end = last!.Value.OpenTime + market.Timeframe.Length;
                _reach[market] = (clock.GetTimestamp(), first.OpenTime, end);
                return (first.OpenTime, end);
            },
            cancellation
        );
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<Candle>> CandlesAsync(
        MarketId market,
        Instant from,
        Instant until,
        CancellationToken cancellation
    ) =>
        WithinAsync<IReadOnlyList<Candle>>(
            async deadline => await store.Candles.Of(market, new Span(from, until)).ListAsync(deadline),
            cancellation
        );

    /// <inheritdoc/>
    public Task<IReadOnlyList<Observation>> ObservationsAsync(
        MarketId market,
        Instant from,
        Instant until,
        CancellationToken cancellation
    ) => WithinAsync(deadline => store.Observations.KnownWithinAsync(new(from, until), deadline), cancellation);

    private static async Task<T> WithinAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(Patience);
        return await ask(deadline.Token);
    }
}
