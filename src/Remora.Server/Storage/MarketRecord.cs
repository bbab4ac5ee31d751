using Remora.Markets;
using Remora.Store;
using Remora.Store.Recording;

namespace Remora.Server.Storage;

/// <summary>
/// Stores the service's market data and reads it back at start: each candle, observation and
/// assessment once.
/// </summary>
public sealed class MarketRecord : IDisposable
{
    private readonly TimeProvider _clock;
    private readonly WriteOnce _stored = new();
    private readonly WarmStart _warmStart;

    // The market whose candles are used, while a fallback is in use.
    private readonly Dictionary<MarketId, MarketId> _sources = [];

    /// <param name="session">The session of the store. The caller disposes of it.</param>
    /// <param name="clock">The service's clock.</param>
    public MarketRecord(StoreSession session, TimeProvider clock)
    {
        (Session, _clock) = (session, clock);
        _warmStart = new(session, _stored, clock);
    }

    /// <summary>The session of the store.</summary>
    public StoreSession Session { get; }

    private Recorder Recorder => Session.Recorder;

    private Instant Now => Instant.From(_clock.GetUtcNow());

    /// <summary>
    /// Returns a market's stored candles for its warm-up; null if the store does not answer in
    /// time.
    /// </summary>
    public Task<MarketHistory?> RecallAsync(MarketId market, CancellationToken cancellation) =>
        _warmStart.CandlesAsync(market, cancellation);

    /// <summary>
    /// Returns a market's stored base candles that open in a span; none if the store does not
    /// answer in time.
    /// </summary>
    public Task<IReadOnlyList<Candle>> RecallAsync(
        MarketId market,
        Instant from,
        Instant until,
        CancellationToken cancellation
    ) => _warmStart.CandlesAsync(market, from, until, cancellation);

    /// <summary>
    /// Returns the stored observations that are still relevant, in the order in which they became
    /// knowable, and reads which assessments are already stored.
    /// </summary>
    public Task<IReadOnlyList<Observation>> RecallOutsideAsync(
        IReadOnlyList<MarketId> markets,
        string policy,
        CancellationToken cancellation
    ) => _warmStart.ObservationsAsync(markets, policy, cancellation);

    /// <summary>
    /// Reads which assessments of markets are already stored. Call it before they are added.
    /// </summary>
    public Task RecallAssessmentsAsync(
        IReadOnlyList<MarketId> markets,
        string policy,
        CancellationToken cancellation
    ) => _warmStart.AssessmentsAsync(markets, policy, cancellation);

    /// <summary>Forgets a market that is no longer tracked. The pump calls this.</summary>
    public void Dropped(MarketId market)
    {
        _sources.Remove(market, out var source);
        foreach (var known in new[] { market, source })
        {
            if (known is null)
                continue;
            foreach (var timeframe in new[] { known.Timeframe, Timeframe.OneHour, Timeframe.OneDay })
                _stored.Forget(new(known.Exchange, known.Pair, timeframe));
        }
    }

    /// <summary>Call this after the service has ended.</summary>
    public void Dispose() => _warmStart.Dispose();

    /// <summary>
    /// Stores an applied event. The pump calls this and the next method, in order.
    /// </summary>
    /// <param name="marketEvent">The event.</param>
    /// <param name="assessment">The resulting assessment; null if there is none.</param>
    public void Applied(in MarketEvent marketEvent, Assessment? assessment)
    {
        if (marketEvent.Observation is { } observation)
            Recorder.Observation(observation);
        else if (marketEvent.Market is not { } market)
            return;
        else if (marketEvent.History is { } history)
            Past(market, history, assessment);
        else if (marketEvent.SeenAt is not null)
            Unfinished(market, assessment);
        else
            Closed(market, marketEvent.Candle, assessment);
    }

    /// <summary>
    /// Stores an assessment that has another cause than its market's candle, or another policy.
    /// </summary>
    /// <param name="market">The market.</param>
    /// <param name="assessment">The assessment.</param>
    /// <param name="isOfPast">
    /// Whether it was computed from fetched history. It may then have been published and stored
    /// before.
    /// </param>
    public void Assessed(MarketId market, Assessment assessment, bool isOfPast)
    {
        if (_stored.IsNew(market, assessment, isOfPast))
            Recorder.Assessment(assessment, Now);
    }

    // Only the assessment: the candle is stored when it has closed.
    private void Unfinished(MarketId market, Assessment? assessment)
    {
        if (assessment is not null)
            Assessed(market, assessment, isOfPast: false);
    }

    private void Closed(MarketId market, in Candle candle, Assessment? assessment)
    {
        var isNew = assessment is not null && _stored.IsNew(market, assessment, isOfPast: false);
        var source = _sources.GetValueOrDefault(market);
        if (isNew && source is null)
        {
            Recorder.CandleAndAssessment(assessment!, Now);
            return;
        }
        // The candle is stored under its exchange, the assessment under the market.
        Recorder.Candle(source ?? market, candle);
        if (isNew)
            Recorder.Assessment(assessment!, Now);
    }

    private void Past(MarketId market, MarketHistory history, Assessment? assessment)
    {
        var source = history.Source ?? market;
        if (source.Equals(market))
            _sources.Remove(market);
        else
            _sources[market] = source;
        Keep(source, Timeframe.OneDay, history.Daily);
        Keep(source, Timeframe.OneHour, history.Hourly);
        Keep(source, source.Timeframe, history.Base);
        if (assessment is not null)
            Assessed(market, assessment, isOfPast: history.Revised == 0);
    }

    private void Keep(MarketId source, Timeframe timeframe, IReadOnlyList<Candle> candles)
    {
        var market = new MarketId(source.Exchange, source.Pair, timeframe);
        Recorder.Candles(market, timeframe, _stored.Changed(market, candles, RequiredHistory.ReachOf(timeframe)));
    }
}
