namespace Remora.Client;

/// <summary>Why there is no usable answer.</summary>
public enum RemoraFault
{
    /// <summary>No connection, or it broke off.</summary>
    Unreachable,

    /// <summary>Not within <see cref="RemoraClientOptions.Timeout"/>.</summary>
    Timeout,

    /// <summary>A status other than 200.</summary>
    Status,

    /// <summary>HTML, half a JSON, more than a client reads, or an answer of another schema: nothing that is plainly an assessment.</summary>
    NotAnAssessment,

    /// <summary>Not asked, because the service lately failed to answer.</summary>
    BreakerOpen,

    /// <summary>The service is well and does not track the pair.</summary>
    NotTracked,
}

/// <summary>There is no usable answer. <see cref="RemoraClient.RiskAsync"/> and its like turn it into <see cref="OnError"/>; history and stream throw it.</summary>
public sealed class RemoraException : Exception
{
    internal RemoraException(RemoraFault fault, string message, int? status = null, TimeSpan? retryAfter = null, Exception? inner = null)
        : base(message, inner)
    {
        Fault = fault;
        Status = status;
        RetryAfter = retryAfter;
    }

    /// <summary>What kind of failure it was.</summary>
    public RemoraFault Fault { get; }

    /// <summary>The HTTP status, where there was one.</summary>
    public int? Status { get; }

    /// <summary>How long the service asked to be left alone.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>Whether the service is well and refused this question: another one may work.</summary>
    public bool IsCallersFault => Fault == RemoraFault.NotTracked || (Fault == RemoraFault.Status && Status is >= 400 and < 500 and not 408 and not 429);
}
