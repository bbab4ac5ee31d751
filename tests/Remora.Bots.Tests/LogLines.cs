using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Remora.Bots.Tests;

/// <summary>
/// A log whose lines the test reads. Like the command line, it omits the messages of the framework.
/// </summary>
internal sealed class LogLines : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<(LogLevel Level, string Text)> _lines = new();

    public IReadOnlyList<string> All => [.. _lines.Select(line => line.Text)];

    public IReadOnlyList<LogLevel> Levels => [.. _lines.Select(line => line.Level)];

    public void AddProvider(ILoggerProvider provider)
    {
        // The factory has only this logger.
    }

    public ILogger CreateLogger(string categoryName) =>
        categoryName.StartsWith("Remora", StringComparison.Ordinal) ? this : NullLogger.Instance;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    ) => _lines.Enqueue((logLevel, formatter(state, exception)));

    public void Dispose()
    {
        // Nothing to release.
    }
}
