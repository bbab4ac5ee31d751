using Remora.Markets;

namespace Remora.Feeds.Exchanges;

/// <summary>Where funding rates and open interest come from: an exchange with perpetuals.</summary>
public interface IPerpetualSource
{
    /// <summary>The exchange's id, lower case.</summary>
    string Id { get; }

    /// <summary>The running funding rate, as the exchange sends it.</summary>
    /// <exception cref="ExchangeException">There is no answer that makes sense.</exception>
    Task<FundingRate> FundingRateAsync(string perpetual, CancellationToken cancellation);

    /// <summary>The open interest, as the exchange sends it.</summary>
    /// <exception cref="ExchangeException">There is no answer that makes sense.</exception>
    Task<OpenInterest> OpenInterestAsync(string perpetual, CancellationToken cancellation);
}

/// <summary>A funding rate.</summary>
/// <param name="Value">The rate for its interval, a ratio; NaN where it was left out.</param>
/// <param name="Hours">The interval in hours; NaN where it was left out.</param>
/// <param name="At">The time it describes; null where it was left out.</param>
public readonly record struct FundingRate(double Value, double Hours, Instant? At);

/// <summary>An open interest.</summary>
/// <param name="Value">In a unit that an exchange never changes; NaN where it was left out.</param>
/// <param name="At">The time it describes; null where it was left out.</param>
public readonly record struct OpenInterest(double Value, Instant? At);
