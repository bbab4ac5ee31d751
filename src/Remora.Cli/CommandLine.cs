using System.CommandLine;
using System.CommandLine.Help;
using Remora.Cli.Commands;

namespace Remora.Cli;

/// <summary>All commands: the table of contents.</summary>
internal static class CommandLine
{
    // Not a RootCommand: that one is called what the assembly's file is called, and nobody types 'remora-cli'.
    public static Command Create() => new(
        "remora",
        """
        Remora watches markets and says whether they are worth trading now.

        First steps:
          remora serve --sandbox --speed 300     a simulated market, a day in five minutes
          remora serve                           BTC/USDT, ETH/USDT and SOL/USDT on Binance
          remora ask BTC/USDT                    what it says, as a card
          remora doctor                          what is installed, reachable and configured
        """)
    {
        new HelpOption(),
        new VersionOption(),
        ServeCommand.Create(),
        AskCommand.Create(),
        PairsCommand.Create(),
        SourcesCommand.Create(),
        CalendarCommand.Create(),
        LocksCommand.Create(),
        WebhookCommand.Create(),
        SandboxCommand.Create(),
        ReplayCommand.Create(),
        HistoryCommand.Create(),
        StoreCommand.Create(),
        BacktestCommand.Create(),
        StudyCommand.Create(),
        JudgeCommand.Create(),
        RollupCommand.Create(),
        SqlCommand.Create(),
        KeysCommand.Create(),
        DoctorCommand.Create(),
        SupportBundleCommand.Create(),
    };
}
