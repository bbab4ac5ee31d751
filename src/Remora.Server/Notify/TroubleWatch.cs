using Remora.Feeds;
using Remora.Notify;
using Remora.Supervision;

namespace Remora.Server.Notify;

/// <summary>A condition of the service at one moment.</summary>
/// <param name="Subject">The part.</param>
/// <param name="Text">What is wrong, in a sentence.</param>
/// <param name="Grace">How long it must last before it is sent.</param>
internal sealed record Finding(string Subject, string Text, TimeSpan Grace);

/// <summary>
/// Finds the service's own trouble: feeds, sources, the bridge, the store and its recorder,
/// background tasks, notifiers, and alarms of other parts. Trouble is sent once when it has lasted
/// a while, and once more when it has been over for a minute.
/// </summary>
internal sealed class TroubleWatch
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Steady = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Lasting = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan OfSources = TimeSpan.FromMinutes(30); // they expire later than that
    private static readonly TimeSpan AfterLoss = TimeSpan.FromHours(1);

    private readonly ServiceParts _parts;
    private readonly Func<bool> _hasAnswer;
    private readonly Func<IReadOnlyList<NotifierHealth>> _notifiers;
    private readonly Action<Notice> _post;
    private readonly Uri? _link;
    private readonly TimeProvider _clock;
    private readonly Lock _lock = new();
    private readonly OrderedDictionary<string, Trouble> _troubles = new(StringComparer.Ordinal);
    private long _droppedRows;
    private DateTimeOffset? _droppedAt;

    public TroubleWatch(
        ServiceParts parts,
        Func<bool> hasAnswer,
        Func<IReadOnlyList<NotifierHealth>> notifiers,
        Action<Notice> post,
        Uri? link,
        TimeProvider clock
    )
    {
        (_parts, _hasAnswer, _notifiers) = (parts, hasAnswer, notifiers);
        (_post, _link, _clock) = (post, link, clock);
    }

    /// <summary>The trouble that was sent and lasts, in sentences.</summary>
    public IReadOnlyList<string> Current
    {
        get
        {
            lock (_lock)
                return [.. _troubles.Values.Where(trouble => trouble.IsSent).Select(trouble => trouble.Text)];
        }
    }

    /// <summary>Whether there is no trouble, and any market has an answer.</summary>
    public bool IsWell => _hasAnswer() && Current.Count == 0;

    /// <summary>Looks every few seconds of real time until it is canceled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Interval, _clock);
        do Look();
        while (await timer.WaitForNextTickAsync(cancellation));
    }

    internal void Look()
    {
        var now = _clock.GetUtcNow();
        var findings = Findings(now).DistinctBy(finding => finding.Subject).ToList();
        var notices = new List<Notice>();
        lock (_lock)
        {
            foreach (var finding in findings)
            {
                if (!_troubles.TryGetValue(finding.Subject, out var trouble))
                    _troubles.Add(finding.Subject, trouble = new(now));
                (trouble.Text, trouble.LastSeen) = (finding.Text, now);
                if (trouble.IsSent || now - trouble.Since < finding.Grace)
                    continue;
                trouble.IsSent = true;
                notices.Add(new(NoticeKind.Trouble, finding.Subject, finding.Text, now, _link));
            }
            foreach (var (subject, trouble) in _troubles.Where(one => now - one.Value.LastSeen >= Steady).ToList())
            {
                _troubles.Remove(subject);
                if (trouble.IsSent)
                    notices.Add(new(NoticeKind.Recovery, subject, $"The trouble with {subject} is over.", now, _link));
            }
        }
        foreach (var notice in notices)
            _post(notice);
    }

    private IEnumerable<Finding> Findings(DateTimeOffset now)
    {
        var bridge = _parts.Bridge?.Invoke();
        var isBridgeDown = bridge is { Running: false, LastFailure: not null };
        if (isBridgeDown)
            yield return new("exchange bridge", $"The exchange bridge is not running: {bridge!.LastFailure}.", Lasting);
        foreach (var feed in isBridgeDown ? [] : _parts.Markets)
        {
            var health = feed.Health;
            if (IsFailing(health.State))
                yield return Failing($"feed {feed.Market}", health.State, health.LastError, Lasting);
        }
        foreach (var feed in _parts.Sources)
        {
            var health = feed.Health;
            if (IsFailing(health.State))
                yield return Failing($"source {feed.Name}", health.State, health.LastError, OfSources);
        }
        if (_parts.Calendar?.Health.Forecasts?.Problem is { } problem)
            yield return new("calendar", problem, OfSources);
        foreach (var finding in Storing(now))
            yield return finding;
        foreach (var task in _parts.Supervisor.Tasks)
        {
            if (task.State == SupervisedState.Restarting)
                yield return new($"task {task.Name}", $"The task '{task.Name}' fails: {task.LastError}.", Lasting);
        }
        foreach (var notifier in _notifiers())
        {
            if (notifier.State is NotifierState.Retrying or NotifierState.Refused)
                yield return new(
                    $"notifier {notifier.Name}",
                    $"The notifier {notifier.Name} does not deliver messages: {notifier.LastError}.",
                    Lasting
                );
        }
        foreach (var alarm in _parts.Alarms.SelectMany(alarms => alarms()))
            yield return new(alarm.Subject, alarm.Text, TimeSpan.Zero);
    }

    private IEnumerable<Finding> Storing(DateTimeOffset now)
    {
        if (_parts.Record?.Session.Health is not { } store)
            yield break;
        if (!store.Ready)
            yield return new("store", $"The store is not open: {store.Error}.", Lasting);
        var recorder = store.Recorder;
        if (recorder.DroppedRows > _droppedRows)
            (_droppedRows, _droppedAt) = (recorder.DroppedRows, now);
        if (now - _droppedAt < AfterLoss)
            yield return new("recording", $"{_droppedRows} rows were lost: the queue or the journal is full.", default);
        else if (recorder is { IsWell: false, LastError: { } error })
            yield return new("recording", $"Rows are not stored: {error}.", Lasting);
        else if (recorder.SetAside.Count > 0)
            yield return new("recording", $"{recorder.SetAside.Count} batches cannot be stored.", Lasting);
    }

    private static Finding Failing(string name, FeedState state, FeedError? error, TimeSpan grace)
    {
        var reason = error is null ? "no fresh data" : $"{error.Kind}, {error.Message.TrimEnd('.')}";
        return new(name, $"The {name} is {RemoraJson.NameOf(state)}: {reason}.", grace);
    }

    private static bool IsFailing(FeedState state) => state is FeedState.Degraded or FeedState.Unreachable;

    private sealed class Trouble(DateTimeOffset since)
    {
        public DateTimeOffset Since => since;

        public DateTimeOffset LastSeen { get; set; }

        public string Text { get; set; } = "";

        public bool IsSent { get; set; }
    }
}
