using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Remora.Cli;

/// <summary>
/// The log of commands that run until they are stopped. Writes one line for each message to
/// standard error, as text or as JSON.
/// </summary>
internal static class ConsoleLog
{
    private const string Timestamp = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    public static ILoggerFactory Create(string format = "text") => Terminal.WithControlCharacters(() => Open(format));

    // The JSON formatter escapes control characters itself.
    private static ILoggerFactory Open(string format) =>
        format == "json" ? OpenConsole(format) : new PlainLog(OpenConsole(format));

    private static ILoggerFactory OpenConsole(string format) =>
        LoggerFactory.Create(logging =>
            (
                format == "json"
                    ? logging.AddJsonConsole(console =>
                        (console.TimestampFormat, console.UseUtcTimestamp) = (Timestamp, true)
                    )
                    : logging.AddSimpleConsole(console =>
                        (console.SingleLine, console.TimestampFormat, console.UseUtcTimestamp) = (
                            true,
                            Timestamp + " ",
                            true
                        )
                    )
            )
                .AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace)
                .AddFilter("Microsoft", LogLevel.Warning)
        );
}
