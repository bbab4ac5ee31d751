namespace Remora.Cli;

/// <summary>What the command line says to scripts; listed in the README.</summary>
internal static class ExitCode
{
    /// <summary>Done; for <c>ask</c>: every pair is safe to trade.</summary>
    public const int Ok = 0;

    /// <summary>
    /// <c>ask</c>: a pair is not safe to trade. <c>doctor</c>: something is missing. <c>history export</c>:
    /// nothing is stored. <c>rollup</c>: refused; nothing is half done.
    /// </summary>
    public const int No = 1;

    /// <summary>The command, a setting or an input file is wrong.</summary>
    public const int Usage = 2;

    /// <summary>What was needed cannot be reached or failed.</summary>
    public const int Unavailable = 3;

    /// <summary><c>ask</c>: nothing is known of a pair's present, whatever the policy makes of that.</summary>
    public const int Unknown = 4;

    /// <summary><c>rollup verify</c>: a rollup is not what its source is. <c>rollup backfill</c>: a partition was written without a pause.</summary>
    public const int Differs = 4;
}
