using System.CommandLine;
using Remora.Cli.Commands.Rollups;

namespace Remora.Cli.Commands;

/// <summary><c>remora rollup</c>: the life cycle of materialized views, one verb each.</summary>
internal static class RollupCommand
{
    public static Command Create() => new(
        "rollup",
        "Materialized views with a life cycle: each verb may be given again, and does what is left to do. Exit code: 0 done, 1 refused, 2 wrong use or definition, 3 no store, 4 verify found something.")
    {
        LookingVerbs.Plan(),
        MakingVerbs.Apply(),
        LoadVerb.Create(),
        MakingVerbs.Backfill(),
        LookingVerbs.Verify(),
        MakingVerbs.Rebuild(),
        LookingVerbs.Status(),
        MakingVerbs.Optimize(),
        MakingVerbs.Drop(),
    };
}
