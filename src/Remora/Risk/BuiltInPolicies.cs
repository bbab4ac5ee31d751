using Remora.Regimes;

namespace Remora.Risk;

/// <summary>The built-in policies: the default, a stricter one and a bolder one.</summary>
public static class BuiltInPolicies
{
    /// <summary>
    /// Blocks earlier and for longer, and halves positions against the market's direction. Blocks
    /// whenever the default blocks.
    /// </summary>
    public static RiskPolicy Conservative { get; } =
        new()
        {
            Name = "conservative",
            Description =
                "Blocks at a score of 0.65 and for as long as the regime is panic or high_vol; half the position in "
                + "a bear market, for a short in a bull market.",
            Decision = new()
            {
                BlockingScore = 0.65,
                BlockingRegimes = [Regime.HighVol],
                RegimePosition = new() { Bear = 0.5 },
            },
        };

    /// <summary>
    /// Blocks in a panic, otherwise by the score alone. Whenever it blocks, the default blocks too.
    /// </summary>
    public static RiskPolicy Aggressive { get; } =
        new()
        {
            Name = "aggressive",
            Description =
                "Blocks at a score of 0.90 and in a panic; extreme fear and extreme volatility only call for caution.",
            Decision = new() { BlockingScore = 0.90, BlockingFlags = [RiskFlag.Panic] },
        };

    /// <summary>All built-in policies, the default first.</summary>
    public static IReadOnlyList<RiskPolicy> All { get; } = [RiskPolicy.Default, Conservative, Aggressive];
}
