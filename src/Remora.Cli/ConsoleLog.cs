using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Remora.Server.Settings;

namespace Remora.Cli;

/// <summary>The least important messages that are logged. It can change at any time.</summary>
internal sealed class LogThreshold(LogLevel level = LogLevel.Information)
{
    private volatile int _level = (int)level;

    public LogLevel Level
    {
        get => (LogLevel)_level;
        set => _level = (int)value;
    }

    /// <summary>
    /// Whether a message is logged. The messages of the web server matter only as warnings.
    /// </summary>
    public bool Has(string? category, LogLevel level)
    {
        var least = Level;
        if (least == LogLevel.Information && category?.StartsWith("Microsoft", StringComparison.Ordinal) == true)
            least = LogLevel.Warning;
        return level >= least;
    }
}

/// <summary>
/// The log of commands that run until they are stopped. Writes one line for each message to
/// standard error, as text or as JSON, and to files if the settings name one.
/// </summary>
internal static class ConsoleLog
{
    private const string Timestamp = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    /// <summary>Opens the log of a command without settings.</summary>
    public static ILoggerFactory Create() => Create(new ServiceSettings(), new());

    /// <summary>Opens the log of the service.</summary>
    /// <param name="settings">The format and the files.</param>
    /// <param name="threshold">Which messages are logged.</param>
    /// <exception cref="SettingsException">The log file cannot be written.</exception>
    public static ILoggerFactory Create(ServiceSettings settings, LogThreshold threshold) =>
        Terminal.WithControlCharacters(() => Open(settings, threshold));

    // The JSON formatter escapes control characters itself.
    private static ILoggerFactory Open(ServiceSettings settings, LogThreshold threshold)
    {
        var all = OpenAll(settings, threshold);
        return settings.LogFormat == "json" ? all : new PlainLog(all);
    }

    private static ILoggerFactory OpenAll(ServiceSettings settings, LogThreshold threshold)
    {
        var file = FileLog.Open(settings);
        return LoggerFactory.Create(logging =>
        {
            (
                settings.LogFormat == "json"
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
                .SetMinimumLevel(LogLevel.Trace)
                .AddFilter(threshold.Has);
            if (file is not null)
                logging.AddProvider(file);
        });
    }
}
