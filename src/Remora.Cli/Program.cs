using System.CommandLine;
using System.CommandLine.Invocation;
using Remora.Cli;
using Remora.Cli.Commands;

var root = new RootCommand(
    """
    Remora watches markets and says whether they are worth trading now.

    First steps:
      remora serve --sandbox --speed 300     a simulated market, a day in five minutes
      remora serve                           BTC/USDT, ETH/USDT and SOL/USDT on Binance
      remora ask BTC/USDT                    what it says, as a card
      remora doctor                          what is installed, reachable and configured
    """)
{
    ServeCommand.Create(),
    AskCommand.Create(),
    SandboxCommand.Create(),
    ReplayCommand.Create(),
    DoctorCommand.Create(),
};

var result = root.Parse(args);
if (result.Action is ParseErrorAction usage)
{
    usage.ShowHelp = false;
    await result.InvokeAsync(new InvocationConfiguration { Output = Console.Error });
    Console.Error.WriteLine($"Try 'remora {(result.CommandResult.Command is RootCommand ? "" : result.CommandResult.Command.Name + " ")}--help'.");
    return ExitCode.Usage;
}
using var shutdown = new Shutdown();
return await result.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, shutdown.Token);
