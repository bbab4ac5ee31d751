namespace Remora.Feeds.Exchanges;

/// <summary>The kinds of exchange failures, grouped by the reaction they need.</summary>
public enum ExchangeErrorKind
{
    /// <summary>Too many requests. Wait as long as requested.</summary>
    RateLimited,

    /// <summary>The response was not complete in time.</summary>
    Timeout,

    /// <summary>The exchange reports maintenance.</summary>
    Maintenance,

    /// <summary>The exchange, or the bridge to it, is unavailable at the moment.</summary>
    Unavailable,

    /// <summary>The connection failed or broke.</summary>
    Network,

    /// <summary>The response is invalid.</summary>
    BadResponse,

    /// <summary>The exchange does not list the market.</summary>
    BadSymbol,

    /// <summary>
    /// The exchange rejects the request, for example because of an unknown timeframe.
    /// </summary>
    BadRequest,

    /// <summary>The exchange does not offer the operation.</summary>
    NotSupported,

    /// <summary>The exchange does not serve this location.</summary>
    Restricted,

    /// <summary>The exchange requires credentials.</summary>
    Auth,

    /// <summary>A fault of this program.</summary>
    Internal,

    /// <summary>The candles are at another price level than the market's.</summary>
    PriceLevel,
}

/// <summary>An expected failure of an exchange.</summary>
public sealed class ExchangeException : Exception
{
    /// <summary>Creates an exception for a failure that the bridge reports.</summary>
    public ExchangeException(
        ExchangeErrorKind kind,
        string message,
        int? httpStatus = null,
        TimeSpan? retryAfter = null
    )
        : base(message)
    {
        Kind = kind;
        HttpStatus = httpStatus;
        RetryAfter = retryAfter;
    }

    /// <summary>The kind of failure.</summary>
    public ExchangeErrorKind Kind { get; }

    /// <summary>Whether the same request may succeed later.</summary>
    public bool Retryable =>
        Kind
            is ExchangeErrorKind.RateLimited
                or ExchangeErrorKind.Timeout
                or ExchangeErrorKind.Maintenance
                or ExchangeErrorKind.Unavailable
                or ExchangeErrorKind.Network
                or ExchangeErrorKind.BadResponse
                or ExchangeErrorKind.PriceLevel;

    /// <summary>The HTTP status of the response; null if there was no response.</summary>
    public int? HttpStatus { get; }

    /// <summary>The delay that the exchange requested; null if it requested none.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>
    /// Returns the name of a kind as it is written in responses and in the bridge protocol, for
    /// example <c>bad_response</c>.
    /// </summary>
    public static string NameOf(ExchangeErrorKind kind) => Names[(int)kind];

    /// <summary>
    /// Returns the kind with this name; <see cref="ExchangeErrorKind.Internal"/> for an unknown
    /// name.
    /// </summary>
    internal static ExchangeErrorKind KindOf(string? name) =>
        Array.IndexOf(Names, name) is >= 0 and var index ? (ExchangeErrorKind)index : ExchangeErrorKind.Internal;

    private static readonly string[] Names =
    [
        "rate_limited",
        "timeout",
        "maintenance",
        "unavailable",
        "network",
        "bad_response",
        "bad_symbol",
        "bad_request",
        "not_supported",
        "restricted",
        "auth",
        "internal",
        "price_level",
    ];
}
