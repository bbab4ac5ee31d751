using Remora.Backtest;
using Remora.Risk;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Remora.Cli;

/// <summary>
/// Output of commands: data goes to standard output, everything else to standard error.
/// </summary>
internal static class Terminal
{
    private const int WidthOfFiles = 160;
    private static readonly TextWriter Out = Console.Out;
    private static readonly TextWriter Error = Console.Error;

    /// <summary>The console for progress and messages.</summary>
    public static IAnsiConsole Messages { get; } = Create(Error, Console.IsErrorRedirected);

    /// <summary>The console for the requested data.</summary>
    public static IAnsiConsole Data { get; } = Create(Out, Console.IsOutputRedirected);

    /// <summary>
    /// Makes <see cref="Console"/> write plain text only from now on, so that no text of a file or
    /// a service controls the terminal. <see cref="Data"/> and <see cref="Messages"/> still write
    /// colours and progress bars.
    /// </summary>
    public static void WritePlainText()
    {
        Console.SetOut(PlainText.Over(Out));
        Console.SetError(PlainText.Over(Error));
    }

    /// <summary>Creates an object that writes control characters to standard error.</summary>
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

    /// <summary>Writes one line about a failure. Returns the exit code.</summary>
    public static int Fail(string message, int exitCode)
    {
        Console.Error.WriteLine("remora: " + message);
        return exitCode;
    }

    /// <summary>
    /// Runs a job on files. Failures of files and invalid input become one line and an exit code.
    /// </summary>
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
        catch (Exception e)
            when (e
                    is BacktestException
                        or PolicyException
                        or ArgumentException
                        or IOException
                        or UnauthorizedAccessException
            )
        {
            return Fail(e.Message, ExitCode.Usage);
        }
    }

    /// <summary>Shows a progress bar while <paramref name="work"/> runs.</summary>
    public static T WithProgress<T>(string title, Func<IProgress<double>, T> work)
    {
        var result = default(T)!;
        Messages
            .Progress()
            .Columns(
                new TaskDescriptionColumn(),
                new ProgressBarColumn(),
                new PercentageColumn(),
                new RemainingTimeColumn()
            )
            .Start(progress =>
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
        await Messages
            .Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn())
            .StartAsync(async progress =>
            {
                var bar = progress.AddTask(Markup.Escape(title), maxValue: 1);
                result = await work(new Bar(bar));
                bar.Value = 1;
            });
        return result;
    }

    /// <summary>
    /// Shows the progress of <paramref name="work"/>: bars on a terminal, <paramref name="lines"/>
    /// in a pipe.
    /// </summary>
    public static async Task<T> WithBarsAsync<T, TProgress>(
        Func<IProgress<TProgress>, Task<T>> work,
        Func<ProgressContext, IProgress<TProgress>> bars,
        IProgress<TProgress> lines,
        ProgressColumn time
    )
    {
        if (!Messages.Profile.Capabilities.Interactive)
            return await work(lines);
        return await Messages
            .Progress()
            .AutoClear(true)
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left },
                new ProgressBarColumn(),
                new PercentageColumn(),
                time
            )
            .StartAsync(context => work(bars(context)));
    }

    private sealed class Bar(ProgressTask task) : IProgress<double>
    {
        public void Report(double value) => task.Value = value;
    }

    // Colours are for terminals. Spectre would write them to files and pipes too, and wrap lines
    // there.
    private static IAnsiConsole Create(TextWriter writer, bool redirected)
    {
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Out = new AnsiConsoleOutput(writer),
                Ansi = redirected ? AnsiSupport.No : AnsiSupport.Detect,
                ColorSystem = redirected ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
                Interactive = redirected ? InteractionSupport.No : InteractionSupport.Detect,
            }
        );
        if (redirected)
            console.Profile.Width = WidthOfFiles;
        console.Pipeline.Attach(new PlainTextHook());
        return console;
    }

    /// <summary>
    /// Escapes control characters in rendered text. Those of the console itself remain.
    /// </summary>
    private sealed class PlainTextHook : IRenderHook
    {
        public IEnumerable<IRenderable> Process(RenderOptions options, IEnumerable<IRenderable> renderables) =>
            renderables.Select(renderable => new Plain(renderable));

        private sealed class Plain(IRenderable inner) : IRenderable
        {
            public Measurement Measure(RenderOptions options, int maxWidth) => inner.Measure(options, maxWidth);

            public IEnumerable<Segment> Render(RenderOptions options, int maxWidth) =>
                inner
                    .Render(options, maxWidth)
                    .Select(part =>
                        part.IsControlCode || part.IsLineBreak ? part : new(PlainText.Of(part.Text), part.Style)
                    );
        }
    }
}
