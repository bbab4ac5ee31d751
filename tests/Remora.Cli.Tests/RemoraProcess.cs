using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

// The tests wait for programs more than they compute.
[assembly: Xunit.v3.Parallelization(MaxThreads = 3)]

namespace Remora.Cli.Tests;

/// <summary>The real program in a child process.</summary>
internal sealed partial class RemoraProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly Process _process;
    private readonly StringBuilder _errors = new();
    private readonly TaskCompletionSource<string> _url = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private RemoraProcess(Process process)
    {
        _process = process;
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is null)
            {
                _url.TrySetException(new InvalidOperationException("it ended: " + Errors));
                return;
            }
            lock (_errors)
                _errors.AppendLine(line.Data);
            if (AnswersAt().Match(line.Data) is { Success: true } match)
                _url.TrySetResult(match.Groups["url"].Value);
        };
        process.BeginErrorReadLine();
    }

    /// <summary>The command of the ordinary build.</summary>
    public static IReadOnlyList<string> Ordinary { get; } =
    ["dotnet", Path.Combine(AppContext.BaseDirectory, "remora-cli.dll")];

    /// <summary>
    /// The command under test: the native executable that REMORA_TEST_PROGRAM names, or the
    /// ordinary build.
    /// </summary>
    public static IReadOnlyList<string> Tested { get; } =
        Environment.GetEnvironmentVariable("REMORA_TEST_PROGRAM") is { Length: > 0 } native ? [native] : Ordinary;

    public string Errors
    {
        get
        {
            lock (_errors)
                return _errors.ToString();
        }
    }

    /// <summary>Returns the number of lines of <see cref="Errors"/> that contain a text.</summary>
    public int LinesWith(string text) =>
        Errors.Split('\n').Count(line => line.Contains(text, StringComparison.Ordinal));

    public bool HasExited => _process.HasExited;

    public int Id => _process.Id;

    /// <summary>Starts the program without waiting for its end.</summary>
    /// <param name="arguments">The arguments.</param>
    /// <param name="environment">Additional environment variables.</param>
    /// <param name="before">
    /// A shell command to run first, for example to set a limit; null for no shell.
    /// </param>
    /// <param name="program">The command of the program; null for the one under test.</param>
    public static RemoraProcess Start(
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string>? environment = null,
        string? before = null,
        IReadOnlyList<string>? program = null
    )
    {
        string[] command =
        [
            .. before is null ? [] : (string[])["sh", "-c", before + "; exec \"$0\" \"$@\""],
            .. program ?? Tested,
        ];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (
            var name in start
                .Environment.Keys.Where(name => name.StartsWith("REMORA_", StringComparison.Ordinal))
                .ToList()
        )
            start.Environment.Remove(name);
        start.Environment["REMORA_STORE"] = "false"; // an engine starts slowly, so tests that need one enable it
        start.Environment["REMORA_POLICY"] = "remora-1"; // its score needs the shortest past
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        return new(Process.Start(start)!);
    }

    /// <summary>Runs the program to its end.</summary>
    public static Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments) =>
        RunAsync(new Dictionary<string, string>(), arguments);

    /// <summary>Runs the program to its end, with additional environment variables.</summary>
    public static Task<(int ExitCode, string Output, string Errors)> RunAsync(
        IReadOnlyDictionary<string, string> environment,
        params string[] arguments
    ) => RunToEndAsync(Start(arguments, environment));

    /// <summary>Runs another command of the program to its end.</summary>
    public static Task<(int ExitCode, string Output, string Errors)> RunAsync(
        IReadOnlyList<string> program,
        IEnumerable<string> arguments
    ) => RunToEndAsync(Start(arguments, program: program));

    private static async Task<(int ExitCode, string Output, string Errors)> RunToEndAsync(RemoraProcess started)
    {
        await using var process = started;
        var output = await process._process.StandardOutput.ReadToEndAsync();
        var exitCode = await process.ExitAsync();
        return (exitCode, output, process.Errors);
    }

    /// <summary>Returns the address that the service reports.</summary>
    public Task<string> UrlAsync() => _url.Task.WaitAsync(Patience);

    public async Task<int> ExitAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
            return _process.ExitCode;
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException(
                $"it did not end within {Patience} "
                    + $"({(_process.HasExited ? "it has, but its output is still open" : "it runs")}): {Errors}",
                e
            );
        }
    }

    /// <summary>Requests the process to end, like an operator's shell.</summary>
    public void Terminate()
    {
        using var kill = Process.Start("kill", ["-TERM", Id.ToString()]);
        kill.WaitForExit();
    }

    /// <summary>Ends the process immediately, like a power failure.</summary>
    public void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await ExitAsync();
        _process.Dispose();
    }

    [GeneratedRegex(
        @"(?:answers at|sandbox at) (?<url>http://[0-9.:]+)",
        RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking
    )]
    private static partial Regex AnswersAt();
}
