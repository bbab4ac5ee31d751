using System.Security.Cryptography;
using Remora.Markets;
using Remora.Risk;
using Remora.Server.Answers;
using Remora.Supervision;

namespace Remora.Server.Streams;

/// <summary>
/// Hands each change of the board to all readers who want it: one task, which renders an answer once (the bytes are those <c>/risk</c> sends) and never waits for a reader.
/// Once a second it looks whether time alone has turned a verdict, who needs a heartbeat, who has stalled, and whose
/// key was revoked.
/// </summary>
internal sealed class StreamHub
{
    private const string AssessmentEvent = "assessment", MarketEvent = "market";
    private readonly AssessmentBoard _board;
    private readonly StreamLimits _limits;
    private readonly Lock _lock = new();
    private readonly View[] _views;
    private readonly string _run = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4)); // sequences begin anew with each run of the service
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

    /// <summary>How many are reading.</summary>
    public int Readers => Volatile.Read(ref _readers);

    /// <summary>How many were dropped because they took nothing.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>How many changes there have been, of all topics that anyone read.</summary>
    public long Changes => Interlocked.Read(ref _sequence);

    /// <summary>Runs until it is cancelled.</summary>
    public Task RunAsync(Supervisor supervisor, CancellationToken cancellation) => Task.WhenAll(
        supervisor.RunAsync("event stream: changes", FollowAsync, cancellation), supervisor.RunAsync("event stream: clock", TickAsync, cancellation));

    /// <summary>Lets a reader in, with what it does not know yet waiting for it; false when there are too many, or the service is ending.</summary>
    public bool TryEnter(EventReader reader, int policy, Side side, string? lastEventId)
    {
        lock (_lock)
        {
            if (_closed || _readers >= _limits.Readers) return false;
            var view = ViewOf(policy, side);
            var known = SequenceOf(lastEventId);
            for (var market = 0; market < view.Markets.Length; market++)
            {
                if (!reader.Wants(market)) continue;
                Refresh(view, market);
                if (view.Markets[market].Frame.Sequence > known) reader.Post(market, view.Markets[market].Frame);
            }
            if (reader.WantsWhole)
            {
                RefreshWhole(view);
                if (view.Whole.Frame.Sequence > known) reader.PostWhole(view.Whole.Frame);
            }
            view.Readers.Add(reader);
            Volatile.Write(ref _readers, _readers + 1);
            return true;
        }
    }

    public void Leave(EventReader reader, int policy, Side side)
    {
        lock (_lock)
            if (ViewOf(policy, side).Readers.Remove(reader)) Volatile.Write(ref _readers, _readers - 1);
    }

    /// <summary>Ends all streams in good order; nobody is let in any more.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
            foreach (var view in _views)
                foreach (var reader in view.Readers) reader.Complete();
        }
    }

    private async Task FollowAsync(CancellationToken cancellation)
    {
        using var subscription = _board.Subscribe();
        lock (_lock)
        {
            foreach (var view in _views) RefreshAll(view); // what changed before this subscription, where an earlier one has failed
        }
        var changed = new List<int>();
        while (true)
        {
            await subscription.NextAsync(changed, cancellation);
            lock (_lock)
            {
                foreach (var view in _views)
                {
                    if (view.Readers.Count == 0) continue;
                    foreach (var market in changed) Refresh(view, market);
                    if (view.IsWholeRead) RefreshWhole(view);
                }
            }
        }
    }

    private void RefreshAll(View view)
    {
        if (view.Readers.Count == 0) return;
        for (var market = 0; market < view.Markets.Length; market++) Refresh(view, market);
        if (view.IsWholeRead) RefreshWhole(view);
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
                    if (view.Readers.Count == 0) continue;
                    for (var market = 0; market < view.Markets.Length; market++)
                        if (view.Markets[market].HasTurned(now)) Refresh(view, market);
                    if (view.IsWholeRead && view.Whole.HasTurned(now)) RefreshWhole(view);
                    foreach (var reader in view.Readers) Check(reader);
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

    private void Refresh(View view, int market)
    {
        var topic = view.Markets[market];
        if (!topic.Refresh(_run, ref _sequence, Second())) return;
        foreach (var reader in view.Readers)
            if (reader.Wants(market)) reader.Post(market, topic.Frame);
    }

    private void RefreshWhole(View view)
    {
        if (!view.Whole.Refresh(_run, ref _sequence, Second())) return;
        foreach (var reader in view.Readers)
            if (reader.WantsWhole) reader.PostWhole(view.Whole.Frame);
    }

    /// <summary>The present as answers have it, which are made for whole seconds.</summary>
    private Instant Second() => _board.Now.Floor(TimeSpan.FromSeconds(1));

    private View ViewOf(int policy, Side side) => _views[(policy * 2) + (int)side];

    /// <summary>The last sequence a reader has seen; before the first where it has seen none of this run.</summary>
    private long SequenceOf(string? eventId) =>
        eventId is not null && eventId.StartsWith(_run + "-", StringComparison.Ordinal) && long.TryParse(eventId.AsSpan(_run.Length + 1), out var sequence) ? sequence : 0;

    /// <summary>One policy and side, and who reads it.</summary>
    private sealed class View(AssessmentBoard board, int policy, Side side)
    {
        public List<EventReader> Readers { get; } = [];

        public bool IsWholeRead => Readers.Exists(reader => reader.WantsWhole);

        public StreamTopic[] Markets { get; } =
        [
            .. board.Markets.Select((id, i) => new StreamTopic(AssessmentEvent, () => board.Answer(board[i], policy, side), now => VerdictOf(board[i].Latest(policy).At(now, side)))),
        ];

        public StreamTopic Whole { get; } = new(MarketEvent, () => board.WholeAnswer(policy, side), now => VerdictOf(board.WholeAt(policy, side, now)));

        private static StreamVerdict VerdictOf(Assessment one) => new(one.SafeToTrade, one.State, one.Recommendation);

        private static StreamVerdict VerdictOf(WholeMarketAssessment all) => new(all.SafeToTrade, all.State, all.Recommendation);
    }
}
