using Spectre.Console;

namespace Remora.Cli;

/// <summary>Where words go: data to standard output, everything else to standard error.</summary>
internal static class Terminal
{
    /// <summary>For people: progress and messages.</summary>
    public static IAnsiConsole Messages { get; } = AnsiConsole.Create(new AnsiConsoleSettings
    {
        Out = new AnsiConsoleOutput(Console.Error),
        Ansi = Console.IsErrorRedirected ? AnsiSupport.No : AnsiSupport.Detect,
        Interactive = Console.IsErrorRedirected ? InteractionSupport.No : InteractionSupport.Detect,
    });

    /// <summary>One line about what went wrong, and its exit code.</summary>
    public static int Fail(string message, int exitCode)
    {
        Console.Error.WriteLine("remora: " + message);
        return exitCode;
    }
}
