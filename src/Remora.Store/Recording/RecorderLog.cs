using System.Collections.Concurrent;
using Remora.Supervision;

namespace Remora.Store.Recording;

/// <summary>Collects successes and problems for the recorder's health and for the log.</summary>
internal sealed class RecorderLog(TimeProvider time, Action<string>? notice, Action<string>? recovery)
{
    private sealed record Message(string Text, DateTimeOffset At);

    private readonly ConcurrentDictionary<string, long> _written = new(StringComparer.Ordinal);
    private readonly Incidents _incidents = new(notice, recovery);
    private volatile Message? _error;
    private volatile Message? _success;

    public string? LastError => _error?.Text;

    public DateTimeOffset? LastErrorAt => _error?.At;

    public DateTimeOffset? LastSuccess => _success?.At;

    /// <summary>
    /// Whether no problem exists, and the store has acknowledged a batch since the last one.
    /// </summary>
    public bool IsWell => !_incidents.Any && (_error is not { } error || _success?.At > error.At);

    public IReadOnlyDictionary<string, long> Written => new Dictionary<string, long>(_written, StringComparer.Ordinal);

    /// <summary>
    /// Reports a problem that lasts until <see cref="Ended"/>. It is logged once, however often it
    /// occurs.
    /// </summary>
    /// <param name="problem">The key of the problem.</param>
    /// <param name="text">The cause and advice.</param>
    public void Failed(string problem, string text)
    {
        _error = new(text, time.GetUtcNow());
        _incidents.Begin(problem, text);
    }

    /// <summary>Ends all problems whose keys start with <paramref name="problems"/>.</summary>
    public void Ended(string problems, string text) => _incidents.EndAll(problems, text);

    /// <summary>
    /// Reports a failed task of the recorder. Its supervisor writes the log message.
    /// </summary>
    public void Stopped(string text) => _error = new(text, time.GetUtcNow());

    /// <summary>
    /// Reports lost or set-aside rows. The first report is logged; later ones appear in the health
    /// only.
    /// </summary>
    public void Happened(string kind, string text)
    {
        _error = new(text, time.GetUtcNow());
        _incidents.Once(kind, text);
    }

    public void Wrote(string table, int rows)
    {
        _written.AddOrUpdate(table, rows, (_, before) => before + rows);
        _success = new("", time.GetUtcNow());
    }
}
