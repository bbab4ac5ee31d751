using Remora.Backtest;
using Remora.Risk;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Remora.Cli;

/// <summary>Where words go: data to standard output, everything else to standard error.</summary>
internal static class Terminal
{
    private const int WidthOfFiles = 160;
    private static readonly TextWriter Out = Console.Out;
    private static readonly TextWriter Error = Console.Error;

    /// <summary>For people: progress and messages.</summary>
    public static IAnsiConsole Messages { get; } = Create(Error, Console.IsErrorRedirected);

    /// <summary>What was asked for.</summary>
    public static IAnsiConsole Data { get; } = Create(Out, Console.IsOutputRedirected);

    /// <summary>
    /// From here on, <see cref="Console"/> writes plain text only: nothing that a file or a service says can control
    /// the terminal. Colours and progress bars are written by <see cref="Data"/> and <see cref="Messages"/>.
    /// </summary>
    public static void WritePlainText()
    {
        Console.SetOut(PlainText.Over(Out));
        Console.SetError(PlainText.Over(Error));
    }

    /// <summary>Creates something that writes control characters of its own to standard error.</summary>
    public static T WithControlCharacters<T>(Func<T> create)
    {
        var plain = Console.Error;
        Console.SetError(Error);
        try
        {
            return create();
        }
        finally
        {
            Console.SetError(plain);
        }
    }

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
        console.Pipeline.Attach(new PlainTextHook());
        return console;
    }

    /// <summary>What is rendered is plain text too; only the console's own control characters stay.</summary>
    private sealed class PlainTextHook : IRenderHook
    {
        public IEnumerable<IRenderable> Process(RenderOptions options, IEnumerable<IRenderable> renderables) =>
            renderables.Select(renderable => new Plain(renderable));

        private sealed class Plain(IRenderable inner) : IRenderable
        {
            public Measurement Measure(RenderOptions options, int maxWidth) => inner.Measure(options, maxWidth);

            public IEnumerable<Segment> Render(RenderOptions options, int maxWidth) =>
                inner.Render(options, maxWidth).Select(part => part.IsControlCode || part.IsLineBreak
                    ? part
                    : new(PlainText.Of(part.Text), part.Style));
        }
    }
}
