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
    private Outlook _outlook = new(0, IsCurrent: false, new Dictionary<(Pair, Side), PairVerdict>());
    private Action<VerdictChange> _told = static _ => { };
    private TaskCompletionSource _change = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The current verdicts.</summary>
    public Outlook Present
    {
        get
        {
            lock (_lock) return _outlook;
        }
    }

    /// <summary>
    /// Stores all current verdicts. Verdicts without data (<see cref="PairVerdict.AsOf"/> is null) are
    /// ignored.
    /// </summary>
    public void Learn(IEnumerable<PairVerdict> all)
    {
        var changes = new List<VerdictChange>();
        lock (_lock)
        {
            var now = all.Where(verdict => verdict.AsOf is not null).ToDictionary(verdict => (verdict.Pair, verdict.Side));
            foreach (var (key, verdict) in now)
            {
                var change = new VerdictChange(_known.GetValueOrDefault(key), verdict);
                if (change.IsOfSafety || change.IsOfRegime) changes.Add(change);
                _known[key] = verdict;
            }
            var isNews = !_outlook.IsCurrent || changes.Count > 0 || now.Count != _outlook.Verdicts.Count;
            if (isNews) Turn(new(_outlook.Version + 1, IsCurrent: true, now));
            else _outlook = _outlook with { Verdicts = now }; // scores and reasons may differ
        }
        foreach (var change in changes) _told(change);
    }

    /// <summary>
    /// Calls the subscriber for each change, in order, on the writer's thread. Subscribers must be
    /// quick and must not throw.
    /// </summary>
    public void Subscribe(Action<VerdictChange> told)
    {
        lock (_lock) _told += told;
    }

    /// <summary>
    /// Marks the verdicts as not current, because their source is unavailable. They then count
    /// neither as safe nor as unsafe.
    /// </summary>
    public void Forget()
    {
        lock (_lock)
        {
            if (_outlook.IsCurrent) Turn(_outlook with { Version = _outlook.Version + 1, IsCurrent = false });
        }
    }

    /// <summary>Waits until the present differs from the one with this version.</summary>
    public Task WaitAsync(long version, CancellationToken cancellation)
    {
        lock (_lock) return _outlook.Version == version ? _change.Task.WaitAsync(cancellation) : Task.CompletedTask;
    }

    private void Turn(Outlook outlook)
    {
        _outlook = outlook;
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
public sealed record Outlook(long Version, bool IsCurrent, IReadOnlyDictionary<(Pair Pair, Side Side), PairVerdict> Verdicts);
