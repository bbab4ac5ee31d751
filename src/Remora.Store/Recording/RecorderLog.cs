using System.Collections.Concurrent;

namespace Remora.Store.Recording;

/// <summary>What the recorder's tasks have to say.</summary>
internal sealed class RecorderLog(TimeProvider time)
{
    private sealed record Entry(string Text, DateTimeOffset At);

    private readonly ConcurrentDictionary<string, long> _written = new(StringComparer.Ordinal);
    private volatile Entry? _error;
    private volatile Entry? _success;

    public string? LastError => _error?.Text;

    public DateTimeOffset? LastErrorAt => _error?.At;

    public DateTimeOffset? LastSuccess => _success?.At;

    public IReadOnlyDictionary<string, long> Written => new Dictionary<string, long>(_written, StringComparer.Ordinal);

    public void Failed(string what) => _error = new(what, time.GetUtcNow());

    public void Wrote(string table, int rows)
    {
        _written.AddOrUpdate(table, rows, (_, before) => before + rows);
        _success = new("", time.GetUtcNow());
    }
}
