using System.Security.Cryptography;
using Remora.Markets;
using Remora.Risk;
using Remora.Server.Answers;
using Remora.Supervision;

namespace Remora.Server.Streams;

/// <summary>
/// Sends each change of the board to all its readers. One task renders each answer once, with the
/// same bytes as <c>/risk</c>, and never waits for a reader. Once per second it checks which
/// verdicts changed with time alone, and which readers need a heartbeat, have stalled, or use a
/// revoked key.
/// </summary>
internal sealed class StreamHub
{
    private const string AssessmentEvent = "assessment",
        MarketEvent = "market";
    private readonly AssessmentBoard _board;
    private readonly StreamLimits _limits;
    private readonly Lock _lock = new();
    private readonly View[] _views;

    // Sequences restart with each run of the service.
    private readonly string _run = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));
    private long _sequence;
    private long _dropped;
    private int _readers;
    private bool _closed;

    public StreamHub(AssessmentBoard board, StreamLimits limits)
    {
        _board = board;
        _limits = limits;
        _views = [.. Enumerable.Range(0, board.Policies.Count * 2).Select(i => new View(board, i / 2, (Side)(i % 2)))];
    }

    /// <summary>The number of readers.</summary>
    public int Readers => Volatile.Read(ref _readers);

    /// <summary>The number of readers that were dropped because they accepted no data.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>The number of changes of all topics that had a reader.</summary>
    public long Changes => Interlocked.Read(ref _sequence);

    /// <summary>Runs until it is canceled.</summary>
    public Task RunAsync(Supervisor supervisor, CancellationToken cancellation) =>
        Task.WhenAll(
            supervisor.RunAsync("event stream: changes", FollowAsync, cancellation),
            supervisor.RunAsync("event stream: clock", TickAsync, cancellation)
        );

    /// <summary>
    /// Adds a reader and posts the frames that it lacks. Returns false if the limit is reached or
    /// the service is ending.
    /// </summary>
    public bool TryEnter(EventReader reader, int policy, Side side, string? lastEventId)
    {
        lock (_lock)
        {
            if (_closed || _readers >= _limits.Readers)
                return false;
            var view = ViewOf(policy, side);
            var known = SequenceOf(lastEventId);
            foreach (var market in _board.All)
            {
                if (!reader.Wants(market.Id))
                    continue;
                Refresh(view, market);
                PostIfNew(view.TopicOf(market));
            }
            if (reader.WantsWhole)
            {
                RefreshWhole(view);
                PostIfNew(view.Whole);
            }
            view.Readers.Add(reader);
            Volatile.Write(ref _readers, _readers + 1);
            return true;

            void PostIfNew(StreamTopic topic)
            {
                if (topic.Frame.Sequence > known)
                    reader.Post(topic, topic.Frame);
            }
        }
    }

    /// <summary>Returns the markets that at least one reader named.</summary>
    public IReadOnlyCollection<MarketId> Named()
    {
        lock (_lock)
            return _views.SelectMany(view => view.Readers).SelectMany(reader => reader.Named).ToHashSet();
    }

    public void Leave(EventReader reader, int policy, Side side)
    {
        lock (_lock)
            if (ViewOf(policy, side).Readers.Remove(reader))
                Volatile.Write(ref _readers, _readers - 1);
    }

    /// <summary>Ends all streams gracefully. No reader can be added afterwards.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
            foreach (var view in _views)
            foreach (var reader in view.Readers)
                reader.Complete();
        }
    }

    private async Task FollowAsync(CancellationToken cancellation)
    {
        using var subscription = _board.Subscribe();
        lock (_lock)
        {
            foreach (var view in _views)
                RefreshAll(view); // changes before this subscription, if an earlier one failed
        }
        var changed = new List<MarketAnswers>();
        while (true)
        {
            await subscription.NextAsync(changed, cancellation);
            lock (_lock)
            {
                foreach (var view in _views)
                {
                    if (view.Readers.Count == 0)
                        continue;
                    foreach (var market in changed)
                        Refresh(view, market);
                    if (view.IsWholeRead)
                        RefreshWhole(view);
                }
            }
        }
    }

    private void RefreshAll(View view)
    {
        if (view.Readers.Count == 0)
            return;
        foreach (var market in _board.All)
            Refresh(view, market);
        if (view.IsWholeRead)
            RefreshWhole(view);
    }

    private async Task TickAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(_limits.Tick);
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            var now = Second();
            lock (_lock)
            {
                foreach (var view in _views)
                {
                    if (view.Readers.Count == 0)
                        continue;
                    view.Keep(_board.All);
                    foreach (var market in _board.All)
                        if (view.TopicOf(market).HasTurned(now))
                            Refresh(view, market);
                    if (view.IsWholeRead && view.Whole.HasTurned(now))
                        RefreshWhole(view);
                    foreach (var reader in view.Readers)
                        Check(reader);
                }
            }
        }
    }

    private void Check(EventReader reader)
    {
        if (!reader.IsAllowed())
        {
            reader.CutOff();
        }
        else if (reader.Blocked > _limits.Stall)
        {
            Interlocked.Increment(ref _dropped);
            reader.Abort();
        }
        else if (reader.Silence > _limits.Heartbeat)
        {
            reader.PostBeat();
        }
    }

    private void Refresh(View view, MarketAnswers market)
    {
        var topic = view.TopicOf(market);
        if (!topic.Refresh(_run, ref _sequence, Second()))
            return;
        foreach (var reader in view.Readers)
            if (reader.Wants(market.Id))
                reader.Post(topic, topic.Frame);
    }

    private void RefreshWhole(View view)
    {
        if (!view.Whole.Refresh(_run, ref _sequence, Second()))
            return;
        foreach (var reader in view.Readers)
            if (reader.WantsWhole)
                reader.Post(view.Whole, view.Whole.Frame);
    }

    /// <summary>Returns the current time in whole seconds, as answers use it.</summary>
    private Instant Second() => _board.Now.Floor(TimeSpan.FromSeconds(1));

    private View ViewOf(int policy, Side side) => _views[(policy * 2) + (int)side];

    /// <summary>
    /// Returns the sequence of the last event that a reader received; a value before the first if
    /// the event is not from this run.
    /// </summary>
    private long SequenceOf(string? eventId) =>
        eventId is not null
        && eventId.StartsWith(_run + "-", StringComparison.Ordinal)
        && long.TryParse(eventId.AsSpan(_run.Length + 1), out var sequence)
            ? sequence
            : 0;

    /// <summary>One policy and side, with its readers.</summary>
    private sealed class View(AssessmentBoard board, int policy, Side side)
    {
        public List<EventReader> Readers { get; } = [];

        public bool IsWholeRead => Readers.Exists(reader => reader.WantsWhole);

        private readonly Dictionary<MarketAnswers, StreamTopic> _topics = [];

        public StreamTopic Whole { get; } =
            new(MarketEvent, () => board.WholeAnswer(policy, side), now => VerdictOf(board.WholeAt(policy, side, now)));

        public StreamTopic TopicOf(MarketAnswers market)
        {
            if (!_topics.TryGetValue(market, out var topic))
                _topics[market] = topic = new(
                    AssessmentEvent,
                    () => board.Answer(market, policy, side),
                    now => VerdictOf(market.Latest(policy).At(now, side))
                );
            return topic;
        }

        /// <summary>Drops the topics of markets that are no longer tracked.</summary>
        public void Keep(IReadOnlyList<MarketAnswers> markets)
        {
            if (_topics.Count <= markets.Count)
                return;
            foreach (var dropped in _topics.Keys.Except(markets).ToList())
                _topics.Remove(dropped);
        }

        private static StreamVerdict VerdictOf(Assessment one) => new(one.SafeToTrade, one.State, one.Recommendation);

        private static StreamVerdict VerdictOf(WholeMarketAssessment all) =>
            new(all.SafeToTrade, all.State, all.Recommendation);
    }
}
