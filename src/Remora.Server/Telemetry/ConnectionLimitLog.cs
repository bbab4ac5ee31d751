using Microsoft.Extensions.Logging;

namespace Remora.Server.Telemetry;

/// <summary>
/// The log as the web server sees it. The server writes a line for each connection that it refuses because there
/// are too many; in place of them there is one line when it begins, and one a minute with the count while it goes on.
/// </summary>
internal sealed class ConnectionLimitLog(ILoggerFactory log, int maxConnections, TimeProvider time) : ILoggerFactory
{
    private const string ServerCategory = "Microsoft.AspNetCore.Server.Kestrel.Connections";
    private const string RejectedEvent = "ConnectionRejected";
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly ILogger _log = log.CreateLogger("Remora.Server.Connections");
    private readonly Lock _lock = new();
    private ITimer? _timer; // set while refusals are counted instead of logged
    private long _untold;
    private long _refused;

    /// <summary>How many connections were refused.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    public ILogger CreateLogger(string categoryName)
    {
        var logger = log.CreateLogger(categoryName);
        return categoryName == ServerCategory ? new ServerLogger(this, logger) : logger;
    }

    public void AddProvider(ILoggerProvider provider) => log.AddProvider(provider);

    public void Dispose()
    {
        lock (_lock) _timer?.Dispose(); // the log itself belongs to the caller
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
        _log.LogWarning("max_connections ({Max}) is reached: connections are refused", maxConnections);
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
        _log.LogWarning(
            "max_connections ({Max}) is reached: {Count} more connections were refused", maxConnections, count);
    }

    private sealed class ServerLogger(ConnectionLimitLog owner, ILogger inner) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => inner.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => logLevel == LogLevel.Warning || inner.IsEnabled(logLevel);

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (eventId.Name == RejectedEvent) owner.Count();
            else inner.Log(logLevel, eventId, state, exception, formatter);
        }
    }
}
