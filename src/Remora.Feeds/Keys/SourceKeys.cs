namespace Remora.Feeds.Keys;

/// <summary>
/// The keys of outside sources. They are read from the environment only: files are copied and
/// committed, and other users can read a process's arguments.
/// </summary>
public sealed record SourceKeys
{
    private const string CryptoPanicVariable = "REMORA_CRYPTOPANIC_KEY";
    private const string CoinglassVariable = "REMORA_COINGLASS_KEY";
    private const string FredVariable = "REMORA_FRED_API_KEY";

    /// <summary>No keys.</summary>
    public static SourceKeys None { get; } = new();

    /// <summary>The names of the environment variables.</summary>
    public static IReadOnlyList<string> Variables { get; } = [CryptoPanicVariable, CoinglassVariable, FredVariable];

    /// <summary>The key of CryptoPanic, for news with votes; null without one.</summary>
    public SourceKey? CryptoPanic { get; init; }

    /// <summary>The key of Coinglass, for liquidations; null without one.</summary>
    public SourceKey? Coinglass { get; init; }

    /// <summary>The key of FRED, for its API; null without one.</summary>
    public SourceKey? Fred { get; init; }

    /// <summary>Reads the keys. An empty variable counts as missing.</summary>
    /// <exception cref="FormatException">A key is invalid. The message names the variable and what
    /// is allowed, and does not show the text.</exception>
    public static SourceKeys Read(IReadOnlyDictionary<string, string> environment) =>
        new()
        {
            CryptoPanic = KeyIn(environment, CryptoPanicVariable),
            Coinglass = KeyIn(environment, CoinglassVariable),
            Fred = KeyIn(environment, FredVariable),
        };

    private static SourceKey? KeyIn(IReadOnlyDictionary<string, string> environment, string variable)
    {
        if (environment.GetValueOrDefault(variable)?.Trim() is not { Length: > 0 } text)
            return null;
        return SourceKey.TryParse(text, out var key)
            ? key
            : throw new FormatException($"variable {variable}: expected a key of {SourceKey.Allowed}");
    }
}
