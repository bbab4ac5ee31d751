namespace Remora.Feeds.Keys;

/// <summary>The keys of outside sources, from the environment and nowhere else: files are copied and committed, and a process's arguments can be read by others.</summary>
public sealed record ApiKeys
{
    private const string CryptoPanicVariable = "REMORA_CRYPTOPANIC_KEY";
    private const string CoinglassVariable = "REMORA_COINGLASS_KEY";
    private const string FredVariable = "REMORA_FRED_API_KEY";

    /// <summary>No key at all.</summary>
    public static ApiKeys None { get; } = new();

    /// <summary>The variables they are in.</summary>
    public static IReadOnlyList<string> Variables { get; } = [CryptoPanicVariable, CoinglassVariable, FredVariable];

    /// <summary>CryptoPanic's, for news with votes; null without one.</summary>
    public ApiKey? CryptoPanic { get; init; }

    /// <summary>Coinglass's, for liquidations; null without one.</summary>
    public ApiKey? Coinglass { get; init; }

    /// <summary>FRED's, for its API; null without one.</summary>
    public ApiKey? Fred { get; init; }

    /// <summary>Reads them; a variable that is empty is as good as none.</summary>
    /// <exception cref="FormatException">One of them is no key. The message names the variable and what is allowed, and does not show the text.</exception>
    public static ApiKeys Read(IReadOnlyDictionary<string, string> environment) => new()
    {
        CryptoPanic = KeyIn(environment, CryptoPanicVariable),
        Coinglass = KeyIn(environment, CoinglassVariable),
        Fred = KeyIn(environment, FredVariable),
    };

    private static ApiKey? KeyIn(IReadOnlyDictionary<string, string> environment, string variable)
    {
        if (environment.GetValueOrDefault(variable)?.Trim() is not { Length: > 0 } text) return null;
        return ApiKey.TryParse(text, out var key) ? key : throw new FormatException($"variable {variable}: expected a key of {ApiKey.Allowed}");
    }
}
