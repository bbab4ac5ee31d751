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
            try
            {
                var policy = PolicyFile.Parse(File.ReadAllBytes(file));
                if (policies.Exists(other => other.Name == policy.Name))
                    errors.Add($"{file}: name: '{policy.Name}' is taken by another policy");
                else
                    policies.Add(policy);
            }
            catch (PolicyException e)
            {
                errors.Add($"{file}: {e.Message}");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                errors.Add($"{file}: {e.Message}");
            }
        }
        return errors.Count == 0 ? policies : throw new SettingsException(errors);
    }
}
