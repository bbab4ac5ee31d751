using Remora.Sandbox.Simulation;

namespace Remora.Sandbox.Faults;

/// <summary>The faults that are on, and which request each of them hits.</summary>
public sealed class FaultBoard
{
    private static readonly ulong Stream = Dice.Stream("fault share");

    private readonly Lock _lock = new();
    private readonly TimeProvider _clock;
    private readonly long _seed;
    private readonly List<(Fault Fault, DateTimeOffset Added)> _faults = [];
    private (FaultStorm Storm, DateTimeOffset Begun)? _storm;
    private long _draws;

    internal FaultBoard(TimeProvider clock, long seed) => (_clock, _seed) = (clock, seed);

    /// <summary>Turns a fault on, beside those that are on already.</summary>
    /// <exception cref="SandboxOptionException">A value of it is out of its range.</exception>
    public void Add(Fault fault)
    {
        fault.Validate();
        lock (_lock) _faults.Add((fault, _clock.GetUtcNow()));
    }

    /// <summary>Lets random faults come from now on.</summary>
    public void Begin(FaultStorm storm)
    {
        storm.Validate();
        lock (_lock) _storm = (storm, _clock.GetUtcNow());
    }

    /// <summary>Turns everything off, a storm too.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _faults.Clear();
            _storm = null;
        }
    }

    /// <summary>The storm that is on, or null.</summary>
    public FaultStorm? Storm
    {
        get { lock (_lock) return _storm?.Storm; }
    }

    /// <summary>The faults that are on at this moment, with the time each has left; null until cleared.</summary>
    public IReadOnlyList<(Fault Fault, TimeSpan? Left)> Active
    {
        get { lock (_lock) return [.. ActiveNow()]; }
    }

    /// <summary>The fault that hits this request, or null: the first that is meant for it and whose share falls on it.</summary>
    internal (Fault? Fault, Dice Dice) Draw(string exchange, string path)
    {
        lock (_lock)
        {
            var dice = new Dice(_seed, Stream, _draws++);
            foreach (var (fault, _) in ActiveNow())
                if (fault.Matches(exchange, path) && dice.Uniform() < fault.Share) return (fault, dice);
            return (null, dice);
        }
    }

    private List<(Fault Fault, TimeSpan? Left)> ActiveNow()
    {
        var now = _clock.GetUtcNow();
        _faults.RemoveAll(entry => entry.Added + entry.Fault.Duration <= now);
        var active = _faults.ConvertAll(entry => (entry.Fault, entry.Added + entry.Fault.Duration - now));
        if (_storm is { } storm && storm.Storm.At(now - storm.Begun) is { } fault) active.Add((fault, null));
        return active;
    }
}
