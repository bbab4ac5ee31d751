using System.CommandLine;
using System.CommandLine.Invocation;
using Remora.Cli;

DirectToLoopback.Use();
Terminal.WritePlainText();
var result = CommandLine.Create().Parse(args);
if (result.Action is ParseErrorAction usage)
{
    usage.ShowHelp = false;
    await using var complaint = new StringWriter();
    await result.InvokeAsync(new InvocationConfiguration { Output = complaint, Error = complaint });
    Console.Error.Write(Redaction.Apply(complaint.ToString())); // the parser's error may repeat a key
    Console.Error.WriteLine($"Try '{PathOf(result.CommandResult.Command)} --help'.");
    return ExitCode.Usage;
}
using var shutdown = new Shutdown();
return await result.InvokeAsync(
    new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null },
    shutdown.Token
);

static string PathOf(Command command) =>
    command.Parents.OfType<Command>().FirstOrDefault() is { } parent
        ? $"{PathOf(parent)} {command.Name}"
        : command.Name;
