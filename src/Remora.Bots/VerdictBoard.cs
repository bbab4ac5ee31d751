using Remora.Markets;
using Remora.Risk;

namespace Remora.Bots;

/// <summary>
/// What bots are to be told: one writer learns, any number of outlets look. An outlet that only wants the present waits for a change and takes a <see cref="Present"/>, however
/// many changes it slept through; one that wants each change subscribes.
/// </summary>
public sealed class VerdictBoard
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(Pair, Side), Verdict> _known = [];
    private Outlook _outlook = new(0, IsCurrent: false, new Dictionary<(Pair, Side), Verdict>());
    private Action<VerdictChange> _told = static _ => { };
    private TaskCompletionSource _change = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What is known now.</summary>
    public Outlook Present
    {
        get
        {
            lock (_lock) return _outlook;
        }
    }

    /// <summary>Takes all verdicts of the moment; those of which nothing is known yet (<see cref="Verdict.AsOf"/> is null) count as none.</summary>
    public void Learn(IEnumerable<Verdict> all)
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
            else _outlook = _outlook with { Verdicts = now }; // scores and reasons may be others
        }
        foreach (var change in changes) _told(change);
    }

    /// <summary>Has each change told in its order, on the writer's thread: subscribers must be quick and must not throw.</summary>
    public void Subscribe(Action<VerdictChange> told)
    {
        lock (_lock) _told += told;
    }

    /// <summary>The source of verdicts is lost: what was known does not count any longer, neither as safe nor as unsafe.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            if (_outlook.IsCurrent) Turn(_outlook with { Version = _outlook.Version + 1, IsCurrent = false });
        }
    }

    /// <summary>Waits until the present is another than the one of this version.</summary>
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
/// <param name="Version">Grows with every change.</param>
/// <param name="IsCurrent">Whether they hold; false before the first and after the source was lost.</param>
/// <param name="Verdicts">By pair and side.</param>
public sealed record Outlook(long Version, bool IsCurrent, IReadOnlyDictionary<(Pair Pair, Side Side), Verdict> Verdicts);
