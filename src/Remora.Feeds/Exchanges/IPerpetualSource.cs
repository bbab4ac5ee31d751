using Remora.Markets;

namespace Remora.Feeds.Exchanges;

/// <summary>A source of funding rates and open interest: an exchange with perpetuals.</summary>
public interface IPerpetualSource
{
    /// <summary>The exchange's id, lower case.</summary>
    string Id { get; }

    /// <summary>Returns the current funding rate, as the exchange sends it.</summary>
    /// <exception cref="ExchangeException">The request failed, or the response is
    /// invalid.</exception>
    Task<FundingRate> FundingRateAsync(string perpetual, CancellationToken cancellation);

    /// <summary>Returns the open interest, as the exchange sends it.</summary>
    /// <exception cref="ExchangeException">The request failed, or the response is
    /// invalid.</exception>
    Task<OpenInterest> OpenInterestAsync(string perpetual, CancellationToken cancellation);
}

/// <summary>A funding rate.</summary>
/// <param name="Value">The rate for its interval, a ratio; NaN if missing.</param>
/// <param name="Hours">The interval in hours; NaN if missing.</param>
/// <param name="At">The time it describes; null if missing.</param>
public readonly record struct FundingRate(double Value, double Hours, Instant? At);

/// <summary>An open interest.</summary>
/// <param name="Value">The value, in a unit that an exchange never changes; NaN if missing.</param>
/// <param name="At">The time it describes; null if missing.</param>
public readonly record struct OpenInterest(double Value, Instant? At);
