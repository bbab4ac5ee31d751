using Microsoft.Extensions.Logging;

namespace Remora.Cli;

/// <summary>
/// A logger factory that escapes control characters in messages of exchanges and sources.
/// </summary>
internal sealed class PlainLog(ILoggerFactory inner) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => new Logger(inner.CreateLogger(categoryName));

    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    public void Dispose() => inner.Dispose();

    private sealed class Logger(ILogger inner) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => inner.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) =>
            inner.Log(
                logLevel,
                eventId,
                state,
                exception is null ? null : new PlainException(exception),
                (of, _) => PlainText.Of(formatter(of, exception))
            );
    }

    /// <summary>An exception with escaped text: loggers write <see cref="ToString"/>.</summary>
    private sealed class PlainException(Exception inner) : Exception(PlainText.Of(inner.Message))
    {
        public override string ToString() => PlainText.Of(inner.ToString());
    }
}
