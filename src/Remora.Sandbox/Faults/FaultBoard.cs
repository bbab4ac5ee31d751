using Remora.Sandbox.Simulation;

namespace Remora.Sandbox.Faults;

/// <summary>The active faults, and which requests they affect.</summary>
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

    /// <summary>Adds a fault to the active ones.</summary>
    /// <exception cref="SandboxOptionException">A value of the fault is out of range.</exception>
    public void Add(Fault fault)
    {
        fault.Validate();
        lock (_lock)
            _faults.Add((fault, _clock.GetUtcNow()));
    }

    /// <summary>Starts a storm of random faults.</summary>
    public void Begin(FaultStorm storm)
    {
        storm.Validate();
        lock (_lock)
            _storm = (storm, _clock.GetUtcNow());
    }

    /// <summary>Clears all faults and the storm.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _faults.Clear();
            _storm = null;
        }
    }

    /// <summary>The active storm; null if there is none.</summary>
    public FaultStorm? Storm
    {
        get
        {
            lock (_lock)
                return _storm?.Storm;
        }
    }

    /// <summary>The active faults, with the remaining time of each; null until cleared.</summary>
    public IReadOnlyList<(Fault Fault, TimeSpan? Left)> Active
    {
        get
        {
            lock (_lock)
                return [.. ActiveNow()];
        }
    }

    /// <summary>
    /// Returns the fault that affects this request, or null: the first one that matches the request
    /// and whose share includes it.
    /// </summary>
    internal (Fault? Fault, Dice Dice) Draw(string exchange, string path)
    {
        lock (_lock)
        {
            var dice = new Dice(_seed, Stream, _draws++);
            foreach (var (fault, _) in ActiveNow())
                if (fault.Matches(exchange, path) && dice.Uniform() < fault.Share)
                    return (fault, dice);
            return (null, dice);
        }
    }

    private List<(Fault Fault, TimeSpan? Left)> ActiveNow()
    {
        var now = _clock.GetUtcNow();
        _faults.RemoveAll(entry => entry.Added + entry.Fault.Duration <= now);
        var active = _faults.ConvertAll(entry => (entry.Fault, entry.Added + entry.Fault.Duration - now));
        if (_storm is { } storm && storm.Storm.At(now - storm.Begun) is { } fault)
            active.Add((fault, null));
        return active;
    }
}
