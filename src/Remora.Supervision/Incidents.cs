namespace Remora.Supervision;

/// <summary>
/// Problems that an operator must handle. Each is reported once when it begins and once when it has
/// ended, however often it occurs in between. <see cref="Current"/> lists the problems that last.
/// </summary>
/// <param name="problem">Receives the problems, for example a log; null for none.</param>
/// <param name="recovery">Receives the ends of problems; null to send them to
/// <paramref name="problem"/> too.</param>
public sealed class Incidents(Action<string>? problem = null, Action<string>? recovery = null)
{
    private readonly Lock _lock = new();
    private readonly OrderedDictionary<string, string> _current = new(StringComparer.Ordinal);
    private readonly HashSet<string> _reported = new(StringComparer.Ordinal);

    /// <summary>The problems that last, oldest first.</summary>
    public IReadOnlyList<string> Current
    {
        get
        {
            lock (_lock)
                return [.. _current.Values];
        }
    }

    /// <summary>Whether any problem lasts.</summary>
    public bool Any
    {
        get
        {
            lock (_lock)
                return _current.Count > 0;
        }
    }

    /// <summary>
    /// Reports a problem, unless it was reported already and has not ended since.
    /// </summary>
    /// <param name="key">Identifies the problem.</param>
    /// <param name="text">What is wrong and what to do, in a sentence.</param>
    public void Begin(string key, string text)
    {
        lock (_lock)
        {
            var isNew = !_current.ContainsKey(key);
            _current[key] = text;
            if (!isNew)
                return;
        }
        problem?.Invoke(text);
    }

    /// <summary>Ends a problem. Does nothing if the problem had not begun.</summary>
    /// <param name="key">The problem.</param>
    /// <param name="text">What works again; null to report nothing.</param>
    public void End(string key, string? text = null)
    {
        lock (_lock)
            if (!_current.Remove(key))
                return;
        if (text is not null)
            (recovery ?? problem)?.Invoke(text);
    }

    /// <summary>Ends all problems of a kind.</summary>
    /// <param name="prefix">The beginning of their keys.</param>
    /// <param name="text">What works again. Reported once if any of them had begun.</param>
    public void EndAll(string prefix, string text)
    {
        lock (_lock)
        {
            var ended = _current.Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)).ToList();
            foreach (var key in ended)
                _current.Remove(key);
            if (ended.Count == 0)
                return;
        }
        (recovery ?? problem)?.Invoke(text);
    }

    /// <summary>Reports an event that does not last, the first time it happens.</summary>
    /// <param name="key">The kind of event.</param>
    /// <param name="text">What happened and what to do, in a sentence.</param>
    public void Once(string key, string text)
    {
        lock (_lock)
            if (!_reported.Add(key))
                return;
        problem?.Invoke(text);
    }
}
