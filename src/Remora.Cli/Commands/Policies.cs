using Remora.Backtest;
using Remora.Risk;

namespace Remora.Cli.Commands;

/// <summary>Finds a policy by the name of a built-in one or by a file.</summary>
internal static class Policies
{
    /// <exception cref="BacktestException">
    /// Neither a policy nor a file has this name; the message lists what is allowed.
    /// </exception>
    /// <exception cref="PolicyException">The file is not a valid policy.</exception>
    public static RiskPolicy Find(string nameOrFile)
    {
        if (BuiltInPolicies.All.FirstOrDefault(policy => policy.Name == nameOrFile) is { } builtIn)
            return builtIn;
        if (!File.Exists(nameOrFile))
            throw new BacktestException(
                $"'{nameOrFile}' is not a policy: expected "
                    + $"{string.Join(", ", BuiltInPolicies.All.Select(policy => policy.Name))}, or a policy file (JSON)"
            );
        try
        {
            return PolicyFile.Parse(File.ReadAllBytes(nameOrFile));
        }
        catch (PolicyException e)
        {
            throw new PolicyException($"{nameOrFile}: {e.Message}", e);
        }
    }
}
