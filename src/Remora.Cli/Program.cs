using System.CommandLine;
using System.CommandLine.Invocation;
using Remora.Cli;

Terminal.WritePlainText();
var result = CommandLine.Create().Parse(args);
if (result.Action is ParseErrorAction usage)
{
    usage.ShowHelp = false;
    await result.InvokeAsync(new InvocationConfiguration { Output = Console.Error });
    Console.Error.WriteLine($"Try '{PathOf(result.CommandResult.Command)} --help'.");
    return ExitCode.Usage;
}
using var shutdown = new Shutdown();
return await result.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, shutdown.Token);

static string PathOf(Command command) => command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? $"{PathOf(parent)} {command.Name}" : command.Name;
