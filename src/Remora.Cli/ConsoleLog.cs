using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Remora.Cli;

/// <summary>The log of what runs until it is told to stop: one line each, on standard error.</summary>
internal static class ConsoleLog
{
    public static ILoggerFactory Create() => LoggerFactory.Create(logging => logging
        .AddSimpleConsole(console => (console.SingleLine, console.TimestampFormat, console.UseUtcTimestamp) = (true, "yyyy-MM-dd'T'HH:mm:ss'Z' ", true))
        .AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace)
        .AddFilter("Microsoft", LogLevel.Warning));
}
