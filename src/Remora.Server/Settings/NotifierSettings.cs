using Remora.Bots.Freqtrade;
using Remora.Bots.Webhooks;
using Remora.Markets;
using Remora.Risk;

namespace Remora.Server.Settings;

/// <summary>
/// A Freqtrade bot in the settings file. The file contains the name of a variable instead of the
/// password.
/// </summary>
internal sealed record FreqtradeSettings(
    Uri? Url = null,
    string? User = null,
    string? PasswordEnv = null,
    bool Lock = true,
    bool Follow = false
)
{
    public FreqtradeBot? Resolve(string name, IReadOnlyDictionary<string, string> environment, List<string> errors)
    {
        if (User is null)
            errors.Add($"{name}: 'user' is missing");
        var password = Referred.Value($"{name}.password_env", PasswordEnv, environment, errors);
        if (!Lock && !Follow)
            errors.Add($"{name}: 'lock' and 'follow' are both false: set one of them, or remove the bot");
        return Url is null || User is null || password is null
            ? null
            : new(Url, User, password) { Lock = Lock, Follow = Follow };
    }
}

/// <summary>A webhook in the settings file.</summary>
internal sealed record WebhookSettings(
    Uri? Url = null,
    string? SecretEnv = null,
    IReadOnlyList<string>? Events = null,
    IReadOnlyList<Pair>? Pairs = null,
    Side Side = Side.Long
)
{
    public WebhookTarget? Resolve(string name, IReadOnlyDictionary<string, string> environment, List<string> errors)
    {
        var secret = Referred.Value($"{name}.secret_env", SecretEnv, environment, errors);
        return Url is null || secret is null
            ? null
            : new(Url, secret)
            {
                SendsSafetyChanges = Events?.Contains("safe_to_trade") != false,
                SendsRegimeChanges = Events?.Contains("regime") != false,
                Pairs = Pairs?.ToHashSet(),
                Side = Side,
            };
    }
}

/// <summary>Resolves secrets that settings refer to by name.</summary>
internal static class Referred
{
    public static string? Value(
        string setting,
        string? variable,
        IReadOnlyDictionary<string, string> environment,
        List<string> errors
    )
    {
        if (variable is null)
            errors.Add($"{setting} is missing: expected the name of an environment variable");
        else if (environment.TryGetValue(variable, out var value) && value.Length > 0)
            return value;
        else
            errors.Add($"{setting}: the environment variable {variable} is not set");
        return null;
    }
}
