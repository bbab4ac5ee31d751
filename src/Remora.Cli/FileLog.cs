using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Remora.Server.Settings;
using Serilog;
using Serilog.Core;
using ILogger = Microsoft.Extensions.Logging.ILogger;

namespace Remora.Cli;

/// <summary>
/// Writes the lines of the log to a file too. Serilog begins a new file when one is full, and
/// deletes the oldest; the lines are those of the console.
/// </summary>
internal sealed class FileLog : ILoggerProvider
{
    private const long Megabyte = 1_000_000;
    private readonly Logger _file;
    private readonly bool _isJson;

    private FileLog(Logger file, bool isJson) => (_file, _isJson) = (file, isJson);

    /// <summary>Opens the file of the settings; null if they name none.</summary>
    /// <exception cref="SettingsException">The file cannot be written.</exception>
    public static FileLog? Open(ServiceSettings settings)
    {
        if (settings.LogFile is not { } path)
            return null;
        try
        {
            // Serilog itself ignores a file that it cannot write
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder)
                Directory.CreateDirectory(folder);
            File.Open(path, FileMode.Append).Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException([$"log_file is '{path}', which cannot be written: {e.Message}"]);
        }
        var file = new LoggerConfiguration()
            .MinimumLevel.Verbose()
            .WriteTo.File(
                path,
                outputTemplate: "{Message:l}{NewLine}",
                formatProvider: CultureInfo.InvariantCulture,
                fileSizeLimitBytes: (long)(settings.LogFileMegabytes * Megabyte),
                rollOnFileSizeLimit: true,
                retainedFileCountLimit: settings.KeepLogFiles,
                encoding: new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)
            )
            .CreateLogger();
        return new(file, settings.LogFormat == "json");
    }

    /// <summary>
    /// Returns the files of a log, oldest first: <c>remora.log</c>, <c>remora_001.log</c>, ...
    /// </summary>
    public static IReadOnlyList<string> FilesOf(string path)
    {
        var full = Path.GetFullPath(path);
        var folder = Path.GetDirectoryName(full)!;
        if (!Directory.Exists(folder))
            return [];
        var (name, ending) = (Path.GetFileNameWithoutExtension(full), Path.GetExtension(full));
        return
        [
            .. Directory
                .EnumerateFiles(folder, $"{name}*{ending}")
                .Select(file => (File: file, Number: NumberOf(Path.GetFileNameWithoutExtension(file), name)))
                .Where(file => file.Number is not null)
                .OrderBy(file => file.Number)
                .Select(file => file.File),
        ];
    }

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Lines(this, categoryName);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static int? NumberOf(string file, string name) =>
        file == name ? 0
        : file.StartsWith(name + "_", StringComparison.Ordinal)
        && int.TryParse(file[(name.Length + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
        : null;

    private void Write(string category, LogLevel level, EventId id, string message, Exception? exception)
    {
        var time = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        _file.Information("{Line:l}", _isJson ? Json() : Text());

        string Text() =>
            $"{time} {ShortOf(level)}: {category}[{id.Id}] {message} {exception}".ReplaceLineEndings(" ").TrimEnd();

        string Json()
        {
            using var bytes = new MemoryStream();
            using (var json = new Utf8JsonWriter(bytes))
            {
                json.WriteStartObject();
                json.WriteString("Timestamp", time);
                json.WriteNumber("EventId", id.Id);
                json.WriteString("LogLevel", level.ToString());
                json.WriteString("Category", category);
                json.WriteString("Message", message);
                if (exception is not null)
                    json.WriteString("Exception", exception.ToString());
                json.WriteEndObject();
            }
            return Encoding.UTF8.GetString(bytes.ToArray());
        }
    }

    private static string ShortOf(LogLevel level) =>
        level switch
        {
            LogLevel.Trace => "trce",
            LogLevel.Debug => "dbug",
            LogLevel.Information => "info",
            LogLevel.Warning => "warn",
            LogLevel.Error => "fail",
            _ => "crit",
        };

    private sealed class Lines(FileLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => log.Write(category, logLevel, eventId, formatter(state, exception), exception);
    }
}
