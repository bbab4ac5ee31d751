using System.Collections.Concurrent;
using Remora.Supervision;

namespace Remora.Store.Recording;

/// <summary>What goes well and what does not, for the recorder's health and for the log.</summary>
internal sealed class RecorderLog(TimeProvider time, Action<string>? notice)
{
    private sealed record Entry(string Text, DateTimeOffset At);

    private readonly ConcurrentDictionary<string, long> _written = new(StringComparer.Ordinal);
    private readonly Incidents _incidents = new(notice);
    private volatile Entry? _error;
    private volatile Entry? _success;

    public string? LastError => _error?.Text;

    public DateTimeOffset? LastErrorAt => _error?.At;

    public DateTimeOffset? LastSuccess => _success?.At;

    /// <summary>Whether no problem lasts, and the store has taken something since the last one.</summary>
    public bool IsWell => !_incidents.Any && (_error is not { } error || _success?.At > error.At);

    public IReadOnlyDictionary<string, long> Written => new Dictionary<string, long>(_written, StringComparer.Ordinal);

    /// <summary>A problem that lasts until <see cref="Ended"/>: told once, however often it is met.</summary>
    /// <param name="problem">Tells problems apart.</param>
    /// <param name="text">What is wrong and what to do.</param>
    public void Failed(string problem, string text)
    {
        _error = new(text, time.GetUtcNow());
        _incidents.Begin(problem, text);
    }

    /// <summary>The problems whose names begin so are over.</summary>
    public void Ended(string problems, string text) => _incidents.EndAll(problems, text);

    /// <summary>A task of the recorder has failed. Its supervisor tells the log.</summary>
    public void Stopped(string text) => _error = new(text, time.GetUtcNow());

    /// <summary>Something was lost or set aside: told the first time, then only in the health.</summary>
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
