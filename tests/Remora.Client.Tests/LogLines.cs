using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Remora.Client.Tests;

/// <summary>A log whose lines the test reads.</summary>
internal sealed class LogLines : ILogger<RemoraClient>
{
    private readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyList<string> All => [.. _lines];

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue(formatter(state, exception));
}
