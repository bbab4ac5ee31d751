using Remora.Markets;
using Remora.Risk;

namespace Remora.Server.Answers;

/// <summary>
/// The newest assessment of every tracked market and policy, and the bytes that are sent. The pump
/// is the only writer, also of the set of markets. Any number of readers read without waiting.
/// </summary>
public sealed class AssessmentBoard
{
    private readonly RemoraEngine _nothing;
    private readonly MarketAnswers[] _basket;
    private readonly AnswerSlot[] _whole;
    private readonly TimeProvider _clock;
    private readonly Lock _subscribing = new();
    private volatile BoardMarkets _markets;
    private volatile BoardSubscription[] _subscriptions = [];
    private long _version;
    private volatile bool _hasAnswer;

    /// <param name="markets">
    /// The configured markets, at least one. They are never dropped, and together they are the
    /// whole market. If several have the same pair, the first one answers for the pair.
    /// </param>
    /// <param name="policies">The policies, the default first.</param>
    /// <param name="clock">The clock for the age of answers.</param>
    public AssessmentBoard(IReadOnlyList<MarketId> markets, IReadOnlyList<RiskPolicy> policies, TimeProvider clock)
    {
        Policies = policies;
        _clock = clock;
        _nothing = new RemoraEngine(policies, []);
        _markets = new([.. markets.Select(NewAnswers)]);
        _basket = [.. _markets.All.DistinctBy(market => market.Id.Pair)];
        _whole = new AnswerSlot[policies.Count * 2];
        for (var i = 0; i < _whole.Length; i++)
        {
            var (policy, side) = (i / 2, (Side)(i % 2));
            _whole[i] = new(() => Interlocked.Read(ref _version), now => RenderedAnswer.Of(WholeAt(policy, side, now)));
        }
    }

    /// <summary>The tracked markets at present: the configured ones, then the added ones.</summary>
    public IReadOnlyList<MarketId> Markets => _markets.Ids;

    /// <summary>The policies, the default first.</summary>
    public IReadOnlyList<RiskPolicy> Policies { get; }

    /// <summary>Whether any market has had a candle.</summary>
    public bool HasAnswer => _hasAnswer;

    /// <summary>The current time of the service.</summary>
    public Instant Now => Instant.From(_clock.GetUtcNow());

    /// <summary>Adds a market. Its state is unknown until an assessment is published.</summary>
    public void Add(MarketId market)
    {
        if (!_markets.Contains(market))
            _markets = new([.. _markets.All, NewAnswers(market)]);
    }

    /// <summary>Removes a market that was added.</summary>
    public void Remove(MarketId market)
    {
        if (Array.Exists(_basket, configured => configured.Id.Equals(market)))
            throw new ArgumentException($"{market} is part of the whole market", nameof(market));
        _markets = new([.. _markets.All.Where(tracked => !tracked.Id.Equals(market))]);
    }

    /// <summary>Publishes an assessment as the newest of its market and policy.</summary>
    public void Publish(MarketId market, int policy, Assessment assessment)
    {
        var tracked = _markets.Of(market);
        tracked.Publish(policy, assessment);
        Interlocked.Increment(ref _version);
        if (assessment.AsOf is not null)
            _hasAnswer = true;
        foreach (var subscription in _subscriptions)
            subscription.Note(tracked);
    }

    /// <summary>
    /// Returns a subscription to changes from now on. Dispose of it to end the subscription.
    /// </summary>
    public BoardSubscription Subscribe()
    {
        var subscription = new BoardSubscription(this);
        lock (_subscribing)
            _subscriptions = [.. _subscriptions, subscription];
        return subscription;
    }

    internal void Unsubscribe(BoardSubscription subscription)
    {
        lock (_subscribing)
            _subscriptions = [.. _subscriptions.Where(other => other != subscription)];
    }

    /// <summary>
    /// Returns the newest assessment of a tracked market, evaluated at the current time.
    /// </summary>
    public Assessment Latest(MarketId market, int policy = 0, Side side = Side.Long) =>
        _markets.Of(market).Latest(policy).At(Now, side);

    /// <summary>
    /// Returns the newest observation of a signal that answers use: a base currency's, or the whole
    /// market's when <paramref name="base"/> is null. Returns null if there is no observation, and
    /// for a currency without a tracked market.
    /// </summary>
    internal Observation? Observed(Signal signal, string? @base)
    {
        if (@base is null)
            return _markets.All is [var any, ..] ? any.Latest(0).GetObservation(signal, isShared: true) : null;
        return _markets.OfBase(@base)?.Latest(0).GetObservation(signal, isShared: false);
    }

    /// <summary>
    /// Returns the assessment of all configured pairs together, evaluated at the current time.
    /// </summary>
    public WholeMarketAssessment Whole(int policy = 0, Side side = Side.Long) => WholeAt(policy, side, Now);

    /// <summary>
    /// Returns the markets of a pair in upper case, in order of preference; empty if the pair is
    /// not tracked.
    /// </summary>
    internal MarketAnswers[] MarketsOf(ReadOnlySpan<char> pair) => _markets.OfPair(pair);

    /// <summary>The answers of the tracked markets at present, in the order of the list.</summary>
    internal IReadOnlyList<MarketAnswers> All => _markets.All;

    /// <summary>
    /// Returns whether a caller asked for a tracked market since the last call.
    /// </summary>
    internal bool TakeAsked(MarketId market) => _markets.Of(market).TakeAsked();

    /// <summary>
    /// Returns the assessment of a market that is not tracked: its state is unknown.
    /// </summary>
    internal Assessment Unknown(MarketId market, int policy, Side side) => NothingOf(market, policy).At(Now, side);

    internal RenderedAnswer Answer(MarketAnswers market, int policy, Side side) => market.Slot(policy, side).At(Now);

    internal RenderedAnswer WholeAnswer(int policy, Side side) => _whole[(policy * 2) + (int)side].At(Now);

    internal WholeMarketAssessment WholeAt(int policy, Side side, Instant now) =>
        WholeMarketAssessment.Of([.. _basket.Select(market => market.Latest(policy).At(now, side))]);

    private MarketAnswers NewAnswers(MarketId market) =>
        new(market, [.. Policies.Select((_, policy) => NothingOf(market, policy))]);

    // The engine without events keeps no model of the market.
    private Assessment NothingOf(MarketId market, int policy)
    {
        lock (_nothing)
        {
            var assessment = _nothing.Assess(market, policy, Now);
            _nothing.Apply(MarketEvent.Dropped(market));
            return assessment;
        }
    }
}
