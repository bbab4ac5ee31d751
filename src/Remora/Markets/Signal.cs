namespace Remora.Markets;

/// <summary>An outside value that the score knows how to use.</summary>
public enum Signal
{
    /// <summary>Crypto fear and greed index, 0 (extreme fear) to 100 (extreme greed). The whole market's.</summary>
    FearGreed,

    /// <summary>Funding rate of the pair's perpetual, as a ratio per 8 hours (0.0001 is 0.01 %). A pair's own.</summary>
    FundingRate,

    /// <summary>CBOE volatility index, in points. The whole market's.</summary>
    Vix,

    /// <summary>US dollar index, in points. The whole market's; the score uses its 5-day change.</summary>
    DollarIndex,

    /// <summary>Value of positions liquidated during the last hour, in US dollars. A pair's own; the score compares it with its 30-day 99th percentile.</summary>
    Liquidations,

    /// <summary>Open interest of the pair's perpetual, in any constant unit. A pair's own; the score uses its 24-hour change.</summary>
    OpenInterest,

    /// <summary>News sentiment, -1 (all bad) to 1 (all good). A pair's own or the whole market's.</summary>
    NewsSentiment,

    /// <summary>Bitcoin's share of the total market capitalisation, in percent. The whole market's; the score uses its 7-day change in points.</summary>
    BtcDominance,
}
