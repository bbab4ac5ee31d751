using System.CommandLine;
using System.CommandLine.Invocation;
using Remora.Cli;

var result = CommandLine.Create().Parse(args);
if (result.Action is ParseErrorAction usage)
{
    usage.ShowHelp = false;
    await result.InvokeAsync(new InvocationConfiguration { Output = Console.Error });
    Console.Error.WriteLine($"Try 'remora {(result.CommandResult.Command is RootCommand ? "" : result.CommandResult.Command.Name + " ")}--help'.");
    return ExitCode.Usage;
}
using var shutdown = new Shutdown();
return await result.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, shutdown.Token);
