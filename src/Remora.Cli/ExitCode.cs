namespace Remora.Cli;

/// <summary>What the command line says to scripts; listed in the README.</summary>
internal static class ExitCode
{
    /// <summary>Done; for <c>ask</c>: every pair is safe to trade.</summary>
    public const int Ok = 0;

    /// <summary><c>ask</c>: a pair is not safe to trade. <c>doctor</c>: something is missing.</summary>
    public const int No = 1;

    /// <summary>The command, a setting or an input file is wrong.</summary>
    public const int Usage = 2;

    /// <summary>What was needed cannot be reached or failed.</summary>
    public const int Unavailable = 3;
}
