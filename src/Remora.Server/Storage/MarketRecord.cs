using Remora.Markets;
using Remora.Store;
using Remora.Store.Recording;

namespace Remora.Server.Storage;

/// <summary>What the service stores of its markets, and what it reads back when it starts: each candle, outside value and assessment once.</summary>
public sealed class MarketRecord : IDisposable
{
    private readonly WriteOnce _stored = new();
    private readonly WarmStart _warmStart;
    private readonly Dictionary<MarketId, MarketId> _sources = []; // whose candles a market has, where another exchange stands in

    /// <param name="session">The store; it stays the caller's.</param>
    /// <param name="clock">The service's clock.</param>
    public MarketRecord(StoreSession session, TimeProvider clock)
    {
        Session = session;
        _warmStart = new(session, _stored, clock);
    }

    /// <summary>The store.</summary>
    public StoreSession Session { get; }

    private Recorder Recorder => Session.Recorder;

    /// <summary>A market's stored candles, for its warm-up; null when the store does not answer in time.</summary>
    public Task<MarketHistory?> RecallAsync(MarketId market, CancellationToken cancellation) => _warmStart.CandlesAsync(market, cancellation);

    /// <summary>The outside values that still matter, in the order in which they became knowable, and which assessments are stored already.</summary>
    public Task<IReadOnlyList<Observation>> RecallOutsideAsync(IReadOnlyList<MarketId> markets, string policy, CancellationToken cancellation) =>
        _warmStart.ObservationsAsync(markets, policy, cancellation);

    /// <summary>Call it after the service has ended.</summary>
    public void Dispose() => _warmStart.Dispose();

    /// <summary>An event has been applied. Called by the pump, in order, like the next.</summary>
    /// <param name="marketEvent">What happened.</param>
    /// <param name="said">The assessment that came of it; null where none did.</param>
    public void Applied(in MarketEvent marketEvent, Assessment? said)
    {
        if (marketEvent.Observation is { } observation) Recorder.Observation(observation);
        else if (marketEvent.Market is not { } market) return;
        else if (marketEvent.History is { } history) Past(market, history, said);
        else Closed(market, marketEvent.Candle, said);
    }

    /// <summary>A market was assessed, upon something else than its candle or by one more policy.</summary>
    /// <param name="market">The market.</param>
    /// <param name="assessment">What was said.</param>
    /// <param name="isOfPast">Whether it was computed from a fetched past: then it may have been given, and stored, before.</param>
    public void Said(MarketId market, Assessment assessment, bool isOfPast)
    {
        if (_stored.IsNew(market, assessment, isOfPast)) Recorder.Assessment(assessment);
    }

    private void Closed(MarketId market, in Candle candle, Assessment? said)
    {
        var isNew = said is not null && _stored.IsNew(market, said, isOfPast: false);
        var source = _sources.GetValueOrDefault(market);
        if (isNew && source is null)
        {
            Recorder.CandleAndAssessment(said!);
            return;
        }
        Recorder.Candle(source ?? market, candle); // the candle is stored as its exchange's, the assessment as the market's
        if (isNew) Recorder.Assessment(said!);
    }

    private void Past(MarketId market, MarketHistory history, Assessment? said)
    {
        var source = history.Source ?? market;
        if (source.Equals(market)) _sources.Remove(market);
        else _sources[market] = source;
        Keep(source, Timeframe.OneDay, history.Daily);
        Keep(source, Timeframe.OneHour, history.Hourly);
        Keep(source, source.Timeframe, history.Base);
        if (said is not null) Said(market, said, isOfPast: history.Revised == 0);
    }

    private void Keep(MarketId source, Timeframe timeframe, IReadOnlyList<Candle> candles)
    {
        var market = new MarketId(source.Exchange, source.Pair, timeframe);
        Recorder.Candles(market, timeframe, _stored.Changed(market, candles, WarmStart.ReachOf(timeframe)));
    }
}
