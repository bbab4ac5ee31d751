using Remora.Markets;
using Remora.Store;
using Remora.Store.Tables;

namespace Remora.Server.Storage;

/// <summary>What the store holds of the markets and of the outside sources when the service starts, or when a market is rebuilt.</summary>
internal sealed class WarmStart(StoreSession session, WriteOnce stored, TimeProvider clock) : IDisposable
{
    private const int RecallsAtOnce = 4; // of hundreds of markets that start together, so that none takes the time of all the others
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private readonly SemaphoreSlim _recalls = new(RecallsAtOnce);

    /// <summary>How far back a past reaches at a timeframe.</summary>
    public static TimeSpan ReachOf(Timeframe timeframe) => timeframe == Timeframe.OneDay ? TimeSpan.FromDays(220) : TimeSpan.FromDays(31);

    /// <summary>A market's stored candles, for its warm-up; null when the store does not answer in time.</summary>
    public async Task<MarketHistory?> CandlesAsync(MarketId market, CancellationToken cancellation)
    {
        if (!await session.IsReadyWithinAsync(Patience, cancellation)) return null;
        await IsSettledAsync(cancellation);
        if (!await _recalls.WaitAsync(Patience, cancellation)) return null; // a store that hangs delays nobody for longer than twice that
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            deadline.CancelAfter(Patience);
            var now = Instant.From(clock.GetUtcNow());
            async Task<IReadOnlyList<Candle>> Of(Timeframe timeframe)
            {
                var candles = await session.Store.Candles.Of(market, Span.UpTo(now - timeframe.Length, now - ReachOf(timeframe)), timeframe).ListAsync(deadline.Token);
                stored.Holds(new(market.Exchange, market.Pair, timeframe), candles);
                return candles;
            }
            var daily = market.Timeframe == Timeframe.OneDay ? [] : await Of(Timeframe.OneDay);
            var hourly = market.Timeframe.Length >= Timeframe.OneHour.Length ? [] : await Of(Timeframe.OneHour);
            return new(daily, hourly, await Of(market.Timeframe)) { Source = market };
        }
        catch (Exception e) when (StoreFault.Is(e, cancellation))
        {
            session.Report(e);
            return null;
        }
        finally
        {
            _recalls.Release();
        }
    }

    /// <summary>The outside values that still matter, in the order in which they became knowable; also reads up to when each market was assessed.</summary>
    public async Task<IReadOnlyList<Observation>> ObservationsAsync(IReadOnlyList<MarketId> markets, string policy, CancellationToken cancellation)
    {
        if (!await session.IsReadyWithinAsync(Patience, cancellation)) return [];
        var isSettled = await IsSettledAsync(cancellation);
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            deadline.CancelAfter(Patience);
            var now = Instant.From(clock.GetUtcNow());
            if (isSettled)
            {
                var since = now - ReachOf(Timeframe.OneDay);
                var last = await session.Store.Assessments.LastOfEachAsync(markets, policy, since, now, deadline.Token);
                foreach (var (market, until) in last) stored.HoldsAssessments(market, until);
            }
            stored.IsKnown = isSettled;
            return await session.Store.Observations.KnownAtAsync(now, deadline.Token);
        }
        catch (Exception e) when (StoreFault.Is(e, cancellation))
        {
            session.Report(e);
            return [];
        }
    }

    public void Dispose() => _recalls.Dispose();

    // Whether what a killed service left in the journal is in the store; before that the store does not hold all that was recorded.
    private async Task<bool> IsSettledAsync(CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(Patience);
        try
        {
            await session.Recorder.SettleAsync(deadline.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false; // a long journal, or one that cannot be opened
        }
    }
}
