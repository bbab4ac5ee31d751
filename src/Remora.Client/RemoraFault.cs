namespace Remora.Client;

/// <summary>Why there is no usable answer.</summary>
public enum RemoraFault
{
    /// <summary>The connection failed or was interrupted.</summary>
    Unreachable,

    /// <summary>No response within <see cref="RemoraClientOptions.Timeout"/>.</summary>
    Timeout,

    /// <summary>The status is not 200.</summary>
    Status,

    /// <summary>
    /// The response is not a valid assessment: HTML, truncated JSON, a body above the client's
    /// limit, or another schema.
    /// </summary>
    NotAnAssessment,

    /// <summary>Not requested, because the service failed recently.</summary>
    BreakerOpen,

    /// <summary>The service does not track the pair.</summary>
    NotTracked,
}

/// <summary>
/// There is no usable answer. <see cref="RemoraClient.RiskAsync"/> and similar methods apply
/// <see cref="OnError"/> to it; history and stream throw it.
/// </summary>
public sealed class RemoraException : Exception
{
    internal RemoraException(
        RemoraFault fault,
        string message,
        int? status = null,
        TimeSpan? retryAfter = null,
        Exception? inner = null
    )
        : base(message, inner)
    {
        Fault = fault;
        Status = status;
        RetryAfter = retryAfter;
    }

    /// <summary>The kind of failure.</summary>
    public RemoraFault Fault { get; }

    /// <summary>The HTTP status, if there was a response.</summary>
    public int? Status { get; }

    /// <summary>How long the service requests to wait.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>
    /// Whether the service works and refused this request. Another request may succeed.
    /// </summary>
    public bool IsCallersFault =>
        Fault == RemoraFault.NotTracked
        || (Fault == RemoraFault.Status && Status is >= 400 and < 500 and not 408 and not 429);

    /// <summary>Whether another service may answer the same request.</summary>
    internal bool MovesOn =>
        Fault switch
        {
            RemoraFault.Status => Status is not (>= 400 and < 500),
            RemoraFault.BreakerOpen => InnerException is not RemoraException { MovesOn: false },
            _ => Fault != RemoraFault.NotTracked,
        };
}
