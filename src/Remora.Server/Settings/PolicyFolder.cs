using Remora.Risk;

namespace Remora.Server.Settings;

/// <summary>
/// The policies of a folder, together with the built-in ones. Invalid policies are errors and not
/// skipped, because a bot that requests a policy must get that policy.
/// </summary>
public static class PolicyFolder
{
    /// <summary>Reads every <c>*.json</c> of a folder.</summary>
    /// <exception cref="SettingsException">
    /// The folder or a file in it cannot be read, a file is not a policy, or a name is already in
    /// use. The exception contains all errors.
    /// </exception>
    public static IReadOnlyList<RiskPolicy> Load(string folder)
    {
        if (!Directory.Exists(folder))
            throw new SettingsException([$"the folder '{folder}' does not exist"]);
        var policies = new List<RiskPolicy>(BuiltInPolicies.All);
        var errors = new List<string>();
        foreach (var file in Directory.GetFiles(folder, "*.json").Order(StringComparer.Ordinal))
        {
            if (Read(file, errors) is not { } policy)
                continue;
            if (policies.Exists(other => other.Name == policy.Name))
                errors.Add(Taken(file, policy));
            else
                policies.Add(policy);
        }
        return errors.Count == 0 ? policies : throw new SettingsException(errors);
    }

    /// <summary>Reads one policy.</summary>
    /// <exception cref="SettingsException">The file cannot be read, is not a policy, or has the
    /// name of a built-in policy with other rules.</exception>
    public static RiskPolicy LoadFile(string file)
    {
        var errors = new List<string>();
        if (Read(file, errors) is { } policy)
        {
            if (BuiltInPolicies.All.All(other => other.Name != policy.Name || other.Equals(policy)))
                return policy;
            errors.Add(Taken(file, policy));
        }
        throw new SettingsException(errors);
    }

    private static string Taken(string file, RiskPolicy policy) =>
        $"{file}: name: '{policy.Name}' is taken by another policy";

    private static RiskPolicy? Read(string file, List<string> errors)
    {
        try
        {
            return PolicyFile.Parse(File.ReadAllBytes(file));
        }
        catch (PolicyException e)
        {
            errors.Add($"{file}: {e.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors.Add($"{file}: {e.Message}");
        }
        return null;
    }
}
