using Remora.Forecasts;
using Remora.Indicators;
using Remora.Markets;
using Remora.Portfolios;
using Remora.Regimes;
using Remora.Risk;

namespace Remora;

/// <summary>
/// The engine of all markets: events go in, assessments come out. Synchronous and single-threaded,
/// without clock or I/O. The same events give the same assessments, bit for bit, live and replayed.
/// </summary>
public sealed class RemoraEngine
{
    private readonly Dictionary<MarketId, MarketState> _markets = [];
    private readonly OutsideBook _outside = new();
    private readonly IReadOnlyList<RiskPolicy> _policies;
    private readonly PolicyPlan[] _plans;
    private readonly IReadOnlyList<Signal> _configured;
    private readonly CoefficientVintages? _vintages;

    /// <param name="policies">The policies; the first is the default. At least one, with unique
    /// names.</param>
    /// <param name="configured">The outside signals that have a source. Their absence lowers
    /// confidence; the absence of other signals does not.</param>
    /// <exception cref="ArgumentException">There is no policy, or two policies have the same
    /// name.</exception>
    public RemoraEngine(IReadOnlyList<RiskPolicy> policies, IReadOnlyList<Signal> configured)
        : this(policies, configured, CoefficientVintages.Shipped) { }

    /// <param name="policies">The policies; the first is the default. At least one, with unique
    /// names.</param>
    /// <param name="configured">The outside signals that have a source.</param>
    /// <param name="vintages">The coefficients of forecasts; null for no forecasts.</param>
    /// <exception cref="ArgumentException">There is no policy, or two policies have the same
    /// name.</exception>
    public RemoraEngine(
        IReadOnlyList<RiskPolicy> policies,
        IReadOnlyList<Signal> configured,
        CoefficientVintages? vintages
    )
    {
        if (policies.Count == 0 || policies.DistinctBy(p => p.Name).Count() != policies.Count)
            throw new ArgumentException("expected at least one policy, and no name twice", nameof(policies));
        _policies = policies;
        _plans = [.. policies.Select(policy => new PolicyPlan(policy))];
        _configured = configured;
        _vintages = vintages;
    }

    /// <summary>Creates an engine with the default policy and without outside signals.</summary>
    public RemoraEngine()
        : this([BuiltInPolicies.Default], []) { }

    /// <summary>The policies, the default first.</summary>
    public IReadOnlyList<RiskPolicy> Policies => _policies;

    /// <summary>The events that forecasts take into account, from the next candle on.</summary>
    public ForecastCalendar ForecastCalendar { get; private set; } = ForecastCalendar.Empty;

    /// <summary>
    /// The correlations of the markets, updated with each whole hour of a market. Like the engine,
    /// it is not thread-safe; take <see cref="CorrelationTracker.Snapshot"/> after an event.
    /// </summary>
    public CorrelationTracker Correlations { get; } = new();

    /// <summary>The markets seen so far.</summary>
    public IReadOnlyCollection<MarketId> Markets => _markets.Keys;

    /// <summary>
    /// Applies the next event. A candle or a history returns the market's new assessment under the
    /// default policy, or null when it adds nothing new. So does an unfinished candle that shows a
    /// shock. An observation, a calendar or a change of the tracked markets returns null; call
    /// <see cref="Assess"/> for the affected markets.
    /// </summary>
    /// <exception cref="FormatException">The state of the forecaster in a history is not one of
    /// this market and of the engine's coefficients.</exception>
    public Assessment? Apply(in MarketEvent marketEvent)
    {
        if (marketEvent.Observation is { } observation)
        {
            _outside.Apply(observation);
            return null;
        }
        if (marketEvent.Calendar is { } calendar)
        {
            _outside.Apply(calendar);
            return null;
        }
        if (marketEvent.Dates is { } dates)
        {
            ForecastCalendar = dates;
            foreach (var known in _markets.Values)
                known.SetCalendar(dates);
            return null;
        }
        var market = marketEvent.Market!;
        if (marketEvent.Change is { } change)
        {
            if (change == MarketChange.Dropped)
            {
                _markets.Remove(market);
                Correlations.Forget(market);
            }
            else
                Track(market);
            return null;
        }
        if (marketEvent.History is { } history)
            return Recover(market, history);
        var tracked = Track(market);
        if (marketEvent.SeenAt is { } seenAt)
            return tracked.Watch(marketEvent.Candle, seenAt)
                ? tracked.Assess(0, _outside.View(market.Pair.Base), seenAt)
                : null;
        return Apply(market, tracked, marketEvent.Candle)
            ? tracked.Assess(0, _outside.View(market.Pair.Base), tracked.AsOf)
            : null;
    }

    /// <summary>
    /// Returns a market's assessment at <paramref name="now"/>. Without candles its state is
    /// unknown.
    /// </summary>
    /// <param name="market">Any market, seen or not.</param>
    /// <param name="policy">Position in <see cref="Policies"/>.</param>
    /// <param name="now">The moment to assess.</param>
    public Assessment Assess(MarketId market, int policy, Instant now) =>
        Track(market).Assess(policy, _outside.View(market.Pair.Base), now);

    /// <summary>
    /// Returns the state of a market's forecaster, for <see cref="MarketHistory.ForecastState"/>;
    /// null without forecasts.
    /// </summary>
    public byte[]? SaveForecaster(MarketId market) => Track(market).SaveForecaster();

    /// <summary>Returns a market's whole hours; null without forecasts, and for a market that was
    /// not seen.</summary>
    public StandardizedHours? HoursOf(MarketId market) =>
        _markets.TryGetValue(market, out var tracked) ? tracked.Hours : null;

    private Assessment? Recover(MarketId market, MarketHistory history)
    {
        var tracked = _markets[market] = NewState(market);
        tracked.Seed(history);
        // A state continues the hours that were counted. Without one, all are counted anew.
        if (history.ForecastState is { } state)
            tracked.LoadForecaster(state.Span);
        else
            Correlations.Forget(market);
        if (tracked.Hours is { } hours)
            Correlations.Track(market, hours);
        foreach (var candle in history.Base)
            Apply(market, tracked, candle);
        return history.Base.Count == 0 ? null : tracked.Assess(0, _outside.View(market.Pair.Base), tracked.AsOf);
    }

    private bool Apply(MarketId market, MarketState tracked, in Candle candle)
    {
        var newest = tracked.Hours?.Newest;
        var isNew = tracked.Apply(candle);
        if (tracked.Hours?.Newest != newest)
            Correlations.Update(market);
        return isNew;
    }

    private MarketState Track(MarketId market)
    {
        if (_markets.TryGetValue(market, out var tracked))
            return tracked;
        _markets[market] = tracked = NewState(market);
        if (tracked.Hours is { } hours)
            Correlations.Track(market, hours);
        return tracked;
    }

    private MarketState NewState(MarketId market) =>
        new(
            market,
            _plans,
            _configured,
            _vintages is null ? null : new(market.Timeframe, _vintages, ForecastCalendar, market.Pair.Quote)
        );

    /// <summary>A market's model and its regime under each policy.</summary>
    private sealed class MarketState(
        MarketId id,
        PolicyPlan[] plans,
        IReadOnlyList<Signal> configured,
        Forecaster? forecaster
    )
    {
        private readonly MarketModel _model = new(id.Timeframe, forecaster);
        private readonly RegimeTracker[] _regimes = [.. plans.Select(plan => new RegimeTracker(plan.Policy.Regime))];
        private readonly AssessmentInput[] _inputs =
        [
            .. plans.Select(plan => new AssessmentInput(id, plan, configured)),
        ];

        public Instant AsOf => _model.Readings.AsOf!.Value;

        /// <summary>Its whole hours; null without forecasts.</summary>
        public StandardizedHours? Hours => forecaster is { IsSupported: true } ? forecaster.Hours : null;

        public void SetCalendar(ForecastCalendar calendar) => forecaster?.Calendar = calendar;

        public void Seed(MarketHistory history) => _model.Seed(history);

        public bool Watch(in Candle unfinished, Instant seenAt) => _model.Watch(unfinished, seenAt);

        public byte[]? SaveForecaster() => forecaster is { IsSupported: true } ? forecaster.Save() : null;

        public void LoadForecaster(ReadOnlySpan<byte> state) => forecaster?.Load(state);

        public bool Apply(in Candle candle)
        {
            if (!_model.Apply(candle))
                return false;
            foreach (var regime in _regimes)
                regime.Update(_model.Readings);
            return true;
        }

        public Assessment Assess(int policy, OutsideView outside, Instant now) =>
            new(_inputs[policy], _model.Readings, _regimes[policy].State, outside, Side.Long, now);
    }
}
