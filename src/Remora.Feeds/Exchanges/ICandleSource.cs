using Remora.Markets;

namespace Remora.Feeds.Exchanges;

/// <summary>Where candles of many markets come from: an exchange.</summary>
public interface ICandleSource
{
    /// <summary>The exchange's id, lower case.</summary>
    string Id { get; }

    /// <summary>What the exchange offers; asks nothing of the exchange itself.</summary>
    /// <exception cref="ExchangeException">There is no such exchange, or it cannot be asked at the moment.</exception>
    Task<ExchangeDescription> DescribeAsync(CancellationToken cancellation);

    /// <summary>One page of candles exactly as the exchange sends them: perhaps fewer than asked for, unordered, open or faulty.</summary>
    /// <exception cref="ExchangeException">There is no answer that makes sense.</exception>
    Task<IReadOnlyList<Candle>> CandlesAsync(CandleRequest request, CancellationToken cancellation);
}

/// <summary>Which candles are wanted.</summary>
/// <param name="Pair">The market.</param>
/// <param name="Timeframe">Their length.</param>
/// <param name="Since">The open time of the first.</param>
/// <param name="Limit">How many at most.</param>
/// <param name="Urgency">How much it matters.</param>
public sealed record CandleRequest(Pair Pair, Timeframe Timeframe, Instant Since, int Limit, Urgency Urgency);

/// <summary>What an exchange offers.</summary>
/// <param name="Id">CCXT's id.</param>
/// <param name="Name">The name people use.</param>
/// <param name="Timeframes">The names of its timeframes.</param>
/// <param name="PageLimit">How many candles it gives at once; null when that is not known.</param>
/// <param name="RateLimit">The time between two requests.</param>
public sealed record ExchangeDescription(string Id, string Name, IReadOnlyList<string> Timeframes, int? PageLimit, TimeSpan RateLimit);
