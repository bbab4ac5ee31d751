using System.Collections.Frozen;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Server.Answers;

/// <summary>
/// The newest assessment of every tracked market and policy, and the bytes that are sent. The pump
/// is the only writer. Any number of readers read without waiting.
/// </summary>
public sealed class AssessmentBoard
{
    private readonly MarketAnswers[] _markets;
    private readonly FrozenDictionary<MarketId, MarketAnswers> _byId;
    private readonly FrozenDictionary<string, MarketAnswers[]> _byPair;
    private readonly FrozenDictionary<string, MarketAnswers[]>.AlternateLookup<ReadOnlySpan<char>> _bySpan;
    private readonly FrozenDictionary<string, MarketAnswers> _byBase;
    private readonly MarketAnswers[] _basket;
    private readonly AnswerSlot[] _whole;
    private readonly TimeProvider _clock;
    private readonly Lock _subscribing = new();
    private volatile BoardSubscription[] _subscriptions = [];
    private long _version;
    private volatile bool _hasAnswer;

    /// <param name="markets">
    /// The tracked markets. If several have the same pair, the first one answers for the pair.
    /// </param>
    /// <param name="policies">The policies, the default first.</param>
    /// <param name="clock">The clock for the age of answers.</param>
    public AssessmentBoard(IReadOnlyList<MarketId> markets, IReadOnlyList<RiskPolicy> policies, TimeProvider clock)
    {
        Markets = markets;
        Policies = policies;
        _clock = clock;
        var nothing = new RemoraEngine(policies, []);
        _markets =
        [
            .. markets.Select(
                (id, index) => new MarketAnswers(id, index, [.. policies.Select((_, p) => nothing.Assess(id, p, Now))])
            ),
        ];
        _byId = _markets.ToFrozenDictionary(market => market.Id);
        _byPair = _markets
            .GroupBy(market => market.Id.Pair.ToString())
            .ToFrozenDictionary(group => group.Key, group => group.ToArray());
        _bySpan = _byPair.GetAlternateLookup<ReadOnlySpan<char>>();
        _byBase = _markets.DistinctBy(market => market.Id.Pair.Base).ToFrozenDictionary(market => market.Id.Pair.Base);
        _basket = [.. _markets.DistinctBy(market => market.Id.Pair)];
        _whole = new AnswerSlot[policies.Count * 2];
        for (var i = 0; i < _whole.Length; i++)
        {
            var (policy, side) = (i / 2, (Side)(i % 2));
            _whole[i] = new(() => Interlocked.Read(ref _version), now => RenderedAnswer.Of(WholeAt(policy, side, now)));
        }
    }

    /// <summary>The tracked markets.</summary>
    public IReadOnlyList<MarketId> Markets { get; }

    /// <summary>The policies, the default first.</summary>
    public IReadOnlyList<RiskPolicy> Policies { get; }

    /// <summary>Whether any market has had a candle.</summary>
    public bool HasAnswer => _hasAnswer;

    /// <summary>The current time of the service.</summary>
    public Instant Now => Instant.From(_clock.GetUtcNow());

    /// <summary>Publishes an assessment as the newest of its market and policy.</summary>
    public void Publish(MarketId market, int policy, Assessment assessment)
    {
        var tracked = _byId[market];
        tracked.Publish(policy, assessment);
        Interlocked.Increment(ref _version);
        if (assessment.AsOf is not null)
            _hasAnswer = true;
        foreach (var subscription in _subscriptions)
            subscription.Note(tracked.Index);
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
        _byId[market].Latest(policy).At(Now, side);

    /// <summary>
    /// Returns the newest observation of a signal that answers use: a base currency's, or the whole
    /// market's when <paramref name="base"/> is null. Returns null if there is no observation, and
    /// for a currency without a tracked market.
    /// </summary>
    internal Observation? Observed(Signal signal, string? @base)
    {
        if (@base is null)
            return _markets is [var any, ..] ? any.Latest(0).GetObservation(signal, isShared: true) : null;
        return _byBase.TryGetValue(@base, out var market)
            ? market.Latest(0).GetObservation(signal, isShared: false)
            : null;
    }

    /// <summary>
    /// Returns the assessment of all pairs together, evaluated at the current time.
    /// </summary>
    public WholeMarketAssessment Whole(int policy = 0, Side side = Side.Long) => WholeAt(policy, side, Now);

    /// <summary>
    /// Returns the markets of a pair in upper case, in order of preference; empty if the pair is
    /// not tracked.
    /// </summary>
    internal MarketAnswers[] MarketsOf(ReadOnlySpan<char> pair) =>
        _bySpan.TryGetValue(pair, out var markets) ? markets : [];

    internal MarketAnswers this[int market] => _markets[market];

    internal RenderedAnswer Answer(MarketAnswers market, int policy, Side side) => market.Slot(policy, side).At(Now);

    internal RenderedAnswer WholeAnswer(int policy, Side side) => _whole[(policy * 2) + (int)side].At(Now);

    internal WholeMarketAssessment WholeAt(int policy, Side side, Instant now) =>
        WholeMarketAssessment.Of([.. _basket.Select(market => market.Latest(policy).At(now, side))]);
}
