namespace Remora.Supervision;

/// <summary>
/// Problems that an operator must know of. Each is told once when it begins and once when it has ended, however often
/// it is met in between; <see cref="Current"/> lists those that last.
/// </summary>
/// <param name="tell">Where the lines go, such as a log; null for nowhere.</param>
public sealed class Incidents(Action<string>? tell = null)
{
    private readonly Lock _lock = new();
    private readonly OrderedDictionary<string, string> _current = new(StringComparer.Ordinal);
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);

    /// <summary>The problems that last, oldest first.</summary>
    public IReadOnlyList<string> Current
    {
        get
        {
            lock (_lock) return [.. _current.Values];
        }
    }

    /// <summary>Whether a problem lasts.</summary>
    public bool Any
    {
        get
        {
            lock (_lock) return _current.Count > 0;
        }
    }

    /// <summary>A problem was met. It is told when it was not met before, or has ended since.</summary>
    /// <param name="key">Tells problems apart.</param>
    /// <param name="text">What is wrong and what to do, in a sentence.</param>
    public void Begin(string key, string text)
    {
        lock (_lock)
        {
            var isNew = !_current.ContainsKey(key);
            _current[key] = text;
            if (!isNew) return;
        }
        tell?.Invoke(text);
    }

    /// <summary>A problem has ended; where it had not begun, nothing happens.</summary>
    /// <param name="key">The problem.</param>
    /// <param name="text">What works again; null to tell nothing.</param>
    public void End(string key, string? text = null)
    {
        lock (_lock)
            if (!_current.Remove(key)) return;
        if (text is not null) tell?.Invoke(text);
    }

    /// <summary>All problems of a kind have ended.</summary>
    /// <param name="prefix">How their keys begin.</param>
    /// <param name="text">What works again; told once, where any had begun.</param>
    public void EndAll(string prefix, string text)
    {
        lock (_lock)
        {
            var ended = _current.Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)).ToList();
            foreach (var key in ended) _current.Remove(key);
            if (ended.Count == 0) return;
        }
        tell?.Invoke(text);
    }

    /// <summary>Something happened that does not last. It is told the first time.</summary>
    /// <param name="key">What kind of thing it is.</param>
    /// <param name="text">What happened and what to do, in a sentence.</param>
    public void Once(string key, string text)
    {
        lock (_lock)
            if (!_told.Add(key)) return;
        tell?.Invoke(text);
    }
}
