using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Remora.Soak;

/// <summary>A child process, its log, and its figures in /proc.</summary>
internal sealed partial class Child : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StreamWriter _log;
    private readonly TaskCompletionSource<string> _url = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<string> _errors = [];

    private Child(Process process, string logFile)
    {
        _process = process;
        _log = new(logFile) { AutoFlush = true };
        process.ErrorDataReceived += (_, line) => Said(line.Data);
        process.OutputDataReceived += (_, line) => Said(line.Data);
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Log lines of errors.</summary>
    public IReadOnlyList<string> Errors
    {
        get
        {
            lock (_errors)
                return [.. _errors];
        }
    }

    public static Child Start(string program, string logFile, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet", [program, .. arguments])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        return new(Process.Start(start)!, logFile);
    }

    public Task<string> UrlAsync() => _url.Task.WaitAsync(TimeSpan.FromSeconds(60));

    /// <summary>Requests the process to end. Returns the duration and the exit code.</summary>
    public async Task<(TimeSpan Took, int ExitCode)> StopAsync()
    {
        var began = Stopwatch.GetTimestamp();
        Signal(Id, "TERM");
        await _process.WaitForExitAsync();
        return (Stopwatch.GetElapsedTime(began), _process.ExitCode);
    }

    /// <summary>Returns its child whose command line contains this; null without one.</summary>
    public int? ChildOf(string part)
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id))
                continue;
            try
            {
                var stat = File.ReadAllText($"{folder}/stat");
                var parent = stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1];
                if (
                    parent == Id.ToString(CultureInfo.InvariantCulture)
                    && File.ReadAllText($"{folder}/cmdline").Contains(part, StringComparison.Ordinal)
                )
                    return id;
            }
            catch (IOException)
            {
                // The process has ended.
            }
        }
        return null;
    }

    public static void Signal(int id, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        await _log.DisposeAsync();
    }

    private void Said(string? line)
    {
        if (line is null)
            return;
        lock (_errors)
        {
            _log.WriteLine(line);
            if (ErrorLine().IsMatch(line))
                _errors.Add(line);
        }
        if (Address().Match(line) is { Success: true } match)
            _url.TrySetResult(match.Groups["url"].Value);
    }

    [GeneratedRegex(
        @"(?:answers at|sandbox at) (?<url>http://[0-9.:]+)",
        RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking
    )]
    private static partial Regex Address();

    [GeneratedRegex(@"Z (?:fail|crit): |Unhandled|A bug", RegexOptions.NonBacktracking)]
    private static partial Regex ErrorLine();
}
