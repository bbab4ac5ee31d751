namespace Remora.Feeds.Exchanges;

/// <summary>What went wrong with an exchange, by the reaction it needs.</summary>
public enum ExchangeErrorKind
{
    /// <summary>Too many requests: wait as long as asked.</summary>
    RateLimited,

    /// <summary>No complete answer in time.</summary>
    Timeout,

    /// <summary>The exchange says that it is being maintained.</summary>
    Maintenance,

    /// <summary>The exchange, or the bridge to it, cannot answer at the moment.</summary>
    Unavailable,

    /// <summary>The connection failed or broke.</summary>
    Network,

    /// <summary>An answer came, but not one that makes sense.</summary>
    BadResponse,

    /// <summary>The exchange has no such market.</summary>
    BadSymbol,

    /// <summary>The exchange refuses the request as it is, an unknown timeframe for instance.</summary>
    BadRequest,

    /// <summary>The exchange does not offer this.</summary>
    NotSupported,

    /// <summary>The exchange does not serve this place.</summary>
    Restricted,

    /// <summary>The exchange wants credentials.</summary>
    Auth,

    /// <summary>A fault of this program.</summary>
    Internal,

    /// <summary>Candles came, at another price level than the market's.</summary>
    PriceLevel,
}

/// <summary>An expected failure of an exchange.</summary>
public sealed class ExchangeException : Exception
{
    /// <summary>A failure as the bridge reports it.</summary>
    public ExchangeException(ExchangeErrorKind kind, string message, int? httpStatus = null, TimeSpan? retryAfter = null)
        : base(message)
    {
        Kind = kind;
        HttpStatus = httpStatus;
        RetryAfter = retryAfter;
    }

    /// <summary>What went wrong.</summary>
    public ExchangeErrorKind Kind { get; }

    /// <summary>Whether the same request may succeed later.</summary>
    public bool Retryable => Kind is ExchangeErrorKind.RateLimited or ExchangeErrorKind.Timeout or ExchangeErrorKind.Maintenance
        or ExchangeErrorKind.Unavailable or ExchangeErrorKind.Network or ExchangeErrorKind.BadResponse
        or ExchangeErrorKind.PriceLevel;

    /// <summary>The HTTP status of the answer, where there was one.</summary>
    public int? HttpStatus { get; }

    /// <summary>How long the exchange asked to be left alone.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>The kind as it is written in answers and on the wire: <c>bad_response</c>.</summary>
    public static string NameOf(ExchangeErrorKind kind) => Names[(int)kind];

    /// <summary>The kind of this name; anything unknown is an internal fault.</summary>
    internal static ExchangeErrorKind KindOf(string? name) =>
        Array.IndexOf(Names, name) is >= 0 and var index ? (ExchangeErrorKind)index : ExchangeErrorKind.Internal;

    private static readonly string[] Names =
    [
        "rate_limited", "timeout", "maintenance", "unavailable", "network", "bad_response",
        "bad_symbol", "bad_request", "not_supported", "restricted", "auth", "internal", "price_level",
    ];
}
