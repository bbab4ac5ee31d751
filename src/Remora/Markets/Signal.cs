namespace Remora.Markets;

/// <summary>An outside value: one that the score uses, or one that is only recorded and shown.</summary>
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

    /// <summary>Volatility that option prices imply for the next 30 days, in percent a year. A pair's own. Recorded: it moves neither score nor confidence.</summary>
    ImpliedVolatility,

    /// <summary>Total market capitalisation of all crypto currencies, in US dollars. The whole market's. Recorded: it moves neither score nor confidence.</summary>
    TotalMarketCap,

    /// <summary>Front future of the S&amp;P 500, in points. The whole market's. Recorded: it moves neither score nor confidence.</summary>
    EquityFuture,
}
