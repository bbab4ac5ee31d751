using Remora.Markets;

namespace Remora.Sandbox.Simulation;

/// <summary>The properties of a simulated market.</summary>
/// <param name="Key">The key of its random numbers. Markets with the same key move alike.</param>
/// <param name="Price">The price around which it moves.</param>
/// <param name="Decimals">The number of decimals of its tick.</param>
/// <param name="Beta">How strongly it follows the common return.</param>
/// <param name="Own">Its own volatility, as a ratio of the common one.</param>
/// <param name="VolumePerMinute">The usual volume of a minute, in base currency.</param>
internal sealed record PairProfile(
    string Key,
    double Price,
    int Decimals,
    double Beta,
    double Own,
    double VolumePerMinute
)
{
    // In quote currency, of a pair without a predefined profile.
    private const double UsualTurnoverPerMinute = 400_000;

    private static readonly string[] Dollars = ["USDT", "USD", "USDC", "FDUSD", "DAI"];

    /// <summary>
    /// Returns the profile of a pair: predefined for known pairs, derived from the name for others.
    /// A pair in any kind of dollar is the same market.
    /// </summary>
    public static PairProfile Of(Pair pair)
    {
        var key = Dollars.Contains(pair.Quote) ? pair.Base : $"{pair.Base}/{pair.Quote}";
        return key switch
        {
            "BTC" => new(key, 62_000, 2, 1.00, 0.25, 18),
            "ETH" => new(key, 2_900, 2, 1.15, 0.45, 260),
            "SOL" => new(key, 145, 2, 1.40, 0.75, 3_200),
            "BNB" => new(key, 560, 2, 0.95, 0.50, 240),
            "XRP" => new(key, 0.95, 4, 1.10, 0.75, 260_000),
            "ADA" => new(key, 0.55, 4, 1.20, 0.65, 190_000),
            "DOGE" => new(key, 0.16, 5, 1.30, 0.85, 1_100_000),
            _ => FromName(key),
        };
    }

    private static PairProfile FromName(string key)
    {
        var dice = new Dice(0, Dice.Stream(key), 0);
        var price = Math.Pow(10, (dice.Uniform() * 4) - 1.5); // 0.03 to 300
        var decimals = 4 - (int)Math.Floor(Math.Log10(price)); // five significant digits
        return new(
            key,
            price,
            decimals,
            0.7 + (0.9 * dice.Uniform()),
            0.4 + (0.8 * dice.Uniform()),
            UsualTurnoverPerMinute / price
        );
    }
}
