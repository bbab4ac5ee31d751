using Remora.Markets;
using Remora.Store;
using Remora.Store.Tables;

namespace Remora.Server.Storage;

/// <summary>
/// Reads the stored candles and observations when the service starts, or when a market is rebuilt.
/// </summary>
internal sealed class WarmStart(StoreSession session, WriteOnce stored, TimeProvider clock) : IDisposable
{
    // Limits hundreds of markets that start together, so that each gets an answer in time.
    private const int RecallsAtOnce = 4;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private readonly SemaphoreSlim _recalls = new(RecallsAtOnce);

    /// <summary>
    /// Returns a market's stored candles for its warm-up; null if the store does not answer in
    /// time.
    /// </summary>
    public async Task<MarketHistory?> CandlesAsync(MarketId market, CancellationToken cancellation)
    {
        if (session.IsNew)
            return new([], [], []) { Source = market };
        if (!await session.IsReadyWithinAsync(Patience, cancellation))
            return null;
        await IsSettledAsync(cancellation);
        return await AskAsync<MarketHistory>(
            async deadline =>
            {
                var now = Instant.From(clock.GetUtcNow());
                async Task<IReadOnlyList<Candle>> Of(Timeframe timeframe)
                {
                    var candles = await session
                        .Store.Candles.Of(
                            market,
                            Span.UpTo(now - timeframe.Length, now - RequiredHistory.ReachOf(timeframe)),
                            timeframe
                        )
                        .ListAsync(deadline);
                    stored.Holds(new(market.Exchange, market.Pair, timeframe), candles);
                    return candles;
                }
                var daily = market.Timeframe == Timeframe.OneDay ? [] : await Of(Timeframe.OneDay);
                var hourly = market.Timeframe.Length >= Timeframe.OneHour.Length ? [] : await Of(Timeframe.OneHour);
                return new(daily, hourly, await Of(market.Timeframe)) { Source = market };
            },
            cancellation
        );
    }

    /// <summary>
    /// Returns a market's stored base candles that open in a span; none if the store does not
    /// answer in time.
    /// </summary>
    public async Task<IReadOnlyList<Candle>> CandlesAsync(
        MarketId market,
        Instant from,
        Instant until,
        CancellationToken cancellation
    ) =>
        !session.IsNew && await session.IsReadyWithinAsync(Patience, cancellation)
            ? await AskAsync(
                deadline => session.Store.Candles.Of(market, new Span(from, until)).ListAsync(deadline),
                cancellation
            ) ?? []
            : [];

    private async Task<T?> AskAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken cancellation)
        where T : class
    {
        // A store that hangs delays callers by at most twice this time.
        if (!await _recalls.WaitAsync(Patience, cancellation))
            return null;
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            deadline.CancelAfter(Patience);
            return await ask(deadline.Token);
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

    /// <summary>
    /// Returns the stored observations that are still relevant, in the order in which they became
    /// knowable. Also reads the time of the last stored assessment of each market.
    /// </summary>
    public async Task<IReadOnlyList<Observation>> ObservationsAsync(
        IReadOnlyList<MarketId> markets,
        string policy,
        CancellationToken cancellation
    )
    {
        if (session.IsNew)
        {
            stored.IsKnown = true;
            return [];
        }
        if (!await session.IsReadyWithinAsync(Patience, cancellation))
            return [];
        var isSettled = await IsSettledAsync(cancellation);
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            deadline.CancelAfter(Patience);
            if (isSettled)
                await NoteLastOfEachAsync(markets, policy, deadline.Token);
            stored.IsKnown = isSettled;
            var now = Instant.From(clock.GetUtcNow());
            return await session.Store.Observations.KnownAtAsync(now, deadline.Token);
        }
        catch (Exception e) when (StoreFault.Is(e, cancellation))
        {
            session.Report(e);
            return [];
        }
    }

    /// <summary>
    /// Reads the time of the last stored assessment of each market that is about to be added.
    /// </summary>
    public async Task AssessmentsAsync(IReadOnlyList<MarketId> markets, string policy, CancellationToken cancellation)
    {
        if (session.IsNew)
            return;
        if (!await session.IsReadyWithinAsync(Patience, cancellation) || !await IsSettledAsync(cancellation))
            return;
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            deadline.CancelAfter(Patience);
            await NoteLastOfEachAsync(markets, policy, deadline.Token);
        }
        catch (Exception e) when (StoreFault.Is(e, cancellation))
        {
            session.Report(e);
        }
    }

    public void Dispose() => _recalls.Dispose();

    private async Task NoteLastOfEachAsync(
        IReadOnlyList<MarketId> markets,
        string policy,
        CancellationToken cancellation
    )
    {
        var now = Instant.From(clock.GetUtcNow());
        var since = now - RequiredHistory.ReachOf(Timeframe.OneDay);
        var last = await session.Store.Assessments.LastOfEachAsync(markets, policy, since, now, cancellation);
        foreach (var (market, until) in last)
            stored.HoldsAssessments(market, until);
    }

    // Whether the journal of a killed service has been written to the store. Until then, the store
    // lacks some recorded rows.
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
            return false; // the journal is long, or cannot be opened
        }
    }
}
