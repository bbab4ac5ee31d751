using System.CommandLine;
using Remora.Cli.Commands.Rollups;

namespace Remora.Cli.Commands;

/// <summary><c>remora rollup</c>: manages materialized views, one subcommand per step.</summary>
internal static class RollupCommand
{
    public static Command Create() =>
        new(
            "rollup",
            "Creates, fills, verifies and drops rollups. Every subcommand can be repeated and does what is left to "
                + "do. Exit code: 0 done, 1 refused, 2 invalid use or definition, 3 no store, 4 differences found."
        )
        {
            SourceVerb.Create(),
            ReadCommands.Plan(),
            WriteCommands.Apply(),
            LoadVerb.Create(),
            FollowVerb.Create(),
            WriteCommands.Backfill(),
            ReadCommands.Verify(),
            WriteCommands.Rebuild(),
            ReadCommands.Status(),
            WriteCommands.Optimize(),
            WriteCommands.Drop(),
        };
}
