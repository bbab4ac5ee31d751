using System.Globalization;
using Remora.Markets;

namespace Remora.Feeds.Candles;

/// <summary>
/// A series that is refused because its prices are at another level than the market's.
/// </summary>
/// <param name="Exchange">The exchange that returns it.</param>
/// <param name="KnownClose">The last known close, as a price.</param>
/// <param name="KnownAt">When that candle closed.</param>
/// <param name="OfferedClose">The close that is too far from it.</param>
/// <param name="OfferedAt">When that candle closed.</param>
/// <param name="NewestClose">The newest close of the refused series.</param>
/// <param name="Since">When the series was refused first.</param>
public sealed record RefusedPriceLevel(
    string Exchange,
    double KnownClose,
    Instant KnownAt,
    double OfferedClose,
    Instant OfferedAt,
    double NewestClose,
    Instant Since
)
{
    /// <summary>Returns what is refused and what an operator can do, in three sentences.</summary>
    /// <param name="market">The market.</param>
    public string Describe(MarketId market) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Exchange} gives {market.Pair} at another price level: {OfferedClose} at {OfferedAt} after "
                + $"{KnownClose} at {KnownAt}. The candles are refused until another exchange agrees. If the price "
                + $"is right, run: remora pairs accept {market.Pair} --exchange {market.Exchange} --timeframe "
                + $"{market.Timeframe}"
        );
}

/// <summary>A series at another level that was accepted.</summary>
/// <param name="Exchange">The exchange that returns it.</param>
/// <param name="Close">Its newest close at that time.</param>
/// <param name="By">The exchange that confirmed the level, or <see cref="Operator"/>.</param>
/// <param name="At">When it was accepted.</param>
public sealed record AcceptedPriceLevel(string Exchange, double Close, string By, Instant At)
{
    /// <summary>The value of <see cref="By"/> if the operator accepted the series.</summary>
    public const string Operator = "operator";
}
