using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.Channels;
using Remora.Feeds.Candles;
using Remora.Markets;
using Remora.Server.Answers;
using Remora.Server.Portfolios;
using Remora.Server.Storage;
using Remora.Server.Telemetry;

namespace Remora.Server;

/// <summary>
/// The only reader of market events. Applies each event to the engine and publishes the changed
/// assessments, in the order in which the events arrive. Markets begin and end in the same order.
/// </summary>
public sealed class MarketPump
{
    /// <summary>
    /// The maximum number of queued events. When the queue is full, feeds wait; no event is lost.
    /// </summary>
    public const int Capacity = 4096;

    private readonly Channel<MarketEvent> _events = Channel.CreateBounded<MarketEvent>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait }
    );

    private readonly ConcurrentDictionary<MarketId, TaskCompletionSource> _changing = new();
    private readonly RemoraEngine _engine;
    private readonly AssessmentBoard _board;
    private readonly MarketRecord? _record;
    private readonly ServiceMetrics? _metrics;
    private readonly ForecastPast? _past;
    private readonly CorrelationKeeper? _correlations;

    /// <param name="engine">The engine. No other code may use it.</param>
    /// <param name="board">Receives the assessments. It has the engine's policies.</param>
    /// <param name="record">Stores what happens; null without a store.</param>
    public MarketPump(RemoraEngine engine, AssessmentBoard board, MarketRecord? record = null)
        : this(engine, board, record, metrics: null) { }

    internal MarketPump(
        RemoraEngine engine,
        AssessmentBoard board,
        MarketRecord? record,
        ServiceMetrics? metrics,
        ForecastPast? past = null,
        CorrelationKeeper? correlations = null
    )
    {
        (_metrics, _past, _correlations) = (metrics, past, correlations);
        if (!engine.Policies.SequenceEqual(board.Policies))
            throw new ArgumentException("the board must have the engine's policies", nameof(board));
        _engine = engine;
        _board = board;
        _record = record;
    }

    /// <summary>The queue to which feeds write events.</summary>
    public ChannelWriter<MarketEvent> Events => _events.Writer;

    /// <summary>
    /// Publishes the assessments of all markets. Before the first event, they report which sources
    /// are missing.
    /// </summary>
    public void PublishAll()
    {
        foreach (var market in _board.Markets)
            Publish(market, _board.Now);
    }

    /// <summary>Applies stored observations before any event. They are not stored again.</summary>
    public void Recall(IReadOnlyList<Observation> observations)
    {
        foreach (var observation in observations)
            _engine.Apply(MarketEvent.Observed(observation));
    }

    /// <summary>Applies the calendar of forecasts before any event.</summary>
    public void Recall(ForecastCalendar dates) => _engine.Apply(MarketEvent.Dated(dates));

    /// <summary>
    /// Adds or drops a market, after the events that are queued. Completes when it is done: then
    /// the feed of an added market may write, and a dropped market has no answer. The feed of a
    /// dropped market must have ended.
    /// </summary>
    public async Task ChangeAsync(MarketId market, MarketChange change, CancellationToken cancellation)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_changing.TryAdd(market, done))
            throw new InvalidOperationException($"another change of {market} is not done");
        try
        {
            await _events.Writer.WriteAsync(
                change == MarketChange.Tracked ? MarketEvent.Tracked(market) : MarketEvent.Dropped(market),
                cancellation
            );
            await done.Task.WaitAsync(cancellation);
        }
        finally
        {
            _changing.TryRemove(market, out _);
        }
    }

    /// <summary>
    /// Runs until it is canceled or <see cref="Events"/> is completed. An exception means a bug in
    /// the engine and ends the service.
    /// </summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        await foreach (var marketEvent in _events.Reader.ReadAllAsync(cancellation))
        {
            Apply(marketEvent);
            _correlations?.Applied(marketEvent, isBusy: _events.Reader.TryPeek(out _));
        }
    }

    private void Apply(in MarketEvent marketEvent)
    {
        if (marketEvent.Change is { } change)
        {
            Apply(marketEvent, change);
            return;
        }
        var started = Stopwatch.GetTimestamp();
        var assessment = _engine.Apply(marketEvent);
        var isRevision = marketEvent.History is { Revised: > 0 };
        // The earlier answer remains in the store.
        if (isRevision && assessment?.AssessedAt < _board.Now)
            assessment = assessment.At(_board.Now, assessment.Side);
        _record?.Applied(marketEvent, assessment);
        _past?.Applied(marketEvent, _engine);
        _metrics?.Applied(started);
        if (marketEvent.Observation is { } observation)
        {
            foreach (var market in _board.Markets)
                if (observation.Base is null || observation.Base == market.Pair.Base)
                    Publish(market, observation.KnowableAt);
        }
        else if (marketEvent.Calendar is not null)
        {
            PublishAll();
        }
        else if (assessment is not null)
        {
            _board.Publish(marketEvent.Market!, 0, assessment);
            Publish(
                marketEvent.Market!,
                assessment.AssessedAt,
                from: 1,
                isOfPast: marketEvent.History is not null && !isRevision
            );
        }
        else if (marketEvent.History is not null)
        {
            Publish(marketEvent.Market!, _board.Now); // the new past contains no base candles
        }
        _metrics?.Published(started);
    }

    private void Apply(in MarketEvent marketEvent, MarketChange change)
    {
        var market = marketEvent.Market!;
        _engine.Apply(marketEvent);
        if (change == MarketChange.Tracked)
        {
            _board.Add(market);
            Publish(market, _board.Now);
        }
        else
        {
            _board.Remove(market);
            _record?.Dropped(market);
            _past?.Dropped(market);
        }
        if (_changing.TryGetValue(market, out var done))
            done.TrySetResult();
    }

    private void Publish(MarketId market, Instant now, int from = 0, bool isOfPast = false)
    {
        for (var policy = from; policy < _board.Policies.Count; policy++)
        {
            var assessment = _engine.Assess(market, policy, now);
            _board.Publish(market, policy, assessment);
            _record?.Assessed(market, assessment, isOfPast);
        }
    }
}
