using Remora.Backtest;
using Remora.Risk;
using Spectre.Console;

namespace Remora.Cli;

/// <summary>Where words go: data to standard output, everything else to standard error.</summary>
internal static class Terminal
{
    private const int WidthOfFiles = 160;

    /// <summary>For people: progress and messages.</summary>
    public static IAnsiConsole Messages { get; } = Create(Console.Error, Console.IsErrorRedirected);

    /// <summary>What was asked for.</summary>
    public static IAnsiConsole Data { get; } = Create(Console.Out, Console.IsOutputRedirected);

    /// <summary>One line about what went wrong, and its exit code.</summary>
    public static int Fail(string message, int exitCode)
    {
        Console.Error.WriteLine("remora: " + message);
        return exitCode;
    }

    /// <summary>Runs a job on files; what is wrong with them, or with what was asked, becomes one line and an exit code.</summary>
    public static int Attempt(Func<int> job)
    {
        try
        {
            return job();
        }
        catch (OperationCanceledException)
        {
            return Fail("cancelled", ExitCode.Unavailable);
        }
        catch (Exception e) when (e is BacktestException or PolicyException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            return Fail(e.Message, ExitCode.Usage);
        }
    }

    /// <summary>Shows a progress bar while <paramref name="work"/> goes on.</summary>
    public static T WithProgress<T>(string title, Func<IProgress<double>, T> work)
    {
        var result = default(T)!;
        Messages.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn()).Start(progress =>
        {
            var bar = progress.AddTask(title, maxValue: 1);
            result = work(new Bar(bar));
            bar.Value = 1;
        });
        return result;
    }

    /// <inheritdoc cref="WithProgress{T}(string, Func{IProgress{double}, T})"/>
    public static async Task<T> WithProgressAsync<T>(string title, Func<IProgress<double>, Task<T>> work)
    {
        var result = default(T)!;
        await Messages.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn()).StartAsync(async progress =>
        {
            var bar = progress.AddTask(Markup.Escape(title), maxValue: 1);
            result = await work(new Bar(bar));
            bar.Value = 1;
        });
        return result;
    }

    private sealed class Bar(ProgressTask task) : IProgress<double>
    {
        public void Report(double value) => task.Value = value;
    }

    // Colours are for screens; Spectre would also put them into files and pipes, and cut their lines as if they were narrow screens.
    private static IAnsiConsole Create(TextWriter writer, bool redirected)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = redirected ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = redirected ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = redirected ? InteractionSupport.No : InteractionSupport.Detect,
        });
        if (redirected) console.Profile.Width = WidthOfFiles;
        return console;
    }
}
