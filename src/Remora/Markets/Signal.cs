namespace Remora.Markets;

/// <summary>
/// The kind of an outside value. The score uses some kinds; the others are only recorded and shown.
/// </summary>
public enum Signal
{
    /// <summary>
    /// Crypto fear and greed index, 0 (extreme fear) to 100 (extreme greed). For the whole market.
    /// </summary>
    FearGreed,

    /// <summary>
    /// Funding rate of the pair's perpetual, as a ratio per 8 hours (0.0001 is 0.01 %). Per pair.
    /// </summary>
    FundingRate,

    /// <summary>CBOE volatility index, in points. For the whole market.</summary>
    Vix,

    /// <summary>
    /// US dollar index, in points. For the whole market. The score uses its 5-day change.
    /// </summary>
    DollarIndex,

    /// <summary>
    /// Value of positions liquidated during the last hour, in US dollars. Per pair. The score
    /// compares it with its 30-day 99th percentile.
    /// </summary>
    Liquidations,

    /// <summary>
    /// Open interest of the pair's perpetual, in any constant unit. Per pair. The score uses its
    /// 24-hour change.
    /// </summary>
    OpenInterest,

    /// <summary>
    /// News sentiment, -1 (all bad) to 1 (all good). Per pair or for the whole market.
    /// </summary>
    NewsSentiment,

    /// <summary>
    /// Bitcoin's share of the total market capitalisation, in percent. For the whole market. The
    /// score uses its 7-day change in points.
    /// </summary>
    BtcDominance,

    /// <summary>
    /// Volatility that option prices imply for the next 30 days, in percent per year. Per pair.
    /// Only recorded: it changes neither score nor confidence.
    /// </summary>
    ImpliedVolatility,

    /// <summary>
    /// Total market capitalisation of all crypto currencies, in US dollars. For the whole market.
    /// Only recorded: it changes neither score nor confidence.
    /// </summary>
    TotalMarketCap,

    /// <summary>
    /// Front future of the S&amp;P 500, in points. For the whole market. Only recorded: it changes
    /// neither score nor confidence.
    /// </summary>
    EquityFuture,
}
