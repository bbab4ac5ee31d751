using System.Collections.Concurrent;
using Remora.Markets;
using Remora.Store;
using Remora.Store.Recording;
using Remora.Store.Tables;

namespace Remora.Server.Storage;

/// <summary>What the service keeps of its markets, and what it remembers of them when it starts: each candle, outside value and assessment once.</summary>
public sealed class MarketRecord : IDisposable
{
    private const int RecallsAtOnce = 4; // of hundreds of markets that start together, so that none takes the time of all the others
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan DailyReach = TimeSpan.FromDays(220);
    private static readonly TimeSpan BaseReach = TimeSpan.FromDays(31);

    private readonly StoreSession _session;
    private readonly TimeProvider _clock;
    private readonly ConcurrentDictionary<MarketId, HashSet<Instant>> _kept = new(); // open times of a past's candles: it is fetched anew at every start, and after every outage
    private readonly Dictionary<MarketId, TrackedMarket> _markets = []; // the pump's, and before it runs the start's
    private readonly SemaphoreSlim _recalls = new(RecallsAtOnce);
    private bool _isKnown; // whether the store could say at the start what was kept

    /// <param name="session">The store; it stays the caller's.</param>
    /// <param name="clock">The service's clock.</param>
    public MarketRecord(StoreSession session, TimeProvider clock)
    {
        _session = session;
        _clock = clock;
    }

    /// <summary>The store.</summary>
    public StoreSession Session => _session;

    private Recorder Recorder => _session.Recorder;

    /// <summary>A market's stored candles, for its warm-up; null when the store cannot say in time.</summary>
    public async Task<MarketHistory?> RecallAsync(MarketId market, CancellationToken cancellation)
    {
        if (!await _session.IsReadyWithinAsync(Patience, cancellation)) return null;
        await IsSettledAsync(cancellation);
        if (!await _recalls.WaitAsync(Patience, cancellation)) return null; // a store that hangs holds nobody up for longer than twice that
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            deadline.CancelAfter(Patience);
            var now = Instant.From(_clock.GetUtcNow());
            var candles = _session.Store.Candles;
            async Task<IReadOnlyList<Candle>> Of(Timeframe timeframe, TimeSpan reach)
            {
                var stored = await candles.Of(market, new(now - reach, now), timeframe).ListAsync(deadline.Token);
                _kept[At(market, timeframe)] = [.. stored.Select(candle => candle.OpenTime)];
                return stored;
            }
            var daily = market.Timeframe == Timeframe.OneDay ? [] : await Of(Timeframe.OneDay, DailyReach);
            var hourly = market.Timeframe.Length >= Timeframe.OneHour.Length ? [] : await Of(Timeframe.OneHour, BaseReach);
            return new(daily, hourly, await Of(market.Timeframe, BaseReach)) { Source = market };
        }
        catch (Exception e) when (StoreFault.Is(e, cancellation))
        {
            return null;
        }
        finally
        {
            _recalls.Release();
        }
    }

    /// <summary>The outside values that still matter, in the order in which they became known, and which assessments are kept already.</summary>
    public async Task<IReadOnlyList<Observation>> RecallOutsideAsync(IReadOnlyList<MarketId> markets, string policy, CancellationToken cancellation)
    {
        if (!await _session.IsReadyWithinAsync(Patience, cancellation)) return [];
        var isSettled = await IsSettledAsync(cancellation);
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            deadline.CancelAfter(Patience);
            var now = Instant.From(_clock.GetUtcNow());
            if (isSettled)
                foreach (var (market, last) in await _session.Store.Assessments.LastOfEachAsync(markets, policy, now - DailyReach, deadline.Token)) Tracked(market).AssessedUntil = last;
            _isKnown = isSettled;
            return await _session.Store.Observations.KnownAtAsync(now, deadline.Token);
        }
        catch (Exception e) when (StoreFault.Is(e, cancellation))
        {
            return [];
        }
    }

    /// <summary>Call it after the service has ended.</summary>
    public void Dispose() => _recalls.Dispose();

    /// <summary>An event has been applied. Called by the pump, in order, like the next.</summary>
    /// <param name="marketEvent">What happened.</param>
    /// <param name="said">The assessment that came of it; null where none did.</param>
    public void Applied(in MarketEvent marketEvent, Assessment? said)
    {
        if (marketEvent.Observation is { } observation)
        {
            Recorder.Observation(observation);
        }
        else if (marketEvent.Market is { } market)
        {
            var tracked = Tracked(market);
            if (marketEvent.History is { } history) Past(tracked, history, said);
            else Closed(tracked, marketEvent.Candle, said);
        }
    }

    /// <summary>A market was assessed, upon something else than its candle or by one more policy.</summary>
    /// <param name="market">The market.</param>
    /// <param name="assessment">What was said.</param>
    /// <param name="isOfPast">Whether it was worked out of a past: then it may have been said, and kept, before.</param>
    public void Said(MarketId market, Assessment assessment, bool isOfPast) => Said(Tracked(market), assessment, isOfPast);

    private TrackedMarket Tracked(MarketId market)
    {
        if (!_markets.TryGetValue(market, out var tracked)) _markets[market] = tracked = new(market);
        return tracked;
    }

    private void Closed(TrackedMarket market, in Candle candle, Assessment? said)
    {
        var isToKeep = said is not null && IsToKeep(market, said, isOfPast: false);
        if (isToKeep && market.Source is null)
        {
            Recorder.CandleAndAssessment(said!);
            return;
        }
        Recorder.Candle(market.Source ?? market.Id, candle); // what is said of another's candles is said of this market
        if (isToKeep) Recorder.Assessment(said!);
    }

    private void Past(TrackedMarket market, MarketHistory history, Assessment? said)
    {
        market.Source = history.Source is { } source && !source.Equals(market.Id) ? source : null;
        Keep(At(market.Source ?? market.Id, Timeframe.OneDay), history.Daily);
        Keep(At(market.Source ?? market.Id, Timeframe.OneHour), history.Hourly);
        Keep(market.Source ?? market.Id, history.Base);
        if (said is not null) Said(market, said, isOfPast: true);
    }

    private void Said(TrackedMarket market, Assessment assessment, bool isOfPast)
    {
        if (IsToKeep(market, assessment, isOfPast)) Recorder.Assessment(assessment);
    }

    // Whether it was not said before; what is kept is noted for the next.
    private bool IsToKeep(TrackedMarket market, Assessment assessment, bool isOfPast)
    {
        if (assessment.AsOf is not { } asOf) return false; // nothing is known yet, which is no part of history
        if (asOf - assessment.AssessedAt > market.Id.Timeframe.Length) return false; // a source told its past at the start: nobody was told this at that moment
        if (assessment.AssessedAt <= market.AssessedUntil && (isOfPast || _isKnown)) return false; // it was said before
        if (isOfPast)
        {
            if (market.AssessedUntil is null && !_isKnown) return false; // nobody knows whether it was kept before; it is worked out anew at every start
            if (market.PastUntil.TryGetValue(assessment.Policy, out var past) && assessment.AssessedAt <= past) return false;
            market.PastUntil[assessment.Policy] = assessment.AssessedAt;
        }
        else if (!_isKnown)
        {
            market.AssessedUntil = assessment.AssessedAt;
        }
        return true;
    }

    // Whether what a killed service left in the journal is in the store; before that the store does not know all that was kept.
    private async Task<bool> IsSettledAsync(CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(Patience);
        try
        {
            await Recorder.SettleAsync(deadline.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false; // a long journal, or one that cannot be opened
        }
    }

    private static MarketId At(MarketId market, Timeframe timeframe) => new(market.Exchange, market.Pair, timeframe);

    private void Keep(MarketId market, IReadOnlyList<Candle> candles)
    {
        if (candles.Count == 0) return;
        var kept = _kept.GetValueOrDefault(market);
        Recorder.Candles(market, market.Timeframe, kept is null ? candles : [.. candles.Where(candle => !kept.Contains(candle.OpenTime))]);
        _kept[market] = [.. candles.Select(candle => candle.OpenTime)];
    }

    /// <summary>What the record knows of a market.</summary>
    private sealed class TrackedMarket(MarketId id)
    {
        public MarketId Id => id;

        /// <summary>Whose candles it has now; null while they are its own.</summary>
        public MarketId? Source { get; set; }

        /// <summary>Up to which moment it was assessed, by the store or since the start; null where nobody knows.</summary>
        public Instant? AssessedUntil { get; set; }

        /// <summary>By policy: a past may come twice, as it was kept, and as the exchange tells it.</summary>
        public Dictionary<string, Instant> PastUntil { get; } = [];
    }
}
