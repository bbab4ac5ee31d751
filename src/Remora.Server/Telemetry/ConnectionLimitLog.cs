using Microsoft.Extensions.Logging;

namespace Remora.Server.Telemetry;

/// <summary>
/// A log factory for the web server. The server logs each connection that it refuses because of the
/// connection limit. This class replaces these messages with one line when the refusals begin, and
/// one line per minute with their count while they continue.
/// </summary>
/// <param name="log">Receives the lines.</param>
/// <param name="limit">The limit in the lines, such as "max_connections (10000)".</param>
/// <param name="time">The clock.</param>
internal sealed class ConnectionLimitLog(ILoggerFactory log, string limit, TimeProvider time) : ILoggerFactory
{
    private const string ServerCategory = "Microsoft.AspNetCore.Server.Kestrel.Connections";
    private const string RejectedEvent = "ConnectionRejected";
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly ILogger _log = log.CreateLogger("Remora.Server.Connections");
    private readonly Lock _lock = new();
    private ITimer? _timer; // set while refusals are counted and not logged
    private long _untold;
    private long _refused;

    /// <summary>The number of refused connections.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    public ILogger CreateLogger(string categoryName)
    {
        var logger = log.CreateLogger(categoryName);
        return categoryName == ServerCategory ? new ServerLogger(this, logger) : logger;
    }

    public void AddProvider(ILoggerProvider provider) => log.AddProvider(provider);

    public void Dispose()
    {
        lock (_lock)
            _timer?.Dispose(); // the caller owns the log itself
    }

    private void Count()
    {
        Interlocked.Increment(ref _refused);
        lock (_lock)
        {
            if (_timer is not null)
            {
                _untold++;
                return;
            }
            _timer = time.CreateTimer(_ => Tell(), null, Interval, Interval);
        }
        _log.LogWarning("{Limit} is reached: refusing connections", limit);
    }

    private void Tell()
    {
        long count;
        lock (_lock)
        {
            (count, _untold) = (_untold, 0);
            if (count == 0)
            {
                _timer?.Dispose();
                _timer = null;
                return;
            }
        }
        _log.LogWarning("{Limit} is reached: {Count} more connections were refused", limit, count);
    }

    private sealed class ServerLogger(ConnectionLimitLog owner, ILogger inner) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => inner.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => logLevel == LogLevel.Warning || inner.IsEnabled(logLevel);

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        )
        {
            if (eventId.Name == RejectedEvent)
                owner.Count();
            else
                inner.Log(logLevel, eventId, state, exception, formatter);
        }
    }
}
