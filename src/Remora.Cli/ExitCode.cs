namespace Remora.Cli;

/// <summary>Exit codes of the command line, which docs/commands.md lists.</summary>
internal static class ExitCode
{
    /// <summary>Success. <c>ask</c>: every pair is safe to trade.</summary>
    public const int Ok = 0;

    /// <summary>
    /// <c>ask</c>: a pair is not safe to trade. <c>doctor</c>: something is missing. <c>history
    /// export</c>: no rows are stored. <c>scorecard</c>: the record contradicts the claims.
    /// <c>store drill</c>: the backup is damaged or restores to something else. <c>study</c>: data
    /// files are missing. <c>prove</c>: an answer is not equal. <c>rollup</c>: refused; nothing was
    /// changed in part.
    /// </summary>
    public const int No = 1;

    /// <summary>The command, a setting or an input file is invalid.</summary>
    public const int Usage = 2;

    /// <summary>A required service, store or source is unreachable or failed.</summary>
    public const int Unavailable = 3;

    /// <summary>
    /// <c>ask</c>: the state of a pair is unknown, whatever the policy decides then.
    /// </summary>
    public const int Unknown = 4;

    /// <summary>
    /// <c>rollup verify</c>: a rollup differs from its source. <c>rollup backfill</c>: a partition
    /// received inserts all the time and was not filled.
    /// </summary>
    public const int Differs = 4;
}
