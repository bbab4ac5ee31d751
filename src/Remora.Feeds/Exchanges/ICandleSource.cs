using Remora.Markets;

namespace Remora.Feeds.Exchanges;

/// <summary>A source of candles of many markets: an exchange.</summary>
public interface ICandleSource
{
    /// <summary>The exchange's id, lower case.</summary>
    string Id { get; }

    /// <summary>
    /// Returns what the exchange offers, without a request to the exchange itself.
    /// </summary>
    /// <exception cref="ExchangeException">The exchange does not exist, or is unavailable at the
    /// moment.</exception>
    Task<ExchangeDescription> DescribeAsync(CancellationToken cancellation);

    /// <summary>
    /// Returns one page of candles exactly as the exchange sends them. There may be fewer than
    /// requested, and they may be unordered, open or faulty.
    /// </summary>
    /// <exception cref="ExchangeException">The request failed, or the response is
    /// invalid.</exception>
    Task<IReadOnlyList<Candle>> CandlesAsync(CandleRequest request, CancellationToken cancellation);
}

/// <summary>A request for candles.</summary>
/// <param name="Pair">The pair.</param>
/// <param name="Timeframe">The length of the candles.</param>
/// <param name="Since">The open time of the first candle.</param>
/// <param name="Limit">The maximum number of candles.</param>
/// <param name="Urgency">The priority of the request.</param>
public sealed record CandleRequest(Pair Pair, Timeframe Timeframe, Instant Since, int Limit, Urgency Urgency);

/// <summary>What an exchange offers.</summary>
/// <param name="Id">CCXT's id.</param>
/// <param name="Name">The display name.</param>
/// <param name="Timeframes">The names of its timeframes.</param>
/// <param name="PageLimit">The maximum number of candles in one response; null if unknown.</param>
/// <param name="RateLimit">The minimum time between two requests.</param>
public sealed record ExchangeDescription(
    string Id,
    string Name,
    IReadOnlyList<string> Timeframes,
    int? PageLimit,
    TimeSpan RateLimit
);
