using Remora.Markets;
using Remora.Risk;

namespace Remora.Bots;

/// <summary>
/// The verdicts to send to bots. One writer updates them, and any number of notifiers read them. A
/// notifier that needs only the present waits for a change and reads <see cref="Present"/>,
/// regardless of how many changes it missed. A notifier that needs each change subscribes.
/// </summary>
public sealed class VerdictBoard
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(Pair, Side), PairVerdict> _known = [];
    private VerdictSnapshot _snapshot = new(0, IsCurrent: false, new Dictionary<(Pair, Side), PairVerdict>());
    private Action<VerdictChange> _subscribers = static _ => { };
    private TaskCompletionSource _change = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The current verdicts.</summary>
    public VerdictSnapshot Present
    {
        get
        {
            lock (_lock)
                return _snapshot;
        }
    }

    /// <summary>
    /// Stores all current verdicts. Verdicts without data (<see cref="PairVerdict.AsOf"/> is null)
    /// are ignored.
    /// </summary>
    public void Update(IEnumerable<PairVerdict> all)
    {
        var changes = new List<VerdictChange>();
        lock (_lock)
        {
            var now = all.Where(verdict => verdict.AsOf is not null)
                .ToDictionary(verdict => (verdict.Pair, verdict.Side));
            foreach (var (key, verdict) in now)
            {
                var change = new VerdictChange(_known.GetValueOrDefault(key), verdict);
                if (change.IsSafetyChange || change.IsRegimeChange)
                    changes.Add(change);
                _known[key] = verdict;
            }
            var hasChanged = !_snapshot.IsCurrent || changes.Count > 0 || now.Count != _snapshot.Verdicts.Count;
            if (hasChanged)
                Replace(new(_snapshot.Version + 1, IsCurrent: true, now));
            else
                _snapshot = _snapshot with { Verdicts = now }; // scores and reasons may differ
        }
        foreach (var change in changes)
            _subscribers(change);
    }

    /// <summary>
    /// Calls the subscriber for each change, in order, on the writer's thread. Subscribers must be
    /// quick and must not throw.
    /// </summary>
    public void Subscribe(Action<VerdictChange> subscriber)
    {
        lock (_lock)
            _subscribers += subscriber;
    }

    /// <summary>
    /// Marks the verdicts as not current, because their source is unavailable. They then count
    /// neither as safe nor as unsafe.
    /// </summary>
    public void MarkUnavailable()
    {
        lock (_lock)
        {
            if (_snapshot.IsCurrent)
                Replace(_snapshot with { Version = _snapshot.Version + 1, IsCurrent = false });
        }
    }

    /// <summary>Waits until the present differs from the one with this version.</summary>
    public Task WaitAsync(long version, CancellationToken cancellation)
    {
        lock (_lock)
            return _snapshot.Version == version ? _change.Task.WaitAsync(cancellation) : Task.CompletedTask;
    }

    private void Replace(VerdictSnapshot snapshot)
    {
        _snapshot = snapshot;
        _change.SetResult();
        _change = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>All verdicts of one moment.</summary>
/// <param name="Version">Increases with every change.</param>
/// <param name="IsCurrent">
/// Whether the verdicts are current: false before the first ones and while their source is
/// unavailable.
/// </param>
/// <param name="Verdicts">The verdicts by pair and side.</param>
public sealed record VerdictSnapshot(
    long Version,
    bool IsCurrent,
    IReadOnlyDictionary<(Pair Pair, Side Side), PairVerdict> Verdicts
);
