using System.CommandLine;
using System.CommandLine.Help;
using Remora.Cli.Commands;

namespace Remora.Cli;

/// <summary>Creates the root command with all commands.</summary>
internal static class CommandLine
{
    // Not a RootCommand: its name is the name of the assembly's file, 'remora-cli'.
    public static Command Create() =>
        new(
            "remora",
            """
            Remora watches markets and reports whether entries are safe now.

            First steps:
              remora serve --sandbox --speed 300     simulated markets, one day in five minutes
              remora serve                           BTC/USDT, ETH/USDT and SOL/USDT on Binance
              remora ask BTC/USDT                    the newest assessment of a pair
              remora doctor                          a check of installation, network and settings
            """
        )
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
            NotifyCommand.Create(),
            SandboxCommand.Create(),
            ReplayCommand.Create(),
            HistoryCommand.Create(),
            StoreCommand.Create(),
            BacktestCommand.Create(),
            StudyCommand.Create(),
            LabCommand.Create(),
            JudgeCommand.Create(),
            ProveCommand.Create(),
            ForecastCommand.Create(),
            ScorecardCommand.Create(),
            PortfolioCommand.Create(),
            RollupCommand.Create(),
            SqlCommand.Create(),
            KeysCommand.Create(),
            ReloadCommand.Create(),
            DoctorCommand.Create(),
            SupportBundleCommand.Create(),
        };
}
